import type { StateHandle, StateSource } from '../state-handle.js';
import { TimedOperation, type TimedSource } from './timed-operation.js';

/** One that holds things which the end of the stream sets free. */
export interface TimedKernel<N> extends TimedSource<N> {
  /** What is still held when the stream ends. */
  flush(now: number): readonly N[];
}

/** A {@link TimedOperation} around a {@link TimedKernel}, that passes values on and says the rest to `side`. */
export abstract class KernelOperation<T, S, N extends S> extends TimedOperation<T, T, S, N> {
  protected abstract override readonly kernel: TimedKernel<N>;

  protected override onComplete(): void {
    this.announce(this.kernel.flush(this.scheduler.now()));
  }

  protected override report(notice: N): void {
    this.side?.next(notice);
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
}
