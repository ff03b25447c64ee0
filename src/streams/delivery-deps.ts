import type { SchedulerLike } from 'rxjs';
import type { Channel } from '../model/channel.js';
import type { DeliveryRecord, OutboxMessage } from '../model/delivery.js';
import type { Logger } from '../model/logger.js';
import type { Backoff } from './backoff.js';
import type { Clock, EventLog, Outbox } from './ports.js';

export interface DeliveryOptions {
  /** Nobody is notified before. */
  readonly settled?: Promise<void>;
  readonly outbox: Outbox;
  readonly log: EventLog;
  /** Those to work for; more may come and go. */
  readonly channels: Pick<ReadonlyMap<string, Channel>, 'has' | 'values'>;
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
  /** Tells the writes of this worker from those of others. */
  readonly nonce: string;
}
