import { Operation } from './operation.js';

/** A kernel that says some things by itself, when their time has come. */
export interface TimedSource<N> {
  /** What has come up to `now`; maybe not all of it: `nextDue()` tells. */
  advance(now: number): readonly N[];
  /** `Infinity` when nothing will come. */
  nextDue(): number;
}

/** An {@link Operation} around a {@link TimedSource}. */
export abstract class TimedOperation<T, R, S, N> extends Operation<T, R, S> {
  protected abstract readonly kernel: TimedSource<N>;

  protected abstract report(notice: N): void;

  protected override onTick(now: number): void {
    this.announce(this.kernel.advance(now));
    this.timer.armAt(this.kernel.nextDue());
  }

  /** After each input. The timer may be late: what was due comes ahead of what the input brings about. */
  protected attend(now: number): void {
    const due = this.kernel.nextDue();
    if (due <= now) this.onTick(now);
    else this.timer.armAt(due);
  }

  protected announce(notices: readonly N[]): void {
    for (const notice of notices) {
      if (this.closed) return;
      this.report(notice);
    }
  }
}
