import type { StateHandle, StateSource } from '../state-handle.js';
import { Operation } from './operation.js';

/** A kernel that says some things by itself, when their time has come. */
export interface TimedKernel<N> {
  /** What has come up to `now`; maybe not all of it: `nextDue()` tells. */
  advance(now: number): readonly N[];
  /** What is still held when the stream ends. */
  flush(now: number): readonly N[];
  /** `Infinity` when nothing will come. */
  nextDue(): number;
}

/** An {@link Operation} around a {@link TimedKernel}. */
export abstract class KernelOperation<T, S, N extends S> extends Operation<T, T, S> {
  protected abstract readonly kernel: TimedKernel<N>;

  protected override onTick(now: number): void {
    this.announce(this.kernel.advance(now));
    this.timer.armAt(this.kernel.nextDue());
  }

  protected override onComplete(): void {
    this.announce(this.kernel.flush(this.scheduler.now()));
  }

  /** Builds the kernel from the handle's state, and waits for what it will say. */
  protected started<State, Kernel extends TimedKernel<N> & StateSource<State>>(
    state: StateHandle<State> | undefined,
    build: (initial: State | undefined) => Kernel,
  ): Kernel {
    const kernel = this.restored(state, build);
    this.timer.armAt(kernel.nextDue());
    return kernel;
  }

  /** After each value. The timer may be late: what was due comes ahead of the value. */
  protected attend(now: number): void {
    const due = this.kernel.nextDue();
    if (due <= now) this.onTick(now);
    else this.timer.armAt(due);
  }

  protected report(notice: N): void {
    this.side?.next(notice);
  }

  private announce(notices: readonly N[]): void {
    for (const notice of notices) {
      if (this.closed) return;
      this.report(notice);
    }
  }
}
