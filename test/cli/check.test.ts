import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import { createTestIo } from './test-io.js';

describe('tocsin check', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-check-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('prints a line per stage, and where an alert of the first rule would go', async () => {
    const { status, out } = await check(sound);
    expect(status).toBe(0);
    expect(out.map((line) => line.split(/\s+/)[0])).toEqual(
      'nats ingest rules inhibit admission routes escalations group channels delivery history gateway example'
        .split(' ')
        .concat(file()),
    );
    expect(out.join('\n')).toMatch(/rules +2 rules, 1 of them disabled/);
    expect(out.join('\n')).toMatch(/admission +5 in 1m by rule, then a pause of 30s; repeats folded for 5m/);
    expect(out.join('\n')).toMatch(
      /example +a critical performance alert of rule cpu-high goes to hook \(rule cpu-high\); escalates by oncall/,
    );
  });

  it('tells how alerts are inhibited, grouped and kept', async () => {
    const without = (await check(sound)).out.join('\n');
    expect(without).toMatch(/inhibit +none$/m);
    expect(without).toMatch(/group +none: each notification alone and at once$/m);
    expect(without).toMatch(/history +resolved alerts for 1d, at most 1000 and 1GiB$/m);
    const inhibit = 'inhibit: [{ source: { rule: cpu-high }, target: { severity: low }, equal: [source] }]';
    const group = 'group: { by: [category, source], wait: 10s, repeat: 4h }';
    const text = (await check(`${sound}${inhibit}\n${group}\nhistory: { maxAge: 90m, maxBytes: 300MiB }\n`)).out.join(
      '\n',
    );
    expect(text).toMatch(/inhibit +inhibit-1 \(same source\)$/m);
    expect(text).toMatch(
      /group +by category, source; after 10s, then every 5m, what is open again every 4h; at most 50 in a message$/m,
    );
    expect(text).toMatch(/history +resolved alerts for 90m, at most 1000 and 300MiB$/m);
  });

  it('prints the same stages as JSON', async () => {
    const { status, out } = await check(sound, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(out[0]!)).toMatchObject({ ok: true, stages: { rules: '2 rules, 1 of them disabled' } });
  });

  it('shows every mistake with line, column and advice, and ends with 78', async () => {
    const { status, err } = await check(
      'rules:\n  - id: cpu\n    metric: cpu.usage\n    when: "> 80"\n    severty: critical\nprfix: a\n',
    );
    expect(status).toBe(78);
    expect(err.join('\n')).toMatch(/CFG204 {2}\S+:5:5 {2}unknown key "severty" in rules\[0\]/);
    expect(err.join('\n')).toContain('did you mean "severity"?');
    expect(err.join('\n')).toMatch(/CFG204 {2}\S+:6:1 {2}unknown key "prfix"/);
  });

  it('gives the same fields as JSON, on stderr', async () => {
    const { status, err } = await check('prfix: a\n', '--json');
    expect(status).toBe(78);
    expect(JSON.parse(err[0]!).error).toMatchObject({
      code: 'config_invalid',
      problems: [{ code: 'CFG204', line: 1, column: 1 }],
    });
  });

  it('never shows a secret', async () => {
    const url = 'nats://ada:hunter22@nats.example.org:4222';
    const { out } = await check(
      `nats: { url: "${url}" }\nchannels: { hook: { type: webhook, url: "https://example.org/tok3n", secret: hunter22 } }\n`,
    );
    expect(out.join('\n')).toContain('nats.example.org:4222');
    expect(out.join('\n')).not.toMatch(/hunter22|tok3n/);
  });

  it('shows no beginning of a long secret that stands where it cannot', async () => {
    const secret = `whsec_${'abcdefgh'.repeat(40)}`;
    const text = `channels:\n  hook: { type: webhook, url: "https://x.example/h", secret: "${secret}", timeout: "${secret}" }\n`;
    const { status, err } = await check(text);
    expect(status).toBe(78);
    expect(err.join('\n')).toContain('CFG205');
    expect(err.join('\n')).not.toContain('whsec_a');
  });

  it('reads no more of a secret file than a secret has', async () => {
    const reference = `\${file:/dev/zero}`;
    const text = `channels:\n  hook: { type: webhook, url: "https://x.example/h", secret: "${reference}" }\n`;
    const { status, err } = await check(text);
    expect(status).toBe(78);
    expect(err.join('\n')).toContain('CFG104');
  });

  it('a file that is not there ends with 78 and says so', async () => {
    const io = createTestIo();
    expect(await runCli(['check', join(folder, 'none.yaml')], io)).toBe(78);
    expect(io.stderr[0]).toMatch(/^config_unreadable .*none.yaml cannot be read: there is no such file$/);
  });

  const file = () => join(folder, 'tocsin.yaml');

  async function check(text: string, ...options: string[]) {
    writeFileSync(file(), text);
    const io = createTestIo();
    const status = await runCli(['check', file(), ...options], io);
    return { status, out: io.stdout, err: io.stderr };
  }
});

const sound = `
rules:
  - { id: cpu-high, metric: cpu.usage, when: "> 80", severity: critical, channels: [hook], escalation: oncall }
  - { id: off, metric: x, when: "> 1", enabled: false }
rateLimit: { key: rule, windows: [{ max: 5, per: 1m }], cooldown: 30s }
escalations: { oncall: { levels: [{ after: 5m }, { after: 5m, channels: [hook] }] } }
channels: { hook: { type: webhook, url: "http://127.0.0.1:9/hook" } }
`;
