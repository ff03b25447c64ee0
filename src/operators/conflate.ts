import type { ObservableInput, OperatorFunction, Subscriber } from 'rxjs';
import {
  type CommonOptions,
  Operation,
  type OperationOptions,
  operate,
  operationOptions,
} from './adapter/operation.js';
import { ConflateKernel } from './conflate-kernel.js';
import {
  type Conflated,
  type ConflateKernelOptions,
  type ConflateSnapshot,
  checkConflate,
} from './conflate-options.js';
import { functionOption, objectOption } from './options.js';
import type { FailedSide } from './side.js';
import type { StateHandle } from './state-handle.js';

export * from './conflate-kernel.js';
export type * from './conflate-options.js';

/** What `conflate` says beside its output. */
export type ConflateSide<T, K> = ConflateEvicted<T, K> | ConflateRejected<T, K> | FailedSide<T>;

/** `maxKeys` were pending, and a new one came: this is what the one that had been pending for longest would have said. */
export interface ConflateEvicted<T, K> extends Conflated<T, K> {
  readonly kind: 'evicted';
}

/** This value was dropped. */
export interface ConflateRejected<T, K> {
  readonly kind: 'rejected';
  readonly key: K;
  readonly value: T;
  /**
   * `max_keys`: it has a new key, `maxKeys` are pending, and `overflow` is `'reject'`. `not_finite`: its number is not.
   * `not_a_time`: its timestamp is no finite number.
   */
  readonly reason: 'max_keys' | 'not_finite' | 'not_a_time';
}

export interface ConflateOptions<T, K>
  extends Omit<ConflateKernelOptions<T, K>, 'onEvict'>,
    CommonOptions<ConflateSide<T, K>> {
  /** Drains once for each value of this stream. Default: `everyMs`, one of them must be given. */
  readonly drain?: ObservableInput<unknown>;
  /** The number that `min` and `max` are of. Default: none, and neither of them. */
  readonly value?: (value: T) => number;
  /** Which value is the latest, if not the last to arrive: the one with the highest time. Default: its arrival. */
  readonly timestamp?: (value: T) => number;
  /** State to start from, and its snapshot while subscribed. */
  readonly state?: StateHandle<ConflateSnapshot<T, K>>;
}

/**
 * Keeps only the latest value of each key, with count, min and max of what it stands for, until the consumer takes them.
 *
 * ```text
 * source  aAbBb---a-|       everyMs: 5
 * output  -----(Ab)-(a|)
 *
 * source  a-bb-------c-|    everyMs: 5, leading: true
 * output  a----b-----c-|
 *
 * source  abcd---------|    maxPerDrain: 2
 * drain   -----r---r----
 * output  -----(ab)(cd)|
 * ```
 *
 * One batch a drain, in the order in which its keys first changed; never an empty one. Keys that a drain leaves over because of
 * `maxPerDrain` are first at the next, so that each has its turn, however busy the others are.
 *
 * With `everyMs`, the first value waits for that long, and what comes meanwhile goes with it; with `leading` it passes at
 * once when the last drain was so long ago. With `drain`, the consumer asks: for a frame of an animation, or for the
 * next batch when it is done with one; there `leading` keeps a request that finds nothing for the next value.
 *
 * | When | What happens |
 * |---|---|
 * | the source completes | what is pending goes out in one batch, then the output completes |
 * | the source, or `drain`, errors | the error is forwarded at once |
 * | `drain` completes | nothing is drained any more until the source completes |
 * | a callback throws | the output errors; with `onError: 'skip'`, `side` gets `failed` and the stream lives on |
 * | a new key beyond `maxKeys` | `overflow`: what has been pending for longest goes to `side`, or the new value does, or the output errors |
 *
 * Cost: O(1) a value and a drained key, whatever the number of keys. Memory: about 170 bytes a pending key, and nothing
 * for the others. One scheduler action at most, while anything is pending.
 *
 * Replaces `groupBy(key).pipe(mergeMap((values$) => values$.pipe(auditTime(100))))`, which keeps 3.4 kB a key for
 * ever, and `bufferTime(100)` with a `Map` of the last of each, which first holds every value in between.
 *
 * @param key what is conflated by itself: a string, a number, or any value with an identity.
 * @throws RangeError, TypeError for bad options, when the operator is created; they name the option.
 *
 * @example
 * prices$.pipe(conflate((price) => price.symbol, { everyMs: 100, leading: true })).subscribe(redraw);
 *
 * @example
 * // The consumer asks for the next batch when it has written one, and starts by asking for the first.
 * const ready$ = new BehaviorSubject<void>(undefined);
 * samples$
 *   .pipe(conflate((sample) => sample.series, { drain: ready$, leading: true, value: (sample) => sample.value }))
 *   .subscribe((batch) => write(batch, () => ready$.next()));
 */
