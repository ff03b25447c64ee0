import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';

type Work<T> = (this: SchedulerAction<T>, state?: T) => void;

interface Waiting {
  readonly due: number;
  readonly closed: boolean;
  run(): void;
  dequeue(): void;
}

/**
 * A scheduler whose clock is put forward by hand, and whose turns are taken by hand.
 *
 * What is due when a turn begins runs in that turn, as the timers of one phase of Node's loop do; what it schedules,
 * with whatever delay, waits for the next. One queue a delay, so that arming and cancelling are O(1) as in Node.
 */
export class TurnScheduler implements SchedulerLike {
  private time = Date.now();
  /** Of the wall; only read for what that costs. */
  protected wallTime = 0;
  private readonly queues = new Map<number, Set<Waiting>>();

  /** Costs what the wall clock does, and stands still. */
  now(): number {
    this.wallTime = Date.now();
    return this.time;
  }

  schedule<T>(work: Work<T>, delay = 0, state?: T): Subscription {
    return new TurnAction(this, work).schedule(state, delay);
  }

  skip(ms: number): void {
    this.time += ms;
  }

  /** Runs all that is due; false when there is nothing. */
  turn(): boolean {
    const due = this.takeDue(this.time);
    for (const action of due) if (!action.closed) action.run();
    return due.length > 0;
  }

  enqueue(action: Waiting, delay: number): void {
    const queue = this.queues.get(delay);
    if (queue === undefined) this.queues.set(delay, new Set([action]));
    else queue.add(action);
  }

  dequeue(action: Waiting, delay: number): void {
    const queue = this.queues.get(delay);
    queue?.delete(action);
    if (queue?.size === 0) this.queues.delete(delay);
  }

  private takeDue(now: number): Waiting[] {
    const due: Waiting[] = [];
    for (const queue of this.queues.values()) {
      for (const action of queue) {
        if (action.due > now) break;
        due.push(action);
      }
    }
    due.sort((a, b) => a.due - b.due);
    for (const action of due) action.dequeue();
    return due;
  }
}

class TurnAction<T> extends Subscription implements SchedulerAction<T> {
  due = Infinity;
  private delay = 0;
  private state: T | undefined;
  private readonly scheduler: TurnScheduler;
  private readonly work: Work<T>;

  constructor(scheduler: TurnScheduler, work: Work<T>) {
    super();
    this.scheduler = scheduler;
    this.work = work;
  }

  schedule(state?: T, delay = 0): this {
    if (this.closed) return this;
    this.dequeue();
    this.state = state;
    this.delay = Math.max(0, Math.ceil(delay));
    this.due = this.scheduler.now() + this.delay;
    this.scheduler.enqueue(this, this.delay);
    return this;
  }

  run(): void {
    this.work(this.state);
  }

  dequeue(): void {
    if (this.due === Infinity) return;
    this.scheduler.dequeue(this, this.delay);
    this.due = Infinity;
  }

  override unsubscribe(): void {
    if (!this.closed) this.dequeue();
    super.unsubscribe();
  }
}
