import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';

/** One timer, armed or not. */
class VirtualTimer<T> extends Subscription implements SchedulerAction<T> {
  readonly #scheduler: VirtualScheduler;
  readonly #work: (this: SchedulerAction<T>, state?: T) => void;
  #state: T | undefined = undefined;
  /** What has been replaced by a later arming is no longer due. */
  armed = 0;

  constructor(scheduler: VirtualScheduler, work: (this: SchedulerAction<T>, state?: T) => void) {
    super();
    this.#scheduler = scheduler;
    this.#work = work;
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this;
    this.#state = state;
    this.armed = this.#scheduler.arm(this, delay);
    return this;
  }

  run(): void {
    this.armed = 0;
    this.#work.call(this, this.#state);
    if (this.armed === 0) this.unsubscribe();
  }
}

/** What the scheduler knows of a timer. */
interface Timer {
  readonly closed: boolean;
  readonly armed: number;
  run(): void;
}

interface Due {
  readonly at: number;
  /** Timers of one moment run in the order in which they were armed. */
  readonly order: number;
  readonly timer: Timer;
}

/**
 * Timers that run when they are told to. RxJS's own VirtualTimeScheduler keeps each tick of an interval as a child of the
 * one before: an hour of ticks overflows the stack when it ends. An exception in a timer reaches whoever runs it.
 */
export class VirtualScheduler implements SchedulerLike {
  /** The latest first, so that the next one is taken off the end. */
  readonly #due: Due[] = [];
  #now = 0;
  #armings = 0;

  now(): number {
    return this.#now;
  }

  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
    return new VirtualTimer(this, work).schedule(state, delay);
  }

  /** For timers only. */
  arm(timer: Timer, delay: number): number {
    const order = ++this.#armings;
    const at = this.#now + Math.max(0, delay);
    if (at === Number.POSITIVE_INFINITY) return order;
    this.#due.splice(this.#positionOf(at), 0, { at, order, timer });
    return order;
  }

  /** When the next timer is due. */
  get nextDue(): number | undefined {
    for (let next = this.#due.at(-1); next !== undefined; next = this.#due.at(-1)) {
      if (!next.timer.closed && next.timer.armed === next.order) return next.at;
      this.#due.pop();
    }
    return undefined;
  }

  /** Time jumps there; runs all timers that are due at that very moment, those that they arm too. */
  runAt(ms: number): void {
    this.#now = Math.max(this.#now, ms);
    for (let next = this.nextDue; next !== undefined && next <= this.#now; next = this.nextDue) {
      this.#due.pop()!.timer.run();
    }
  }

  /** Before all that are due at the same time or earlier. */
  #positionOf(at: number): number {
    let [low, high] = [0, this.#due.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#due[middle]!.at > at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
