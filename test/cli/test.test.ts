import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import { createTestIo } from './test-io.js';

describe('tocsin test', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('prints a line a scenario, and ends with 0 when all are as expected', async () => {
    const { status, out } = await test(scenarios('a rule fires', 'opened cpu'));
    expect(status).toBe(0);
    expect(out).toEqual(['✓ a rule fires', '1 scenario passed']);
  });

  it('says what was expected and what came, with the line, and ends with 1', async () => {
    const { status, out } = await test(scenarios('a rule fires', 'resolved cpu'));
    expect(status).toBe(1);
    expect(out.join('\n')).toContain(`✗ a rule fires\n  ${file()}:6  step 1, at 0s\n  notifications on log:\n`);
    expect(out.join('\n')).toContain('- resolved cpu   (did not come)');
    expect(out.at(-1)).toBe('1 of 1 scenario failed');
  });

  it('prints the same as JSON, one object a scenario', async () => {
    const { out } = await test(scenarios('a rule fires', 'resolved cpu'), '--json');
    expect(JSON.parse(out[0]!)).toMatchObject({
      ok: false,
      title: 'a rule fires',
      failure: { step: 1, line: 6, at: 0, mismatches: [{ what: 'notifications on log' }] },
    });
  });

  it('shows what is wrong with the file, and ends with 78', async () => {
    const { status, err } = await test(scenarios('a rule fires', 'opened cpu').replace('samples:', 'smaples:'));
    expect(status).toBe(78);
    expect(err.join('\n')).toMatch(/CFG204 {2}\S+:6:9 {2}unknown key "smaples"/);
    expect(err.join('\n')).toContain('did you mean "samples"?');
  });

  it('reads the configuration that a file names from beside it', async () => {
    writeFileSync(join(folder, 'tocsin.yaml'), 'rules: [{ id: cpu, metric: cpu, when: "> 80" }]\n');
    const { status } = await test(
      scenarios('a rule fires', 'opened cpu').replace(/^config:.*$/m, 'config: tocsin.yaml'),
    );
    expect(status).toBe(0);
  });

  it('runs those alone whose title has a text, and says so when there are none', async () => {
    expect((await test(scenarios('a rule fires', 'resolved cpu'), '--only', 'fires')).status).toBe(1);
    const { status, err } = await test(scenarios('a rule fires', 'resolved cpu'), '--only', 'rests');
    expect(status).toBe(2);
    expect(err.join('\n')).toContain('no scenario has "rests" in its title');
  });

  it('passes the example, with the configuration beside it', async () => {
    const io = createTestIo();
    expect(await runCli(['test', 'examples/tocsin.test.yaml'], io)).toBe(0);
    expect(io.stdout.at(-1)).toBe('3 scenarios passed');
  });

  it('without a file ends with 2', async () => {
    expect(await runCli(['test'], createTestIo())).toBe(2);
  });

  const file = () => join(folder, 'rules.test.yaml');

  async function test(text: string, ...options: string[]) {
    writeFileSync(file(), text);
    const io = createTestIo();
    const status = await runCli(['test', file(), ...options], io);
    return { status, out: io.stdout, err: io.stderr };
  }
});

function scenarios(title: string, notification: string): string {
  return `
config: { rules: [{ id: cpu, metric: cpu, when: "> 80" }] }
scenarios:
  - title: ${title}
    steps:
      - samples: { cpu: 90 }
        expect: { notifications: { log: [${notification}] } }
`;
}
