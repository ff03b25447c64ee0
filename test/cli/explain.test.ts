import { afterEach, describe, expect, it } from 'vitest';
import { type AskedEngine, startAskedEngine } from './asked-engine.js';

let engine: AskedEngine;
afterEach(() => engine.close());

describe('tocsin explain with one argument', () => {
  const answer = (request: string) =>
    request === 'GET /v1/rules' ? { rules: [{ id: 'cpu-high' }] } : { code: 'alert_unknown', detail: 'no such alert' };

  it('P19 says what is missing when it is the id of a rule', async () => {
    engine = await startAskedEngine(answer);
    const { status, err } = await engine.run('explain', 'cpu-high');
    expect(status).toBe(1);
    expect(err).toEqual([
      'alert_unknown  no such alert',
      '   a rule needs a source too: tocsin explain cpu-high SOURCE',
    ]);
  });

  it('P19 says only that there is no such alert when it is neither', async () => {
    engine = await startAskedEngine(answer);
    expect((await engine.run('explain', '0a-1')).err).toEqual(['alert_unknown  no such alert']);
  });
});
