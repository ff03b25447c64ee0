import type { ObservableInput, OperatorFunction, Subscriber } from 'rxjs';
import { type CommonOptions, type OperationOptions, operate, operationOptions } from './adapter/operation.js';
import { TimedOperation } from './adapter/timed-operation.js';
import { EscalateKernel } from './escalate-kernel.js';
import {
  checkEscalate,
  checkLadder,
  type EscalateKernelOptions,
  type EscalateSide,
  type EscalateSnapshot,
  type EscalateStep,
  type EscalationLadder,
  type LadderStep,
} from './escalate-options.js';
import { functionOption } from './options.js';
import type { StateHandle } from './state-handle.js';

export * from './escalate-kernel.js';
export type * from './escalate-options.js';

/** Somebody takes care of a key: its clock stands still. */
export interface EscalateAcknowledgement<K> {
  readonly key: K;
  /** When it ends by itself, on the scheduler's clock, milliseconds. Default: never. */
  readonly until?: number;
}

export interface EscalateOptions<T, K, S extends LadderStep = LadderStep>
  extends EscalateKernelOptions,
    CommonOptions<EscalateSide<T, K>> {
  /** The ladder of an item; `undefined` ends the one that its key may be on. */
  readonly ladder: (item: T) => EscalationLadder<S> | undefined;
  /** Stops the clock of a key. Again replaces `until`; one that has passed ends it. What is not open is ignored. Default: never. */
  readonly acknowledge?: ObservableInput<EscalateAcknowledgement<K>>;
  /** Lets an acknowledged key go on with the time that was left. Default: never. */
  readonly resume?: ObservableInput<K>;
  /** Ends the ladder of a key. Default: never. */
  readonly resolve?: ObservableInput<K>;
  /** State to start from, and its snapshot while subscribed. */
  readonly state?: StateHandle<EscalateSnapshot<K, S>>;
}

/**
 * Takes each open item up a ladder of steps, until it is acknowledged or resolved or has taken the last one.
 *
 * ```text
 * source       a------------------     steps: [{ afterMs: 3 }, { afterMs: 5 }], max: 3
 * acknowledge  ------a------------
 * resume       -----------a-------
 * output       ---1---------2----3
 * ```
 *
 * An item whose key is open starts its ladder anew, or where its `position` says: this is how open items come back after
 * a restart. `catchUp` says what becomes of steps that were due meanwhile. Beside `afterMs`, a step may carry what its
 * owner wants (whom to tell, a severity): the output has it as `step`.
 *
 * | When | What happens |
 * |---|---|
 * | the source completes | what is open is discarded and the output completes: a step is never invented |
 * | the source, or an input of the options, errors | the error is forwarded at once |
 * | `key` or `ladder` throws, or a ladder is bad | the output errors; with `onError: 'skip'`, `side` gets `failed` |
 * | an opening beyond `maxKeys` | `overflow`: `side` gets `rejected`, or the output errors; what is open stays |
 *
 * Cost: O(1) an opening, acknowledgement, resolution and step. Memory: about 120 bytes an open key, 18 of which are its
 * timer. One scheduler action at most; delays of any length; many steps at one moment are spread over turns of the loop.
 *
 * Replaces `mergeMap((item) => concat(timer(a), timer(b)).pipe(takeUntil(done$.pipe(filter(sameKey)))))`, which takes 1 kB
 * and 3 µs an item, asks every item about each acknowledgement, forgets the time left, and fires at once beyond 24.8 days.
 *
 * @param key identity of an item; at most one ladder runs for each.
 * @throws RangeError, TypeError for bad options, when the operator is created; they name the option.
 *
 * @example
 * const steps = [
 *   { afterMs: 300_000, tell: 'on-call' },
 *   { afterMs: 900_000, tell: 'manager' },
 * ];
 * openings$
 *   .pipe(escalate((alert) => alert.id, { ladder: () => ({ steps, max: 5 }), resolve: resolvedIds$ }))
 *   .subscribe(({ item, level, step }) => page(step.tell, item, level));
 *
 * @example
 * // Acknowledged for an hour at most; what was open before the restart goes on from where it stood.
 * const state = new StateHandle<EscalateSnapshot<string>>(saved);
 * openings$.pipe(
 *   escalate((alert) => alert.id, {
 *     ladder: (alert) => ladders[alert.severity],
 *     acknowledge: acks$.pipe(map(({ id }) => ({ key: id, until: monotonicScheduler.now() + 3_600_000 }))),
 *     scheduler: monotonicScheduler,
 *     state,
 *   }),
 * );
 */
export function escalate<T, K, S extends LadderStep = LadderStep>(
  key: (item: T) => K,
  options: EscalateOptions<T, K, S>,
): OperatorFunction<T, EscalateStep<T, K, S>> {
  functionOption('escalate.key', key);
  checkEscalate('escalate', options);
  functionOption('escalate.ladder', options.ladder);
  const common = operationOptions('escalate', options);
  return operate((out) => new EscalateOperation(out, common, key, options));
}

class EscalateOperation<T, K, S extends LadderStep> extends TimedOperation<
  T,
  EscalateStep<T, K, S>,
  EscalateSide<T, K>,
  EscalateStep<T, K, S>
> {
  protected override readonly kernel: EscalateKernel<T, K, S>;
  private readonly key: (item: T) => K;
  private readonly ladder: (item: T) => EscalationLadder<S> | undefined;

  constructor(
    out: Subscriber<EscalateStep<T, K, S>>,
    common: OperationOptions<EscalateSide<T, K>>,
    key: (item: T) => K,
    options: EscalateOptions<T, K, S>,
  ) {
    super(out, common);
    this.key = key;
    this.ladder = options.ladder;
    this.kernel = this.restored(options.state, (initial) => this.create(options, initial));
    this.follow(options.acknowledge, ({ key, until }) => this.act((now) => this.kernel.acknowledge(key, now, until)));
    this.follow(options.resume, (key) => this.act((now) => this.kernel.resume(key, now)));
    this.follow(options.resolve, (key) => this.act(() => this.kernel.resolve(key)));
    this.inTurn(() => this.attend(this.scheduler.now()));
  }

  protected override onNext(item: T): void {
    let key: K;
    let ladder: EscalationLadder<S> | undefined;
    try {
      key = this.key(item);
      ladder = this.ladder(item);
      if (ladder !== undefined) checkLadder('escalate.ladder', ladder);
    } catch (error) {
      this.callbackFailed(error, item);
      return;
    }
    const now = this.scheduler.now();
    this.attend(now);
    if (this.closed) return;
    if (ladder === undefined) this.kernel.resolve(key);
    else if (!this.kernel.open(item, key, ladder, now)) {
      this.side?.next({ kind: 'rejected', key, value: item, reason: 'max_keys' });
    }
    this.attend(now);
  }

  protected override report(step: EscalateStep<T, K, S>): void {
    this.out.next(step);
  }

  private create(
    options: EscalateOptions<T, K, S>,
    initial: EscalateSnapshot<K, S> | undefined,
  ): EscalateKernel<T, K, S> {
    const kernel = new EscalateKernel<T, K, S>(options);
    if (initial !== undefined) kernel.restore(initial, this.scheduler.now());
    return kernel;
  }

  private act(work: (now: number) => void): void {
    const now = this.scheduler.now();
    this.attend(now);
    work(now);
    this.attend(now);
  }
}
