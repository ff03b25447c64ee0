import { expect, it } from 'vitest';
import { createChannel } from '../../src/channels/create-channel.js';
import { type ConfigInput, resolveConfig } from '../../src/config/index.js';
import { createEngine } from '../../src/engine.js';
import { silentLogger } from '../../src/model/logger.js';
import { createNatsDriver } from '../../src/streams/nats.js';
import type { Clock } from '../../src/streams/ports.js';
import { eventually } from '../support/eventually.js';
import { startTestNats } from '../support/nats-server.js';
import { PlainNats } from '../support/plain-nats.js';
import { report, seconds } from './figures.js';
import { duplicates, groupBy } from './ledger.js';
import { promised, scale } from './scale.js';
import { Witness } from './witness.js';

const hourMs = 3_600_000;
const rounds = scale(1, 5);
const levelMs = scale(1_000, 3_000);

it('F9 the clock stepped by an hour, ahead and back: nothing fires by it, and each level comes when its time has passed', async () => {
  await using rig = await SteppedEngine.start();
  const { hook, client } = rig;
  const beat = setInterval(() => client.publish('metrics.web-1.service.heartbeat', { value: 1 }), 100);
  try {
    const steps = Array.from({ length: rounds }, () => [hourMs, -hourMs]).flat();
    for (const [i, stepMs] of steps.entries()) {
      const title = `Alert ${i}`;
      expect(await client.request('alerts.test', { title, severity: 'high' })).toMatchObject({ ok: true });
      await eventually(() => hook.arrivals.filter((one) => one.title === title).length).toBe(1);
      rig.clock.offsetMs += stepMs;
      await eventually(() => hook.arrivals.filter((one) => one.title === title).length, 30_000).toBe(3);
    }
    expect(hook.arrivals.map(({ title, step }) => `${title} ${step}`)).toEqual(
      steps.flatMap((_, i) => ['opened 0', 'escalated 1', 'escalated 2'].map((step) => `Alert ${i} ${step}`)),
    );
    const waits = [...groupBy(hook.arrivals, ({ title }) => title).values()].flatMap((of) =>
      of.slice(1).map(({ at }, i) => at - of[i]!.at),
    );
    // By a step it would come at once; what came before it may itself have come late.
    expect(Math.min(...waits)).toBeGreaterThan(scale(0.3, 0.8) * levelMs);
    expect(Math.max(...waits)).toBeLessThan(levelMs + promised(1_000));
    report({
      ...{ fault: 'F9', what: `clock stepped by an hour, ${rounds} times each way, a rule for absence running` },
      ...{ expected: steps.length * 3, lost: 0, duplicated: duplicates(hook.arrivals) },
      recovery: `levels of ${seconds(levelMs)} came after ${seconds(Math.min(...waits))} to ${seconds(Math.max(...waits))}`,
    });
  } finally {
    clearInterval(beat);
  }
}, 120_000);

const level = { after: `${levelMs}ms` };
const config: ConfigInput = {
  nats: { inProcess: true },
  rules: [
    {
      id: 'heartbeat',
      name: 'Silent',
      metric: 'service.heartbeat',
      absent: '5s',
      expect: ['web-1'],
      severity: 'critical',
    },
  ],
  routes: [{ name: 'all', minSeverity: 'low', channels: ['hook'], escalation: 'oncall' }],
  escalations: { oncall: { levels: [level, level] } },
};

class SteppedClock implements Clock {
  offsetMs = 0;

  wall(): number {
    return Date.now() + this.offsetMs;
  }
}

/** An engine on a real nats-server whose wall clock can be set. */
class SteppedEngine implements AsyncDisposable {
  readonly clock: SteppedClock;
  readonly hook: Witness;
  readonly client: PlainNats;
  readonly #closers: (() => PromiseLike<void>)[];

  private constructor(clock: SteppedClock, hook: Witness, client: PlainNats, closers: (() => PromiseLike<void>)[]) {
    this.clock = clock;
    this.hook = hook;
    this.client = client;
    this.#closers = closers;
  }

  static async start(): Promise<SteppedEngine> {
    const [nats, hook] = await Promise.all([startTestNats(), Witness.start()]);
    const client = await PlainNats.connect(nats.url);
    const webhook = { type: 'webhook', enabled: true, url: hook.url, headers: {} } as const;
    const channel = createChannel('hook', webhook, { log: silentLogger, write: () => {}, color: false });
    const clock = new SteppedClock();
    const engine = createEngine({
      config: resolveConfig({ ...config, channels: { hook: { type: 'webhook', url: hook.url } } }),
      driver: () => createNatsDriver({ urls: [nats.url] }),
      channels: new Map([['hook', channel]]),
      clock,
    });
    await engine.start();
    return new SteppedEngine(clock, hook, client, [
      () => engine.stop(),
      () => client[Symbol.asyncDispose](),
      () => hook[Symbol.asyncDispose](),
      () => nats.stop(),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers) await close();
  }
}
