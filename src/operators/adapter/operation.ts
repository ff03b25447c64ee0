import {
  asyncScheduler,
  from,
  Observable,
  type ObservableInput,
  type Observer,
  type OperatorFunction,
  of,
  type SchedulerLike,
  type Subscriber,
  Subscription,
} from 'rxjs';
import { choiceOption, functionOption } from '../options.js';
import { WaitingQueue } from '../parts/waiting-queue.js';
import { type ErrorPolicy, errorPolicies, type FailedSide, type SideObserver } from '../side.js';
import type { StateHandle, StateSource } from '../state-handle.js';
import { DriverTimer } from './driver-timer.js';

/** Options of every operator here. */
export interface CommonOptions<S> {
  /** What a callback that throws does. Default `error`. */
  readonly onError?: ErrorPolicy;
  /** Hears of everything that does not pass. Default: nobody does. */
  readonly side?: SideObserver<S>;
  /** Default `asyncScheduler`, whose clock is the wall clock; `monotonicScheduler` cannot step. */
  readonly scheduler?: SchedulerLike;
}

/** The same, with its defaults. */
export interface OperationOptions<S> {
  readonly onError: ErrorPolicy;
  readonly side: SideObserver<S> | undefined;
  readonly scheduler: SchedulerLike;
}

/** Throws `RangeError` or `TypeError` for a bad option. `name` is the operator's. */
export function operationOptions<S>(
  name: string,
  options: CommonOptions<S> & { readonly state?: StateHandle<unknown> },
): OperationOptions<S> {
  const { side, state, scheduler = asyncScheduler } = options;
  if (side !== undefined) functionOption(`${name}.side.next`, side?.next);
  if (state !== undefined) functionOption(`${name}.state.attach`, state?.attach);
  functionOption(`${name}.scheduler.now`, scheduler?.now);
  functionOption(`${name}.scheduler.schedule`, scheduler?.schedule);
  return { onError: choiceOption(`${name}.onError`, options.onError ?? 'error', errorPolicies), side, scheduler };
}

/**
 * One subscription of an operator: the thin adapter between RxJS and a kernel.
 *
 * It is both the observer of the source and a subscription of its own. RxJS takes such an object as it is instead of
 * wrapping it, so that a synchronous source sees at once that it was closed, and no second object stands on the hot
 * path.
 *
 * Whatever reaches it while it is still busy with something (the consumer feeds the source from inside `next`) waits
 * its turn: outputs of two inputs never interleave, and a kernel is never entered twice.
 */
export abstract class Operation<T, R, S> extends Subscription implements Observer<T> {
  protected readonly out: Subscriber<R>;
  protected readonly scheduler: SchedulerLike;
  protected readonly timer: DriverTimer;
  protected readonly side: SideObserver<S | FailedSide<T>> | undefined;
  private readonly skips: boolean;
  private readonly waiting = new WaitingQueue<() => void>();
  private busy = false;
  private ended = false;

  constructor(out: Subscriber<R>, options: OperationOptions<S | FailedSide<T>>) {
    super();
    this.out = out;
    this.scheduler = options.scheduler;
    this.side = options.side;
    this.skips = options.onError === 'skip';
    this.timer = new DriverTimer(options.scheduler, (now) => this.inTurn(() => this.onTick(now)));
    out.add(this);
    this.add(() => this.timer.dispose());
  }

  protected abstract onNext(value: T): void;

  /** Something is due. Arms the timer again when more is to come. */
  protected abstract onTick(now: number): void;

  /** The source completed: emit what is held. Completion follows by itself. */
  protected onComplete(): void {}

  next(value: T): void {
    if (this.ended || this.closed) return;
    if (this.busy) {
      this.waiting.push(() => this.onNext(value));
      return;
    }
    this.busy = true;
    try {
      this.onNext(value);
    } catch (error) {
      this.error(error);
    }
    this.settle();
  }

  error(error: unknown): void {
    this.ended = true;
    this.out.error(error);
  }

  complete(): void {
    if (this.ended) return;
    this.ended = true;
    this.inTurn(() => {
      this.onComplete();
      this.out.complete();
    });
  }

  /** Builds the kernel from the handle's state; the handle reads it until this subscription ends. */
  protected restored<State, Kernel extends StateSource<State>>(
    state: StateHandle<State> | undefined,
    build: (initial: State | undefined) => Kernel,
  ): Kernel {
    if (state === undefined) return build(undefined);
    const kernel = state.attach(build);
    this.add(() => state.detach());
    return kernel;
  }

  /** Runs `work` now, or after what is under way. What it throws goes to the error channel. */
  protected inTurn(work: () => void): void {
    this.waiting.push(work);
    if (this.busy) return;
    this.busy = true;
    this.settle();
  }

  /**
   * Listens to an input of the options, ahead of the source; its values wait their turn. Its error ends the output, its
   * completion means nothing.
   */
  protected follow<V>(input: ObservableInput<V> | undefined, apply: (value: V) => void): void {
    if (input === undefined) return;
    this.add(
      from(input).subscribe({
        next: (value) => this.inTurn(() => apply(value)),
        error: (error: unknown) => this.error(error),
      }),
    );
  }

  /** A user callback threw, on `value` if it was given one. */
  protected callbackFailed(error: unknown, value?: T): void {
    if (this.closed) return;
    if (this.skips) this.side?.next({ kind: 'failed', value, error });
    else this.error(error);
  }

  private settle(): void {
    while (this.waiting.size > 0 && !this.closed) {
      const work = this.waiting.shift()!;
      try {
        work();
      } catch (error) {
        this.error(error);
      }
    }
    this.busy = false;
  }
}

/** An operator of which each subscription is one new {@link Operation}. */
export function operate<T, R>(begin: (out: Subscriber<R>) => Observer<T>): OperatorFunction<T, R> {
  return (source) =>
    new Observable<R>((out) => {
      const operation = begin(out);
      // An input of the options, or what a restored state brought about, may have ended it already.
      if (!out.closed) source.subscribe(operation);
    });
}

/** A set that stays, or a stream of sets of which each replaces the one before: an array is one set, not many values. */
export function setsOf<V>(sets: readonly V[] | ObservableInput<readonly V[]>): ObservableInput<readonly V[]> {
  return Array.isArray(sets) ? of(sets as readonly V[]) : (sets as ObservableInput<readonly V[]>);
}