export function conflate<T, K>(
  key: (value: T) => K,
  options: ConflateOptions<T, K>,
): OperatorFunction<T, readonly Conflated<T, K>[]> {
  functionOption('conflate.key', key);
  checkConflate('conflate', options);
  if (options.value !== undefined) functionOption('conflate.value', options.value);
  if (options.timestamp !== undefined) functionOption('conflate.timestamp', options.timestamp);
  if (options.drain !== undefined) objectOption('conflate.drain', options.drain);
  if ((options.drain === undefined) === (options.everyMs === undefined)) {
    throw new TypeError('conflate must be given one of drain and everyMs');
  }
  const common = operationOptions('conflate', options);
  return operate((out) => new ConflateOperation(out, common, key, options));
}

class ConflateOperation<T, K> extends Operation<T, readonly Conflated<T, K>[], ConflateSide<T, K>> {
  private readonly kernel: ConflateKernel<T, K>;
  private readonly key: (value: T) => K;
  private readonly number: ((value: T) => number) | undefined;
  private readonly timestamp: ((value: T) => number) | undefined;

  constructor(
    out: Subscriber<readonly Conflated<T, K>[]>,
    common: OperationOptions<ConflateSide<T, K>>,
    key: (value: T) => K,
    options: ConflateOptions<T, K>,
  ) {
    super(out, common);
    this.key = key;
    this.number = options.value;
    this.timestamp = options.timestamp;
    const onEvict = (evicted: Conflated<T, K>) => this.side?.next({ kind: 'evicted', ...evicted });
    this.kernel = this.restored(options.state, (initial) => new ConflateKernel({ ...options, onEvict }, initial));
    this.timer.armAt(this.kernel.nextDue());
    this.follow(options.drain, () => this.demand());
  }

  protected override onNext(value: T): void {
    let key: K;
    let number: number | undefined;
    let time: number | undefined;
    try {
      key = this.key(value);
      number = this.number?.(value);
      time = this.timestamp?.(value);
    } catch (error) {
      this.callbackFailed(error, value);
      return;
    }
    if (number !== undefined && !Number.isFinite(number)) this.reject(key, value, 'not_finite');
    else if (time !== undefined && !Number.isFinite(time)) this.reject(key, value, 'not_a_time');
    else this.put(key, value, number, time);
  }

  protected override onTick(now: number): void {
    const batch = this.kernel.advance(now);
    if (batch.length > 0) this.out.next(batch);
    this.timer.armAt(this.kernel.nextDue());
  }

  protected override onComplete(): void {
    const batch = this.kernel.flush(this.scheduler.now());
    if (batch.length > 0) this.out.next(batch);
  }

  private put(key: K, value: T, number: number | undefined, time: number | undefined): void {
    const now = this.scheduler.now();
    this.attend(now);
    if (this.closed) return;
    if (!this.kernel.put(key, value, now, number, time)) this.reject(key, value, 'max_keys');
    this.attend(now);
  }

  private reject(key: K, value: T, reason: ConflateRejected<T, K>['reason']): void {
    this.side?.next({ kind: 'rejected', key, value, reason });
  }

  private demand(): void {
    const now = this.scheduler.now();
    this.kernel.demand(now);
    this.attend(now);
  }

  /** The timer may be late: what was due comes ahead of the value. */
  private attend(now: number): void {
    const due = this.kernel.nextDue();
    if (due <= now) this.onTick(now);
    else this.timer.armAt(due);
  }
}
