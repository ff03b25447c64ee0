import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/cli/logger.js';
import { readConfig } from '../../src/cli/read-config.js';
import { followConfig } from '../../src/cli/run/follow-config.js';
import { KnownSecrets } from '../../src/cli/run/known-secrets.js';
import { createSecretRegistry } from '../../src/config/index.js';
import { createEngine, type Engine } from '../../src/engine.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import { eventually } from '../support/eventually.js';
import { createTestIo } from './test-io.js';

const rule = (limit: number) => `rules: [{ id: cpu, metric: cpu.usage, when: "> ${limit}" }]`;

describe('a configuration file that is followed', () => {
  let folder: string;
  let file: string;
  let end = () => {};
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-follow-'));
    file = join(folder, 'tocsin.yaml');
  });
  afterEach(() => {
    end();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is taken over when it changes, and the difference is told in a line each', async () => {
    const { engine, stderr } = follow(rule(80));
    writeFileSync(file, `${rule(90)}\nprefix: other`);
    await eventually(() => limitOf(engine)).toBe('> 90');
    expect(stderr.map((line) => line.trim())).toEqual([
      'configuration reloaded (file change): 2 changes',
      'rules.cpu.when: "> 80" → "> 90"',
      'prefix added: "other"',
      'prefix: not taken over yet; the engine goes on with the old until it is restarted',
    ]);
  });

  it('is taken over when another file takes its place, as editors do it', async () => {
    const { engine } = follow(rule(80));
    writeFileSync(join(folder, '.tocsin.yaml.swp'), rule(85));
    renameSync(join(folder, '.tocsin.yaml.swp'), file);
    await eventually(() => limitOf(engine)).toBe('> 85');
    writeFileSync(file, rule(86));
    await eventually(() => limitOf(engine)).toBe('> 86');
  });

  it('is taken over when the folder that it is linked from is exchanged', async () => {
    for (const limit of [80, 90]) {
      mkdirSync(join(folder, `v${limit}`));
      writeFileSync(join(folder, `v${limit}`, 'tocsin.yaml'), rule(limit));
    }
    symlinkSync('v80', join(folder, '..data'));
    symlinkSync('..data/tocsin.yaml', file);
    const { engine } = follow();
    symlinkSync('v90', join(folder, '..next'));
    renameSync(join(folder, '..next'), join(folder, '..data'));
    await eventually(() => limitOf(engine)).toBe('> 90');
  });

  it('F10 with mistakes changes nothing, and all of them are told as check tells them', async () => {
    const { engine, stderr } = follow(rule(80));
    writeFileSync(file, 'rules: [{ id: cpu, metrik: cpu.usage, when: "> 90" }]');
    await eventually(() => stderr.join('\n')).toContain('unknown key "metrik"');
    expect(stderr.join('\n')).toContain('missing key "metric"');
    expect(limitOf(engine)).toBe('> 80');
    expect(engine.stats().config).toMatchObject({ ok: false });
    writeFileSync(file, rule(91));
    await eventually(() => limitOf(engine)).toBe('> 91');
    expect(engine.stats().config).toMatchObject({ ok: true });
  });

  it('F10 that is empty for a moment ends no rule', async () => {
    const { engine, logged } = follow(rule(80), { interactive: false });
    writeFileSync(file, '');
    await eventually(() => logged()).toMatchObject([{ msg: expect.stringContaining('the file is empty now') }]);
    expect(limitOf(engine)).toBe('> 80');
    writeFileSync(file, rule(92));
    await eventually(() => limitOf(engine)).toBe('> 92');
  });

  it('F10 that is empty changes nothing at SIGHUP either, and the log says how to mean the defaults', () => {
    const { engine, stderr, hangUp } = follow(rule(80));
    writeFileSync(file, ' \n');
    hangUp();
    expect(stderr.join('\n')).toContain('is empty, which changes nothing');
    expect(limitOf(engine)).toBe('> 80');
    writeFileSync(file, '{}');
    hangUp();
    expect(engine.rules.list()).toEqual([]);
  });

  it('F10 that is gone changes nothing, and says so at SIGHUP', () => {
    const { engine, stderr, hangUp } = follow(rule(80));
    rmSync(file);
    hangUp();
    expect(stderr.join('\n')).toMatch(/config_unreadable {2}.*tocsin.yaml cannot be read: there is no such file/);
    expect(limitOf(engine)).toBe('> 80');
    expect(engine.stats().config).toMatchObject({ ok: false, error: expect.stringContaining('cannot be read') });
  });

  it('F10 that is gone is told under the code of a file that cannot be read', () => {
    const { hangUp, logged } = follow(rule(80), { interactive: false, watch: false });
    rmSync(file);
    hangUp();
    expect(logged()).toMatchObject([
      { by: 'SIGHUP', code: 'config_unreadable' },
      { code: 'config_unreadable', msg: expect.stringContaining('there is no such file') },
    ]);
  });

  it('is read at SIGHUP with every secret file that it names, and no secret is shown', () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'first-secret');
    const hook = `channels: { hook: { type: webhook, url: "http://127.0.0.1:9/", secret: "\${file:${secret}}" } }`;
    const { hangUp, stderr } = follow(`${rule(80)}\n${hook}`);
    writeFileSync(secret, 'second-secret');
    hangUp();
    expect(stderr.map((line) => line.trim())).toEqual([
      'configuration reloaded (SIGHUP): 1 change',
      'channels.hook.secret: "[secret]" → another value',
    ]);
  });

  it('is told as JSON lines where no person watches', async () => {
    const { hangUp, logged } = follow(rule(80), { interactive: false, watch: false });
    writeFileSync(file, rule(90));
    hangUp();
    writeFileSync(file, `${rule(90)}\nprefix: other`);
    hangUp();
    writeFileSync(file, 'prfix: a');
    hangUp();
    expect(logged()).toMatchObject([
      { level: 'info', by: 'SIGHUP', changes: 1, msg: 'configuration reloaded' },
      { level: 'info', path: 'rules.cpu.when', msg: 'rules.cpu.when: "> 80" → "> 90"' },
      { level: 'info', changes: 1, needsRestart: ['prefix'] },
      { level: 'info', path: 'prefix' },
      { level: 'warn', paths: ['prefix'], msg: expect.stringMatching(/^prefix: not taken over yet; .* restarted$/) },
      { level: 'error', by: 'SIGHUP', code: 'config_invalid' },
      { level: 'error', code: 'CFG204', line: 1, column: 1, msg: 'unknown key "prfix"' },
    ]);
  });

  function follow(text?: string, { interactive = true, watch = true } = {}) {
    if (text !== undefined) writeFileSync(file, text);
    const io = createTestIo({ interactive });
    const read = () => readConfig(file, {}).config;
    const silent = createTestIo();
    const log = createLogger(interactive ? silent : io, { level: 'info', scrub: (line) => line });
    const clock = { wall: () => 1_000 };
    const engine = createEngine({
      ...{ config: read(), clock, logger: log },
      driver: createMemoryDriver(),
      channels: new Map(),
      makeChannel: (name, { type }) => ({
        name,
        type,
        isAvailable: () => true,
        send: async () => ({ outcome: 'delivered' }),
      }),
    });
    let hangUp = () => {};
    const stop = {
      onHangUp: (take: () => void) => {
        hangUp = take;
      },
    };
    end = followConfig({ engine, file, read, watch, stop, io, log });
    const logged = () => io.stderr.map((line) => JSON.parse(line));
    return { engine, stderr: io.stderr, logged, hangUp };
  }
});

function limitOf(engine: Engine): string | undefined {
  return engine.rules.list()[0]?.when;
}

describe('the secrets of a configuration and of those after it', () => {
  it('are all taken out of a line: those of the start, and the newest', () => {
    const known = new KnownSecrets(registryOf('from-the-start'));
    for (let i = 0; i < 20; i++) known.add(registryOf(`of-reload-${i}-`));
    expect(known.scrub('a from-the-start b of-reload-19- c')).toBe('a [secret] b [secret] c');
  });
});

function registryOf(secret: string) {
  const registry = createSecretRegistry();
  registry.add(secret);
  return registry;
}
