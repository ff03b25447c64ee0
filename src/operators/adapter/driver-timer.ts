import type { SchedulerAction, SchedulerLike, Subscription } from 'rxjs';

/** Longer waits are split: beyond 24.8 days a host timer would fire at once. */
const longestWaitMs = 3_600_000;

/**
 * The one timer of an operator: at most one action on the scheduler, at the earliest time asked for.
 *
 * `tick` may run when nothing is due yet, and is expected to ask again with `armAt`. A later time than the one asked
 * for does not move the action, so that asking on every event costs a comparison.
 */
export class DriverTimer {
  private due = Infinity;
  private disposed = false;
  private action: Subscription | undefined;
  private readonly scheduler: SchedulerLike;
  private readonly tick: (now: number) => void;
  private readonly wake: (this: SchedulerAction<undefined>) => void;

  constructor(scheduler: SchedulerLike, tick: (now: number) => void) {
    this.scheduler = scheduler;
    this.tick = tick;
    this.wake = () => this.awake();
  }

  /** Time on the scheduler's clock, milliseconds; `Infinity` disarms. */
  armAt(due: number): void {
    if (due === Infinity) this.disarm();
    else if (due < this.due && !this.disposed) this.wait(due, this.scheduler.now());
  }

  /** For good: a disposed timer cannot be armed. */
  dispose(): void {
    this.disarm();
    this.disposed = true;
  }

  private wait(due: number, now: number): void {
    this.action?.unsubscribe();
    this.due = due;
    const delay = Math.min(Math.max(0, Math.ceil(due - now)), longestWaitMs);
    this.action = this.scheduler.schedule(this.wake, delay);
  }

  private disarm(): void {
    this.action?.unsubscribe();
    this.action = undefined;
    this.due = Infinity;
  }

  private awake(): void {
    const now = this.scheduler.now();
    if (now < this.due) {
      this.wait(this.due, now);
    } else {
      this.disarm();
      this.tick(now);
    }
  }
}
