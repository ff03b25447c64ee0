import type { OperatorFunction, Subscriber } from 'rxjs';
import { type CommonOptions, type OperationOptions, operate, operationOptions } from './adapter/operation.js';
import { TimedOperation } from './adapter/timed-operation.js';
import { AggregateKernel } from './aggregate-kernel.js';
import {
  type Aggregated,
  type AggregateEvicted,
  type AggregateFn,
  type AggregateKernelOptions,
  type AggregateSide,
  type AggregateSnapshot,
  checkAggregate,
} from './aggregate-options.js';
import { checkEventTime, type EventTimeOptions } from './event-time.js';
import { functionOption } from './options.js';
import type { StateHandle } from './state-handle.js';

export * from './aggregate-kernel.js';
export type {
  Aggregated,
  AggregateEmit,
  AggregateEvicted,
  AggregateFn,
  AggregateKernelOptions,
  AggregateKeySnapshot,
  AggregateMode,
  AggregateRejected,
  AggregateRejection,
  AggregateSide,
  AggregateSnapshot,
} from './aggregate-options.js';

export interface AggregateOptions<T, K, F extends AggregateFn = AggregateFn>
  extends Omit<AggregateKernelOptions<K, F>, 'onEvict'>,
    EventTimeOptions<T>,
    CommonOptions<AggregateSide<T, K, F>> {
  /** The number of a value: what the figures are of. */
  readonly value: (value: T) => number;
  /** State to start from, and its snapshot while subscribed. */
  readonly state?: StateHandle<AggregateSnapshot<K, F>>;
}

/**
 * Figures of each key over windows of time: tumbling, hopping or sliding ones, told when they end or at each value.
 *
 * ```text
 * source  -1-2-5----3|      fns: ['sum'], windowMs: 4
 * output  ----3---5--(3|)
 *
 * source  -1-2-------|      fns: ['sum'], windowMs: 4, everyMs: 2
 * output  --1-3-2----|
 *
 * source  -1-2-5-----|      fns: ['sum'], windowMs: 4, emit: 'event', panes: 4
 * output  -1-3-7-----|
 * ```
 *
 * A window contains its start and not its end, and ends at a multiple of `everyMs` of epoch time, so that windows of a
 * minute are those of the clock on the wall. `values` has the figures that `fns` names, and its type knows which. A
 * window without values is not told.
 *
 * What is kept are a few numbers for each pane: the greatest stretch of time that all windows are made of, of 1 ms in
 * the worst case and of `windowMs` in the best. Figures are exact, but for percentiles, which are within 1 %. With
 * `emit: 'event'` the window moves on in `panes` steps, and is up to one of them shorter; its `start` is what it is.
 * `mode: 'exact'` keeps every value instead: any window, exact percentiles.
 *
 * With `timestamp`, values count at their own times, in any order. A window ends when the newest time, less `latenessMs`,
 * has come to its end, or when `idleTimeoutMs` passed in silence. A value is late for the windows that have ended, and
 * counts in the others; with `onLate: 'update'` those that ended less than `reviseMs` ago are told again.
 *
 * | When | What happens |
 * |---|---|
 * | the source completes | windows that are not over are told as `partial`, up to the first that contains the newest value; then the output completes |
 * | the source errors | the error is forwarded at once, and no window is told |
 * | `key`, `value` or `timestamp` throws | the output errors; with `onError: 'skip'`, `side` gets `failed` and the stream lives on |
 * | a value is late, from the future, `NaN` or infinite | `side` gets `rejected`, with the reason |
 * | a new key beyond `maxKeys` | `overflow`: the least recently used key is forgotten, and `side` gets its open windows with `evicted`; or the value is dropped, or the output errors |
 * | a key has no value for `idleMs` | it is forgotten; all its windows were told before |
 * | the clock is set back | time stands still until it has caught up |
 *
 * Cost: O(1) a value; O(panes) a window that is told. Memory a key: about 130 bytes, and for each pane 8 bytes and 8 for
 * each number that the figures need: 1 for `min` and `max`, 2 for `sum`, `avg` and `stddev`, 4 for `first`, `last` and
 * `delta`, 5 for `rate`. Percentiles: about 800 bytes a pane that has values, and 4 for each 2 % between the least and the
 * greatest one. One scheduler action at most, while a key is remembered; many windows at one moment are spread over turns
 * of the loop.
 *
 * Replaces `groupBy(key)` with `bufferTime(windowMs, everyMs).pipe(map(average))` in each group, which puts each value
 * into `windowMs / everyMs` arrays, 2 to 5 µs each, keeps all of them, and loses what comes out of order.
 *
 * @param key what is counted by itself: a string, a number, or any value with an identity.
 * @throws RangeError, TypeError for bad options, when the operator is created; they name the option.
 *
 * @example
 * // Each second, the last minute of each host.
 * samples$.pipe(
 *   aggregate((sample) => sample.host, {
 *     value: (sample) => sample.latency, fns: ['avg', 'p99'], windowMs: 60_000, everyMs: 1_000,
 *   }),
 * ).subscribe(({ key, values }) => show(key, values.avg, values.p99));
 *
 * @example
 * // By the times of the samples, which may be 5 s out of order; later ones correct what was told.
 * samples$.pipe(
 *   aggregate((sample) => sample.host, {
 *     value: (sample) => sample.requests, fns: ['rate'], windowMs: 60_000,
 *     timestamp: (sample) => sample.time, latenessMs: 5_000, onLate: 'update',
 *   }),
 * ).subscribe(({ key, start, values, revision }) => upsert(key, start, values.rate, revision));
 */
