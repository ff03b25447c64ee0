import type { SchedulerLike } from 'rxjs';
import type { Channel, Notification, SendResult } from '../model/channel.js';
import { type OutboxMessage, outboxMessages } from '../model/delivery.js';
import type { StoredEvent } from '../model/event.js';
import type { Logger } from '../model/logger.js';
import { notificationOf } from '../model/notification.js';
import { type Backoff, jittered } from './backoff.js';
import type { Clock } from './ports.js';
import { sendOnce } from './send-attempt.js';

export interface DirectDeliveryDeps {
  /** Those that are there now. */
  readonly channels: { values(): Iterable<Channel> };
  readonly config: { readonly backoff: Backoff; readonly timeoutMs: number };
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
  readonly logger: Logger;
  /** Nobody is notified before. */
  readonly settled: Promise<void>;
  /** One more was delivered. */
  readonly onDelivered: () => void;
}

interface Job {
  readonly message: OutboxMessage;
  readonly isOver: () => boolean;
  attempt: number;
}

/** Attempts at the same time on one channel. */
const concurrency = 8;

/**
 * Tells what the event log refuses to record, past the outbox, which is as little to be had. It is in memory alone: a
 * message is tried until its channel has it, or until the log has the transition. Then the ordinary way begins anew, with
 * the same idempotency key.
 */
export class DirectDelivery {
  readonly #deps: DirectDeliveryDeps;
  readonly #lanes = new Map<string, Lane>();
  /** Transitions that the log does not have. */
  readonly #unrecorded = new Set<string>();
  readonly #stop = new AbortController();

  constructor(deps: DirectDeliveryDeps) {
    this.#deps = deps;
  }

  send(event: StoredEvent): void {
    const name = transitionName(event);
    this.#unrecorded.add(name);
    for (const message of outboxMessages(event, this.#deps.clock.wall())) {
      this.#lane(message.channel).add({ message, attempt: 0, isOver: () => !this.#unrecorded.has(name) });
    }
  }

  /** The log has it: what was not delivered yet goes the ordinary way. */
  recorded(event: StoredEvent): void {
    this.#unrecorded.delete(transitionName(event));
  }

  stop(): void {
    this.#unrecorded.clear();
    this.#stop.abort();
  }

  #lane(channel: string): Lane {
    const lane = this.#lanes.get(channel) ?? new Lane(channel, this.#deps, this.#stop.signal);
    this.#lanes.set(channel, lane);
    return lane;
  }
}

/** What waits for one channel: in order for each alert, a few at a time. */
class Lane {
  readonly #name: string;
  readonly #deps: DirectDeliveryDeps;
  readonly #stop: AbortSignal;
  readonly #queue: Job[] = [];
  /** Keys of which a message is out, or waits for its next attempt. */
  readonly #busy = new Set<string>();
  #out = 0;

  constructor(name: string, deps: DirectDeliveryDeps, stop: AbortSignal) {
    this.#name = name;
    this.#deps = deps;
    this.#stop = stop;
  }

  add(job: Job): void {
    this.#queue.push(job);
    this.#pump();
  }

  #pump(): void {
    while (this.#out < concurrency) {
      const next = this.#queue.findIndex((job) => !this.#busy.has(keyOf(job)));
      if (next < 0) return;
      const [job] = this.#queue.splice(next, 1);
      this.#out++;
      this.#busy.add(keyOf(job!));
      void this.#run(job!);
    }
  }

  async #run(job: Job): Promise<void> {
    const pauseMs = await this.#attempt(job);
    this.#out--;
    if (pauseMs === undefined) this.#busy.delete(keyOf(job));
    else this.#later(job, pauseMs);
    this.#pump();
  }

  #later(job: Job, pauseMs: number): void {
    this.#deps.scheduler.schedule(() => {
      this.#busy.delete(keyOf(job));
      this.#queue.unshift(job);
      this.#pump();
    }, pauseMs);
  }

  /** The pause before the next attempt; `undefined` when there is to be none. */
  async #attempt(job: Job): Promise<number | undefined> {
    await this.#deps.settled;
    const channel = [...this.#deps.channels.values()].find(({ name }) => name === this.#name);
    if (job.isOver() || !channel?.isAvailable()) return undefined;
    return this.#judge(job, await this.#send(channel, job));
  }

  #send(channel: Channel, job: Job): Promise<SendResult> {
    const { clock, scheduler, config } = this.#deps;
    const { event } = job.message;
    const override = event.alert.overrides?.[this.#name];
    const marks = { ...event.marks, sent: clock.wall() };
    const context = { attempt: ++job.attempt, marks, ...(override === undefined ? {} : { override }) };
    const timeoutMs = channel.timeoutMs ?? config.timeoutMs;
    return sendOnce(channel, unrecordedNotification(job.message), context, { timeoutMs, scheduler, stop: this.#stop });
  }

  #judge({ message, attempt }: Job, result: SendResult): number | undefined {
    const { logger, onDelivered, config, random } = this.#deps;
    switch (result.outcome) {
      case 'delivered':
        onDelivered();
        return undefined;
      case 'permanent':
        logger.error({ notification: message.id, error: result.error }, 'an unrecorded notification was refused');
        return undefined;
      case 'retry':
        if (this.#stop.aborted) return undefined;
        return result.retryAfterMs ?? jittered(config.backoff, attempt, random);
    }
  }
}

/** The receiver is told that no record of it exists yet. */
function unrecordedNotification(message: OutboxMessage): Notification {
  const notification = notificationOf(message);
  const { data } = notification;
  return { ...notification, data: { ...data, alert: { ...data.alert, unrecorded: true } } };
}

function keyOf({ message }: Job): string {
  return message.event.alert.keyHash;
}

function transitionName({ alert }: StoredEvent): string {
  return `${alert.id}.${alert.n}`;
}
