import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deferred, deferred } from '../../src/cli/deferred.js';
import { openBus } from '../../src/cli/open-bus.js';
import type { PublishOptions } from '../../src/cli/options.js';
import { runCli } from '../../src/cli/program.js';
import { publish } from '../../src/cli/publish.js';
import { silentLogger } from '../../src/model/logger.js';
import type { ConnectedBus } from '../../src/streams/nats.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { createTestIo } from './test-io.js';

const options: PublishOptions = {
  demo: false,
  source: 'web-1',
  label: { region: 'eu-1' },
  unit: '%',
  data: 'nowhere',
  wait: true,
  json: false,
};

describe('tocsin publish', () => {
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

  it('sends what any NATS client could send, and shows what the engine answers', async () => {
    const received = answering({ ok: true, accepted: 1, rejected: [] });
    const io = createTestIo();
    await expect(publish('cpu.usage', 91.5, { ...options, nats: nats.url }, io)).resolves.toBe(0);
    expect(io.stdout).toEqual(['accepted  metrics.web-1.cpu.usage = 91.5']);
    expect(await received.promise).toEqual({
      name: 'cpu.usage',
      source: 'web-1',
      value: 91.5,
      unit: '%',
      labels: { region: 'eu-1' },
      time: expect.any(Number),
    });
  });

  it('ends with 1 and the reason when the engine refuses the sample', async () => {
    answering({ ok: false, accepted: 0, rejected: [{ index: 0, code: 'too_many_labels', field: 'labels' }] });
    const io = createTestIo();
    await expect(publish('cpu.usage', 1, { ...options, nats: nats.url }, io)).resolves.toBe(1);
    expect(io.stdout).toEqual(['refused  metrics.web-1.cpu.usage: too_many_labels labels']);
  });

  it('with --no-wait needs nobody to answer', async () => {
    const io = createTestIo({ env: { NATS_URL: nats.url } });
    expect(await runCli(['publish', 'queue.depth', '-5', '--no-wait', '--json', '--source', 'db'], io)).toBe(0);
    expect(JSON.parse(io.stdout[0]!)).toEqual({ ok: true, subject: 'metrics.db.queue.depth' });
  });

  it('ends with 69 and what to check when no engine listens', async () => {
    const io = createTestIo({ env: { NATS_URL: nats.url } });
    expect(await runCli(['publish', 'cpu.usage', '1'], io)).toBe(69);
    expect(io.stderr.join('\n')).toMatch(/^bus_unavailable .*\n {3}check that an engine runs/);
  });

  it('ends with 69 when NATS cannot be reached', async () => {
    const io = createTestIo();
    expect(await runCli(['publish', 'cpu.usage', '1', '--nats', 'nats://127.0.0.1:1'], io)).toBe(69);
    expect(io.stderr.join('\n')).toMatch(/^nats_unreachable .*127\.0\.0\.1:1/);
  });

  it('--demo publishes this machine and the made-up shop until it is asked to stop', async () => {
    const seen = subjectsSeen();
    const stop = deferred<void>();
    const ended = publish(undefined, undefined, { ...options, demo: true, nats: nats.url }, createTestIo(), {
      requested: stop.promise,
    });
    await Promise.all(['metrics.web-1.cpu.usage', 'metrics.web-1.network.rx', 'metrics.shop.demo.latency'].map(seen));
    stop.resolve();
    await expect(ended).resolves.toBe(0);
  });

  /** Answers the next sample with `answer`; resolves with the sample. */
  function answering(answer: object): Deferred<unknown> {
    const received = deferred<unknown>();
    const subscription = engine.bus.subscribe('metrics.>', (message) => {
      subscription.unsubscribe();
      received.resolve(JSON.parse(new TextDecoder().decode(message.data)));
      message.respond?.(new TextEncoder().encode(JSON.stringify(answer)));
    });
    return received;
  }

  function subjectsSeen(): (subject: string) => Promise<void> {
    return (subject) =>
      new Promise((resolve) => {
        const subscription = engine.bus.subscribe(subject, () => {
          subscription.unsubscribe();
          resolve();
        });
      });
  }
});
