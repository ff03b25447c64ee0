import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deferred, deferred } from '../../src/cli/deferred.js';
import { openBus } from '../../src/cli/open-bus.js';
import { runCli } from '../../src/cli/program.js';
import { silentLogger } from '../../src/model/logger.js';
import type { ConnectedBus } from '../../src/streams/nats.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { createTestIo } from './test-io.js';

describe('tocsin raise', () => {
  let nats: TestNats;
  let engine: ConnectedBus;
  beforeAll(async () => {
    nats = await startTestNats();
    engine = await openBus({ urls: [nats.url] }, silentLogger);
  });
  afterAll(async () => {
    await engine.close();
    await nats.stop();
  });

  it('sends what any NATS client could send, and shows what became of it', async () => {
    const received = answering({ ok: true, id: 'a1', status: 'pending' });
    const io = createTestIo();
    const args = ['Disk full', 'no space', '--severity', 'high', '--key', 'db-1', '--label', 'dc=eu', '--tag', 'night'];
    expect(await raise(args, io)).toBe(0);
    expect(io.stdout).toEqual(['pending  a1']);
    expect(await received.promise).toEqual({
      title: 'Disk full',
      message: 'no space',
      severity: 'high',
      key: 'db-1',
      labels: { dc: 'eu' },
      tags: ['night'],
    });
  });

  it('resolves by key alone', async () => {
    const received = answering({ ok: true, status: 'not_open' });
    const io = createTestIo();
    expect(await raise(['--key', 'db-1', '--resolve', '--json'], io)).toBe(0);
    expect(JSON.parse(io.stdout[0]!)).toEqual({ ok: true, status: 'not_open' });
    expect(await received.promise).toEqual({ key: 'db-1', status: 'resolved' });
  });

  it('P07 names a template and its variables, and shows what is missing', async () => {
    const warnings = [{ code: 'template_variable_missing', field: 'context', variable: 'limit_value' }];
    const received = answering({ ok: true, id: 'a1', status: 'suppressed', reason: 'duplicate', warnings });
    const io = createTestIo();
    expect(await raise(['--template', 'risk_breach', '--set', 'risk_type=VaR'], io)).toBe(0);
    expect(io.stdout).toEqual(['suppressed  a1  (duplicate)', 'warning  template_variable_missing limit_value']);
    expect(await received.promise).toEqual({ template: 'risk_breach', context: { risk_type: 'VaR' } });
  });

  it.each([
    [['trade', 'ACME', 'BUY', '12.5'], 'trade_signal', 'medium', 'trade_alert'],
    [['risk', 'VaR', '12', '10'], 'risk_breach', 'high', 'risk_alert'],
    [['execution', 'o-1', 'ACME', 'FILLED', '5', '2'], 'order_executed', 'medium', 'execution_alert'],
    [['risk', 'VaR', '12', '10', '--severity', 'critical'], 'risk_breach', 'critical', 'risk_alert'],
  ])('P08 %s raises %s, severity %s', async (args, template, severity, source) => {
    const received = answering({ ok: true, id: 'a1', status: 'pending' });
    expect(await raise(args, createTestIo())).toBe(0);
    expect(await received.promise).toMatchObject({ template, severity, source, context: expect.any(Object) });
  });

  it('ends with 1 and the reason when the engine refuses', async () => {
    answering({
      ok: false,
      error: { code: 'template_unknown', field: 'template', message: 'no template is called x' },
    });
    const io = createTestIo();
    expect(await raise(['--template', 'x'], io)).toBe(1);
    expect(io.stdout).toEqual(['refused  template_unknown template: no template is called x']);
  });

  it.each([
    [[], 'a TITLE is needed'],
    [['--resolve'], 'a TITLE is needed'],
    [['x', '--event', '--resolve'], 'exclude each other'],
    [['x', '--severity', 'urgent'], 'Allowed choices are low, medium, high, critical'],
    [['risk', 'VaR'], "missing required argument 'current'"],
  ])('ends with 2 for %j', async (args, said) => {
    const io = createTestIo();
    expect(await raise(args, io)).toBe(2);
    expect(io.stderr.join('\n')).toContain(said);
  });

  function raise(args: readonly string[], io: ReturnType<typeof createTestIo>): Promise<number> {
    return runCli(['raise', ...args, '--nats', nats.url], io);
  }

  /** Answers the next alert with `answer`; resolves with the alert. */
  function answering(answer: object): Deferred<unknown> {
    const received = deferred<unknown>();
    const subscription = engine.bus.subscribe('alerts.>', (message) => {
      subscription.unsubscribe();
      received.resolve(JSON.parse(new TextDecoder().decode(message.data)));
      message.respond?.(new TextEncoder().encode(JSON.stringify(answer)));
    });
    return received;
  }
});
