import { type ConfigInput, resolveConfig } from '../../src/config/index.js';
import { createEngine, type Engine } from '../../src/engine.js';
import type { Channel, GroupNotification, Notification, SendResult } from '../../src/model/channel.js';
import type { CommandAnswer } from '../../src/model/command.js';
import type { AlertEvent } from '../../src/model/view.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import type { Driver } from '../../src/streams/ports.js';
import { VirtualClock } from './virtual-clock.js';

/** A channel that keeps what it is given and answers as it is told. */
export class RecordingChannel implements Channel {
  readonly type = 'recording';
  readonly sent: Notification[] = [];
  readonly groups: GroupNotification[] = [];
  sendGroup?: (notification: GroupNotification) => Promise<SendResult>;
  answer: () => SendResult = () => ({ outcome: 'delivered' });

  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  isAvailable(): boolean {
    return true;
  }

  async send(notification: Notification): Promise<SendResult> {
    const result = this.answer();
    if (result.outcome === 'delivered') this.sent.push(notification);
    return result;
  }

  /** From here on it can be told several alerts at once. */
  takeGroups(): void {
    this.sendGroup = async (notification) => {
      const result = this.answer();
      if (result.outcome === 'delivered') this.groups.push(notification);
      return result;
    };
  }

  /** `type severity title` of each notification, in order. */
  get lines(): string[] {
    return this.sent.map(({ type, data }) => `${type} ${data.alert.severity} ${data.alert.title}`);
  }
}

export interface EngineUnderTest {
  readonly engine: Engine;
  readonly driver: Driver;
  readonly clock: VirtualClock;
  readonly hook: RecordingChannel;
  readonly pager: RecordingChannel;
  readonly events: AlertEvent[];
  /** Lets virtual time pass; everything that is due happens. */
  advance(ms: number): Promise<void>;
  sample(name: string, value: number, source?: string, labels?: Record<string, string>): Promise<void>;
  raise(alert: Record<string, unknown>): Promise<CommandAnswer & Record<string, unknown>>;
  command(name: string, args: Record<string, unknown>): Promise<CommandAnswer & Record<string, unknown>>;
  /** `type reason` of each event of alerts, deliveries left out. */
  story(): string[];
  /** Stops this engine; the next one starts on the same driver. */
  restart(input?: ConfigInput): Promise<EngineUnderTest>;
}

const hookOnly: ConfigInput = { defaultChannels: ['hook'] };
const deliveries = new Set(['sending', 'delivered', 'delivery_failed']);
const tester = { name: 'test', authenticated: false, via: 'test' };

/** An engine on the in-process driver in virtual time, with the channels `hook` and `pager`. */
export async function startTestEngine(
  input: ConfigInput = {},
  reuse?: { driver: Driver; clock: VirtualClock; unsettled?: boolean },
): Promise<EngineUnderTest> {
  const clock = reuse?.clock ?? new VirtualClock();
  const { scheduler } = clock;
  const driver = reuse?.driver ?? createMemoryDriver({ scheduler, wall: () => clock.wall() });
  const channels = { hook: webhook, pager: webhook };
  const config = resolveConfig({ ...hookOnly, ...input, channels: { ...channels, ...input.channels } });
  const hook = new RecordingChannel('hook');
  const pager = new RecordingChannel('pager');
  if (config.group !== undefined) hook.takeGroups();
  const engine = createEngine({
    config,
    driver: { ...driver, close: async () => {} },
    channels: new Map([hook, pager].map((channel) => [channel.name, channel])),
    clock,
    scheduler,
  });
  const events: AlertEvent[] = [];
  engine.events$.subscribe((event) => events.push(event));
  await engine.start();
  await settle(clock);
  // Nobody is notified in the first second after a restart.
  if (reuse !== undefined && !reuse.unsettled) await pass(clock, 1_000);
  return {
    ...{ engine, driver, clock, hook, pager, events },
    async advance(ms) {
      await pass(clock, ms);
    },
    async sample(name, value, source = 'web-1', labels = {}) {
      const body = JSON.stringify({ name, value, source, labels });
      driver.bus.publish(`metrics.${source}.${name}`, new TextEncoder().encode(body));
      await settle(clock);
    },
    raise: (alert) => answered(engine.commands.execute('raise', alert, tester), clock),
    command: (name, args) => answered(engine.commands.execute(name, args, tester), clock),
    story: () => events.filter(({ type }) => !deliveries.has(type)).map(({ type, reason }) => `${type} ${reason}`),
    async restart(next = input) {
      const stopped = engine.stop();
      await pass(clock, 0);
      await stopped;
      return startTestEngine(next, { driver, clock });
    },
  };
}

const webhook = { type: 'webhook', url: 'http://127.0.0.1:9/' } as const;

async function answered<T>(promise: Promise<T>, clock: VirtualClock): Promise<T & Record<string, unknown>> {
  await settle(clock);
  return (await promise) as T & Record<string, unknown>;
}

/** Time passes in steps, so that what one moment causes is done before the next begins. */
async function pass(clock: VirtualClock, ms: number): Promise<void> {
  const steps = Math.min(200, Math.max(1, Math.ceil(ms / 100)));
  for (let i = 0; i < steps; i++) {
    clock.advance(ms / steps);
    await settle(clock);
  }
}

/** Lets promises and what is due now come to rest. */
async function settle(clock: VirtualClock): Promise<void> {
  for (let i = 0; i < 12; i++) {
    clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
