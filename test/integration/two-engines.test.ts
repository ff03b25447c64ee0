import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { Outside } from '../support/outside.js';

let nats: TestNats;
let red: Outside;
let blue: Outside;
beforeAll(async () => {
  nats = await startTestNats();
  [red, blue] = (await Promise.all(['red', 'blue'].map(start))) as [Outside, Outside];
});
afterAll(async () => {
  for (const one of [red, blue, nats]) await one?.[Symbol.asyncDispose]();
});

function start(prefix: string): Promise<Outside> {
  const rule = { id: 'cpu', name: `CPU of ${prefix}`, metric: 'cpu.usage', when: '> 80' } as const;
  const ingest = { metrics: [{ subject: `metrics-${prefix}.>` }], alerts: [{ subject: `alerts-${prefix}.>` }] };
  return Outside.start(nats.url, { prefix, rules: [rule], ingest });
}

describe('P47 two engines in one process, on one NATS', () => {
  it('each has alerts, events, commands and figures of its own', async () => {
    red.nats.publish('metrics-red.web-1.cpu.usage', { value: 91 });
    expect(await red.notified(1)).toEqual(['opened medium CPU of red']);
    const { id } = await blue.nats.request('alerts-blue.trade', { title: 'Only blue' });
    expect(await blue.notified(1)).toEqual(['opened medium Only blue']);

    expect(await red.story(1)).toEqual(['opened rule_fired']);
    expect(await blue.story(1)).toEqual(['opened raised']);
    expect(await red.nats.request('red.command.resolve', { id, by: 'ada' })).toMatchObject({
      error: { code: 'alert_unknown' },
    });
    expect(await red.nats.request('blue.command.resolve', { id, by: 'ada' })).toMatchObject({ status: 'resolved' });
    expect(red.engine.stats()).toMatchObject({ received: 1, opened: 1, resolved: 0 });
    expect(blue.engine.stats()).toMatchObject({ received: 0, opened: 1 });
    expect((await red.get('/v1/alerts')).body['alerts']).toHaveLength(1);
  });

  it('one may stop without the other taking notice', async () => {
    const socket = await blue.open();
    await red.engine.stop();
    expect(await blue.nats.request('alerts-blue.trade', { title: 'Still here' })).toMatchObject({ ok: true });
    await expect(fetch(`${red.url}/healthz`)).rejects.toThrow();
    expect((await blue.get('/readyz')).status).toBe(200);
    await socket.close();
  });
});
