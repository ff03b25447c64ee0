import type { SchedulerLike } from 'rxjs';
import { type OutboxMessage, wayId } from '../../model/delivery.js';
import { TocsinError } from '../../model/errors.js';
import type { DriverCounters } from '../driver/counters.js';
import type { Consumer, DeadLetter, Exhumed, Outbox, OutboxVerdict } from '../ports.js';
import { DeliveryQueue } from './delivery-queue.js';
import { Recent } from './recent.js';

export interface MemoryOutboxOptions {
  readonly scheduler: SchedulerLike;
  readonly counters: DriverCounters;
  /** Messages that may wait on one channel. */
  readonly maxMessages: number;
  /** Dead letters that are kept; the oldest go first. */
  readonly maxDead: number;
}

const duplicateWindowMs = 120_000;

/** A work queue for each channel, in memory. */
export class MemoryOutbox implements Outbox {
  readonly #options: MemoryOutboxOptions;
  readonly #queues = new Map<string, DeliveryQueue<OutboxMessage>>();
  readonly #dead = new Map<string, DeadLetter>();
  readonly #put: Recent<true>;
  #closed = false;

  constructor(options: MemoryOutboxOptions) {
    this.#options = options;
    this.#put = new Recent(duplicateWindowMs, () => options.scheduler.now());
  }

  async put(message: OutboxMessage): Promise<void> {
    if (this.#closed) throw unavailable('the outbox is closed');
    if (this.#put.get(wayId(message))) return;
    const queue = this.#queue(message.channel);
    if (queue.depth >= this.#options.maxMessages) throw unavailable(`the outbox of ${message.channel} is full`);
    this.#put.set(wayId(message), true);
    queue.push(message);
  }

  async work(
    channel: string,
    { prefetch, ackWaitMs }: { readonly prefetch: number; readonly ackWaitMs: number },
    handler: (message: OutboxMessage) => Promise<OutboxVerdict>,
  ): Promise<Consumer> {
    const handle = async (message: OutboxMessage) => {
      const verdict = await handler(message);
      return verdict.done ? undefined : verdict.delayMs;
    };
    return this.#queue(channel).work({ maxInFlight: prefetch, ackWaitMs, handle });
  }

  async bury(letter: DeadLetter): Promise<void> {
    this.#dead.set(letter.message.id, letter);
    const oldest = this.#dead.keys().next();
    if (this.#dead.size > this.#options.maxDead && !oldest.done) this.#dead.delete(oldest.value);
  }

  async *dead(): AsyncGenerator<DeadLetter> {
    yield* [...this.#dead.values()];
  }

  async exhume(messageId: string): Promise<Exhumed | undefined> {
    const letter = this.#dead.get(messageId);
    if (letter === undefined) return undefined;
    const remove = async () => {
      if (this.#dead.get(messageId) === letter) this.#dead.delete(messageId);
    };
    return { letter, remove };
  }

  async depth(channel: string): Promise<number> {
    return this.#queue(channel).depth;
  }

  async channels(): Promise<readonly string[]> {
    return [...this.#queues].filter(([, { depth }]) => depth > 0).map(([name]) => name);
  }

  close(): void {
    this.#closed = true;
    for (const queue of this.#queues.values()) queue.close();
  }

  #queue(channel: string): DeliveryQueue<OutboxMessage> {
    const known = this.#queues.get(channel);
    if (known) return known;
    const queue = new DeliveryQueue<OutboxMessage>(this.#options.scheduler, this.#options.counters);
    this.#queues.set(channel, queue);
    return queue;
  }
}

function unavailable(message: string): TocsinError {
  return new TocsinError('log_unavailable', message, { temporary: true });
}
