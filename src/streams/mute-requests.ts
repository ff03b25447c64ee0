import { type SchedulerLike, Subscription } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import type { Asked } from './key-desk.js';

interface Item {
  readonly record: AlertRecord;
}

/** Nothing that happened in the downtime is told before everything else has come to rest. */
const settleMs = 1_000;
/** Requests that lifecycle has not answered; more would hold up raises. */
const maxAsked = 200;
/** Pause before what the log refused is asked for again. */
const retryMs = 500;

/** The alerts at which lifecycle shall look again: a bounded number at a time, and again what was refused. */
export class MuteRequests<T extends Item> {
  readonly #scheduler: SchedulerLike;
  readonly #isDue: (item: T) => boolean;
  readonly #due = new Set<T>();
  readonly #refused = new Set<T>();
  /** Those that lifecycle has not answered, and whether something happened to them since. */
  readonly #asked = new Map<T, boolean>();
  #emit: ((asked: Asked) => void) | undefined = undefined;
  #isPumping = false;
  #running = new Subscription();

  /** `isDue` is asked again right before an item goes out. */
  constructor(scheduler: SchedulerLike, isDue: (item: T) => boolean) {
    this.#scheduler = scheduler;
    this.#isDue = isDue;
  }

  add(item: T): void {
    if (this.#asked.has(item)) this.#asked.set(item, true);
    else this.#due.add(item);
    this.#pump();
  }

  /** Requests go out until the result is unsubscribed; after a restart from one settle period on. */
  start(emit: (asked: Asked) => void, isRestart: boolean): Subscription {
    this.#running = new Subscription(() => {
      this.#emit = undefined;
    });
    const begin = () => {
      this.#emit = emit;
      this.#pump();
    };
    if (isRestart) this.#later(begin, settleMs);
    else begin();
    return this.#running;
  }

  #pump(): void {
    if (this.#isPumping || this.#emit === undefined) return;
    this.#isPumping = true;
    for (const item of this.#due) {
      if (this.#asked.size >= maxAsked) break;
      this.#due.delete(item);
      if (this.#isDue(item)) this.#ask(item);
    }
    this.#isPumping = false;
  }

  #ask(item: T): void {
    const { key, id } = item.record;
    this.#asked.set(item, false);
    this.#emit?.({
      input: { kind: 'mute', key, id },
      reply: ({ ok }) => {
        const isStirred = this.#asked.get(item);
        this.#asked.delete(item);
        if (!ok) this.#retry(item);
        else if (isStirred) this.#due.add(item);
        this.#pump();
      },
    });
  }

  #retry(item: T): void {
    if (this.#refused.size === 0) {
      this.#later(() => {
        for (const refused of this.#refused) this.#due.add(refused);
        this.#refused.clear();
        this.#pump();
      }, retryMs);
    }
    this.#refused.add(item);
  }

  #later(action: () => void, delayMs: number): void {
    const waiting = this.#scheduler.schedule(() => {
      this.#running.remove(waiting);
      action();
    }, delayMs);
    this.#running.add(waiting);
  }
}
