import { randomUUID } from 'node:crypto';
import type { Channel } from '../model/channel.js';
import type { DeliveryDeps, DeliveryOptions } from './delivery-deps.js';
import { DeliveryWorker } from './delivery-worker.js';

export type { DeliveryOptions } from './delivery-deps.js';

export interface Delivery {
  /** Hands back what waits and lets attempts end, for at most ten seconds. */
  stop(): Promise<void>;
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
  const { concurrency = 8, outbox, scheduler } = options;
  const deps: DeliveryDeps = { ...options, nonce: randomUUID() };
  const running = await Promise.all(
    [...options.channels.values(), ...(await goneChannels(options))].map(async (channel) => {
      const timeoutMs = channel.timeoutMs ?? options.config.timeoutMs;
      const worker = new DeliveryWorker(channel, deps, { concurrency, timeoutMs, holdMs });
      const work = { prefetch: prefetchFactor * concurrency, ackWaitMs: timeoutMs + ackSlackMs };
      const consumer = await outbox.work(channel.name, work, async (message) => {
        await options.settled;
        return worker.handle(message);
      });
      return { worker, consumer };
    }),
  );
  return {
    async stop() {
      for (const { worker } of running) worker.close();
      const timer = scheduler.schedule(() => {
        for (const { worker } of running) worker.abort();
      }, stopMs);
      await Promise.all(running.map(({ consumer }) => consumer.stop()));
      timer.unsubscribe();
    },
  };
}

/** Stand in for channels that were renamed or removed while notifications waited for them. */
async function goneChannels({ outbox, channels, logger }: DeliveryOptions): Promise<Channel[]> {
  const gone = (await outbox.channels()).filter((name) => !channels.has(name));
  return gone.map((name) => {
    logger.warn({ channel: name }, 'notifications wait for a channel that is no longer there: they are given up');
    return { name, type: 'none', isAvailable: () => false, send: async () => noChannel };
  });
}
