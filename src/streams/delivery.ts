import { randomUUID } from 'node:crypto';
import type { SchedulerLike } from 'rxjs';
import type { Channel } from '../model/channel.js';
import type { DeliveryRecord, OutboxMessage } from '../model/delivery.js';
import type { Logger } from '../model/logger.js';
import type { Backoff } from './backoff.js';
import { DeliveryWorker } from './delivery-worker.js';
import type { Clock, EventLog, Outbox } from './ports.js';

export interface DeliveryOptions {
  readonly outbox: Outbox;
  readonly log: EventLog;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly clock: Clock;
  /** For durations. */
  readonly scheduler: SchedulerLike;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly config: {
    /** Attempts that count: one more than this. */
    readonly maxRetries: number;
    readonly backoff: Backoff;
    /** Of one attempt, where the channel has no time of its own. */
    readonly timeoutMs: number;
    /** Since it was put into the outbox; then it is a dead letter. */
    readonly maxAgeMs: number;
  };
  readonly logger: Logger;
  /** Called once for each message, when it is known how it ended. */
  readonly onResult: (record: DeliveryRecord, message: OutboxMessage) => void;
  /** What is known of the deliveries of an alert, for those who read the notification. */
  readonly deliveries?: (alertId: string) => readonly DeliveryRecord[];
  /** Attempts at the same time on one channel; default 8. */
  readonly concurrency?: number;
}

export interface DeliveryDeps extends DeliveryOptions {
  /** Tells the writes of this process from those of others. */
  readonly nonce: string;
}

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

/** Works off the outbox of every channel; none of them knows of the others. Rejects when the outbox cannot be reached. */
export async function startDelivery(options: DeliveryOptions): Promise<Delivery> {
  const { concurrency = 8, outbox, scheduler } = options;
  const deps: DeliveryDeps = { ...options, nonce: randomUUID() };
  const running = await Promise.all(
    [...options.channels.values()].map(async (channel) => {
      const timeoutMs = channel.timeoutMs ?? options.config.timeoutMs;
      const worker = new DeliveryWorker(channel, deps, { concurrency, timeoutMs, holdMs });
      const work = { prefetch: prefetchFactor * concurrency, ackWaitMs: timeoutMs + ackSlackMs };
      const consumer = await outbox.work(channel.name, work, (message) => worker.handle(message));
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
