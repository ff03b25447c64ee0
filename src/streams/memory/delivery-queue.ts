import { type SchedulerLike, Subscription } from 'rxjs';
import type { DriverCounters } from '../driver/counters.js';
import type { Consumer } from '../ports.js';
import { createTurn } from './turn.js';

export interface WorkOptions<T> {
  readonly maxInFlight: number;
  /** A worker that is silent for longer lost its item. */
  readonly ackWaitMs?: number;
  /** Resolves with `undefined` when the item is done, or with the delay after which it comes again. */
  readonly handle: (item: T) => Promise<number | undefined>;
}

interface Item<T> {
  readonly value: T;
  attempt: number;
  done: boolean;
}

interface Worker<T> extends WorkOptions<T> {
  inFlight: number;
  onSettled: () => void;
}

/** Hands items to workers, in order, until one says that an item is done. */
export class DeliveryQueue<T> {
  readonly #scheduler: SchedulerLike;
  readonly #counters: DriverCounters;
  readonly #open = new Set<Item<T>>();
  readonly #ready = new Set<Item<T>>();
  readonly #workers = new Set<Worker<T>>();
  readonly #timers = new Subscription();
  readonly #assign = createTurn(() => this.#assignReady());

  constructor(scheduler: SchedulerLike, counters: DriverCounters) {
    this.#scheduler = scheduler;
    this.#counters = counters;
  }

  /** Items that wait or are out. */
  get depth(): number {
    return this.#open.size;
  }

  push(value: T): void {
    const item: Item<T> = { value, attempt: 0, done: false };
    this.#open.add(item);
    this.#offer(item);
  }

  work(options: WorkOptions<T>): Consumer {
    const worker: Worker<T> = { ...options, inFlight: 0, onSettled: () => undefined };
    this.#workers.add(worker);
    this.#assign();
    return { stop: () => this.#stop(worker) };
  }

  /** Nothing is handed out any more. */
  close(): void {
    this.#timers.unsubscribe();
    this.#workers.clear();
  }

  #offer(item: Item<T>): void {
    if (item.done) return;
    this.#ready.add(item);
    this.#assign();
  }

  #assignReady(): void {
    for (const worker of this.#workers) {
      for (const item of this.#ready) {
        if (worker.inFlight >= worker.maxInFlight) break;
        this.#ready.delete(item);
        if (!item.done) void this.#run(worker, item);
      }
    }
  }

  async #run(worker: Worker<T>, item: Item<T>): Promise<void> {
    worker.inFlight++;
    item.attempt++;
    const lost = this.#watch(worker, item);
    const delayMs = await this.#outcome(worker, item);
    const wasLost = lost?.closed ?? false;
    lost?.unsubscribe();
    if (delayMs === undefined) this.#finish(item);
    else if (!wasLost) this.#after(delayMs, () => this.#offer(item));
    worker.inFlight--;
    worker.onSettled();
    this.#assign();
  }

  async #outcome(worker: Worker<T>, item: Item<T>): Promise<number | undefined> {
    try {
      return await worker.handle(item.value);
    } catch {
      this.#counters.callback_failures++;
      return Math.min(30_000, 250 * 2 ** item.attempt);
    }
  }

  #watch({ ackWaitMs }: Worker<T>, item: Item<T>): Subscription | undefined {
    return ackWaitMs === undefined ? undefined : this.#after(ackWaitMs, () => this.#offer(item));
  }

  /** The timer counts as closed once it has fired. */
  #after(delayMs: number, work: () => void): Subscription {
    const timer = this.#scheduler.schedule(() => {
      timer.unsubscribe();
      work();
    }, delayMs);
    this.#timers.add(timer);
    return timer;
  }

  #finish(item: Item<T>): void {
    item.done = true;
    this.#open.delete(item);
    this.#ready.delete(item);
  }

  async #stop(worker: Worker<T>): Promise<void> {
    this.#workers.delete(worker);
    while (worker.inFlight > 0) {
      await new Promise<void>((resolve) => {
        worker.onSettled = resolve;
      });
    }
  }
}
