import { randomUUID } from 'node:crypto';
import type { Channel, Notification, SendResult } from '../model/channel.js';
import { ChannelTally } from './channel-tally.js';
import type { DeliveryOptions } from './delivery-deps.js';
import { DeliveryWorker } from './delivery-worker.js';
import type { Consumer } from './ports.js';
import { sentSince } from './send-history.js';

export type { DeliveryOptions } from './delivery-deps.js';

export interface Delivery {
  /** Works for a channel from here on, in place of one of the same name. */
  register(channel: Channel): Promise<void>;
  /** Works for it no more: what waits for it becomes a dead letter, and is told to its fallback. */
  unregister(name: string): Promise<void>;
  tally(name: string): ChannelTally;
  /** Wall time since when a channel does not take notifications; `undefined` while it does. */
  downSince(name: string): number | undefined;
  /** Sends something that is no alert. `undefined`: the channel's rate does not allow it now, or nobody works for it. */
  test(name: string, notification: Notification): Promise<TestResult | undefined>;
  /** Hands back what waits and lets attempts end, for at most ten seconds. */
  stop(): Promise<void>;
}

export interface TestResult {
  readonly result: SendResult;
  readonly ms: number;
}

/** Messages out for each that is being sent: the others wait for their turn. */
const prefetchFactor = 4;
/** What the broker allows beyond the time of an attempt: for waiting and for writing how it ended. */
const ackSlackMs = 5_000;
const holdMs = 3_000;
const stopMs = 10_000;
const noChannel = { outcome: 'permanent', error: 'no_channel' } as const;

/**
 * Works off the outbox of every channel; none of them knows of the others. What waits for a channel that is no longer
 * there becomes a dead letter. Rejects when the outbox cannot be reached.
 */
export async function startDelivery(options: DeliveryOptions): Promise<Delivery> {
  const workers = new ChannelWorkers(options);
  const gone = await goneChannels(options);
  await Promise.all([...options.channels.values(), ...gone].map((channel) => workers.register(channel)));
  return workers;
}

interface Running {
  readonly channel: Channel;
  readonly worker: DeliveryWorker;
  readonly consumer: Consumer;
}

class ChannelWorkers implements Delivery {
  readonly #deps: DeliveryOptions;
  readonly #running = new Map<string, Running>();
  readonly #tallies = new Map<string, ChannelTally>();
  /** One change after the other. */
  readonly #changes = new Map<string, Promise<void>>();

  constructor(deps: DeliveryOptions) {
    this.#deps = deps;
  }

  register(channel: Channel): Promise<void> {
    return this.#change(channel.name, async () => {
      await this.#end(channel.name);
      await this.#begin(channel);
    });
  }

  unregister(name: string): Promise<void> {
    return this.#change(name, async () => {
      const ended = await this.#end(name);
      await this.#begin(standIn(name, ended?.fallback));
    });
  }

  tally(name: string): ChannelTally {
    const known = this.#tallies.get(name) ?? new ChannelTally();
    this.#tallies.set(name, known);
    return known;
  }

  downSince(name: string): number | undefined {
    return this.#running.get(name)?.worker.downSince;
  }

  async test(name: string, notification: Notification): Promise<TestResult | undefined> {
    return this.#running.get(name)?.worker.test(notification);
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#changes.values());
    await Promise.all([...this.#running.keys()].map((name) => this.#end(name)));
  }

  #change(name: string, change: () => Promise<void>): Promise<void> {
    const changed = (this.#changes.get(name) ?? Promise.resolve()).then(change, change);
    this.#changes.set(name, changed);
    return changed;
  }

  async #begin(channel: Channel): Promise<void> {
    const { concurrency = 8, outbox, config, settled } = this.#deps;
    const { name, timeoutMs = config.timeoutMs } = channel;
    const sentBefore = await this.#sentBefore(channel);
    const options = { concurrency, timeoutMs, holdMs, sentBefore, tally: this.tally(name) };
    const worker = new DeliveryWorker(channel, { ...this.#deps, nonce: randomUUID() }, options);
    const work = { prefetch: prefetchFactor * concurrency, ackWaitMs: timeoutMs + ackSlackMs };
    const consumer = await outbox.work(name, work, async (message) => {
      await settled;
      return worker.handle(message);
    });
    this.#running.set(name, { channel, worker, consumer });
  }

  async #sentBefore({ name, rate }: Channel): Promise<readonly number[]> {
    const { log, clock } = this.#deps;
    return rate === undefined ? [] : sentSince(log, name, clock.wall() - rate.perMs);
  }

  /** Hands back what waits, and lets what is being sent end. */
  async #end(name: string): Promise<Channel | undefined> {
    const running = this.#running.get(name);
    if (running === undefined) return undefined;
    this.#running.delete(name);
    const { channel, worker, consumer } = running;
    worker.close();
    const timer = this.#deps.scheduler.schedule(() => worker.abort(), stopMs);
    await consumer.stop();
    timer.unsubscribe();
    await this.#close(channel);
    return channel;
  }

  async #close(channel: Channel): Promise<void> {
    try {
      await channel.close?.();
    } catch (err) {
      this.#deps.logger.warn({ channel: channel.name, err }, 'a channel could not be closed');
    }
  }
}

/** Stand in for channels that were renamed or removed while notifications waited for them. */
async function goneChannels({ outbox, channels, logger }: DeliveryOptions): Promise<Channel[]> {
  const gone = (await outbox.channels()).filter((name) => !channels.has(name));
  return gone.map((name) => {
    logger.warn({ channel: name }, 'notifications wait for a channel that is no longer there: they are given up');
    return standIn(name);
  });
}

function standIn(name: string, fallback?: string): Channel {
  const gone = { name, type: 'none', isAvailable: () => false, send: async () => noChannel };
  return fallback === undefined ? gone : { ...gone, fallback };
}