export function aggregate<T, K, const F extends AggregateFn>(
  key: (value: T) => K,
  options: AggregateOptions<T, K, F>,
): OperatorFunction<T, Aggregated<K, F>> {
  functionOption('aggregate.key', key);
  checkAggregate('aggregate', options);
  checkEventTime('aggregate', options);
  functionOption('aggregate.value', options.value);
  const common = operationOptions('aggregate', options);
  return operate((out) => new AggregateOperation(out, common, key, options));
}

class AggregateOperation<T, K, F extends AggregateFn> extends TimedOperation<
  T,
  Aggregated<K, F>,
  AggregateSide<T, K, F>,
  Aggregated<K, F>
> {
  protected override readonly kernel: AggregateKernel<K, F>;
  private readonly key: (value: T) => K;
  private readonly value: (value: T) => number;
  private readonly timestamp: ((value: T) => number) | undefined;

  constructor(
    out: Subscriber<Aggregated<K, F>>,
    common: OperationOptions<AggregateSide<T, K, F>>,
    key: (value: T) => K,
    options: AggregateOptions<T, K, F>,
  ) {
    super(out, common);
    this.key = key;
    this.value = options.value;
    this.timestamp = options.timestamp;
    const onEvict = (evicted: AggregateEvicted<K, F>) => this.side?.next({ kind: 'evicted', ...evicted });
    const timed = options.timestamp !== undefined;
    this.kernel = this.restored(
      options.state,
      (initial) => new AggregateKernel({ ...options, onEvict }, timed, initial),
    );
    this.timer.armAt(this.kernel.nextDue());
  }

  protected override onNext(item: T): void {
    const now = this.scheduler.now();
    let key: K;
    let value: number;
    let at = now;
    try {
      key = this.key(item);
      value = this.value(item);
      if (this.timestamp !== undefined) at = this.timestamp(item);
    } catch (error) {
      this.callbackFailed(error, item);
      return;
    }
    const verdict = this.kernel.process(key, value, now, at);
    this.attend(now);
    if (verdict === 'counted' || this.side === undefined || this.closed) return;
    this.side.next({ kind: 'rejected', key, value: item, reason: verdict });
  }

  protected override onComplete(): void {
    this.announce(this.kernel.flush(this.scheduler.now()));
  }

  protected override report(window: Aggregated<K, F>): void {
    this.out.next(window);
  }
}
