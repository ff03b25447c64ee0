import type { MonoTypeOperatorFunction, Subscriber } from 'rxjs';
import { AdmissionOperation } from './adapter/admission-operation.js';
import { type CommonOptions, type OperationOptions, operate, operationOptions } from './adapter/operation.js';
import { DedupeKernel } from './dedupe-kernel.js';
import {
  checkDedupe,
  type DedupeClosed,
  type DedupeEvicted,
  type DedupeKernelOptions,
  type DedupeSnapshot,
  type DedupeVerdict,
} from './dedupe-options.js';
import { checkEventTime, type EventTimeOptions, type UntimelyReason } from './event-time.js';
import { functionOption } from './options.js';
import type { FailedSide } from './side.js';
import type { StateHandle } from './state-handle.js';

export * from './dedupe-kernel.js';
export type * from './dedupe-options.js';

/** What `dedupe` says beside its output. */
export type DedupeSide<T, K> =
  | Duplicate<T, K>
  | DedupeClosed<K>
  | ({ readonly kind: 'evicted' } & DedupeEvicted<K>)
  | DedupeRejected<T, K>
  | FailedSide<T>;

/** This value was dropped: it is a copy of one that passed. */
export interface Duplicate<T, K> {
  readonly kind: 'duplicate';
  readonly key: K;
  readonly value: T;
  /** Copies so far, this one included: 2 for the first duplicate. */
  readonly count: number;
  /** When the copy that passed did so. */
  readonly firstAt: number;
  /** When the next copy passes, if none comes before. */
  readonly retryAt: number;
}

/** This value was dropped, and not compared with others. */
export interface DedupeRejected<T, K> {
  readonly kind: 'rejected';
  readonly key: K;
  readonly value: T;
  /** `max_keys`: it has a new key, `maxKeys` are remembered, and `overflow` is `'reject'`. The others: its time cannot be. */
  readonly reason: 'max_keys' | UntimelyReason;
}

export interface DedupeOptions<T, K>
  extends Omit<DedupeKernelOptions<K>, 'onEvict' | 'eventTime'>,
    EventTimeOptions<T>,
    CommonOptions<DedupeSide<T, K>> {
  /** Makes a value of the output when the window of a key that had copies is over. Default: only `side` hears of it. */
  readonly summary?: (closed: DedupeClosed<K>) => T;
  /** State to start from, and its snapshot while subscribed. */
  readonly state?: StateHandle<DedupeSnapshot<K>>;
}

/**
 * Passes the first value of each key and drops its copies for `windowMs`.
 *
 * ```text
 * source  a-a-b-a-a-a-|    windowMs: 5
 * output  a---b-a-----|
 *
 * source  a-a-a-a-----a-|  windowMs: 5, from: 'last'
 * output  a-----------a-|
 *
 * source  a-a-a-a-a-a-|    windowMs: 5, from: 'last', maxAgeMs: 7
 * output  a-------a---|
 *
 * source  a-a-a------a-|   windowMs: 5, summary: ({ count }) => count
 * output  a----3-----a-|
 * ```
 *
 * Each key has its own window: a copy is dropped while `now − t < windowMs`, where `t` is when the first copy passed,
 * or with `from: 'last'` when the latest one came. `side` gets a running count with each copy, and one `closed` with
 * the final count when the window of a key that had copies is over; `summary` puts that into the output, ahead of the
 * next value of the key.
 *
 * With `timestamp`, ages are those of the times that values bring: a copy is dropped while `its time − t < windowMs`, so
 * also when it is older than the one that passed. Windows then close as the watermark comes past them. A value older than
 * the newest by more than `latenessMs` goes to `side`, and so does one too far in the future.
 *
 * | When | What happens |
 * |---|---|
 * | the source completes | windows with copies are reported (`summary` and `side`), then the output completes |
 * | the source errors | the error is forwarded at once |
 * | `key`, `timestamp` or `summary` throws | the output errors; with `onError: 'skip'`, `side` gets `failed` and the stream lives on |
 * | a new key beyond `maxKeys` | `overflow`: the window that ends first, `maxAgeMs` aside, is forgotten, or the value dropped, or the output errors |
 *
 * Cost: O(1) a value, whatever the number of keys. Memory: 80 bytes a key, without the key itself; with `maxAgeMs` up
 * to 18 more. One scheduler action
 * at most, while a key is remembered.
 *
 * Replaces `distinct(key, interval(windowMs))`, which forgets all keys at the same moment, so that copies a millisecond
 * apart may both pass, and grows without bound until then.
 *
 * @param key what makes two values copies of each other: a string, a number, or any value with an identity.
 * @throws RangeError, TypeError for bad options, when the operator is created; they name the option.
 *
 * @example
 * alerts$.pipe(dedupe((alert) => `${alert.category}\n${alert.title}\n${alert.message}`, { windowMs: 300_000 }));
 *
 * @example
 * const copies$ = new Subject<DedupeSide<Alert, string>>();
 * alerts$.pipe(dedupe((alert) => alert.id, { windowMs: 60_000, from: 'last', maxAgeMs: 3_600_000, side: copies$ }));
 *
 * @example
 * // By the times that readings bring, which may come five seconds out of order.
 * readings$.pipe(dedupe(({ id }) => id, { windowMs: 60_000, timestamp: ({ time }) => time, latenessMs: 5_000 }));
 */
export function dedupe<T, K>(key: (value: T) => K, options: DedupeOptions<T, K>): MonoTypeOperatorFunction<T> {
  functionOption('dedupe.key', key);
  checkDedupe('dedupe', options);
  checkEventTime('dedupe', options);
  if (options.summary !== undefined) functionOption('dedupe.summary', options.summary);
  const common = operationOptions('dedupe', options);
  return operate((out) => new DedupeOperation(out, common, key, options));
}

class DedupeOperation<T, K> extends AdmissionOperation<T, K, DedupeVerdict, DedupeSide<T, K>, DedupeClosed<K>> {
  protected override readonly kernel: DedupeKernel<K>;
  private readonly key: (value: T) => K;
  private readonly timestamp: ((value: T) => number) | undefined;
  /** Time of the value under way; not read without `timestamp`. */
  private at = 0;

  constructor(
    out: Subscriber<T>,
    common: OperationOptions<DedupeSide<T, K>>,
    key: (value: T) => K,
    options: DedupeOptions<T, K>,
  ) {
    super(out, common, options.summary);
    this.key = key;
    this.timestamp = options.timestamp;
    const eventTime = options.timestamp === undefined ? undefined : options;
    const onEvict = (evicted: DedupeEvicted<K>) => this.side?.next({ kind: 'evicted', ...evicted });
    const kernelOptions = { ...options, eventTime, onEvict };
    this.kernel = this.started(options.state, (initial) => new DedupeKernel(kernelOptions, initial));
  }

  protected override keyOf(value: T): K {
    if (this.timestamp !== undefined) this.at = this.timestamp(value);
    return this.key(value);
  }

  protected override decide(key: K, now: number): DedupeVerdict {
    return this.kernel.process(key, now, this.at);
  }

  protected override dropped(key: K, value: T, verdict: DedupeVerdict): DedupeSide<T, K> {
    const { reason, count, firstAt, retryAt } = verdict;
    if (reason === 'admitted' || reason === 'duplicate')
      return { kind: 'duplicate', key, value, count, firstAt, retryAt };
    return { kind: 'rejected', key, value, reason };
  }
}
