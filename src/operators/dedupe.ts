import type { MonoTypeOperatorFunction, Subscriber } from 'rxjs';
import { KernelOperation } from './adapter/kernel-operation.js';
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

/** This value was dropped: it has a new key, `maxKeys` are remembered, and `overflow` is `'reject'`. */
export interface DedupeRejected<T, K> {
  readonly kind: 'rejected';
  readonly key: K;
  readonly value: T;
  readonly reason: 'max_keys';
}

export interface DedupeOptions<T, K> extends Omit<DedupeKernelOptions<K>, 'onEvict'>, CommonOptions<DedupeSide<T, K>> {
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
 * ```
 *
 * Each key has its own window: a copy is dropped while `now − t < windowMs`, where `t` is when the first copy passed,
 * or with `from: 'last'` when the latest one came. `side` gets a running count with each copy, and one `closed` with
 * the final count when the window of a key that had copies is over.
 *
 * | When | What happens |
 * |---|---|
 * | the source completes | windows with copies are reported as `closed`, then the output completes |
 * | the source errors | the error is forwarded at once |
 * | `key` throws | the output errors; with `onError: 'skip'`, `side` gets `failed` and the stream lives on |
 * | a new key beyond `maxKeys` | `overflow`: the window that ends first is forgotten, or the value dropped, or the output errors |
 *
 * Cost: O(1) a value, whatever the number of keys. Memory: below 100 bytes a key. One scheduler action at most, while a
 * key is remembered.
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
 */
export function dedupe<T, K>(key: (value: T) => K, options: DedupeOptions<T, K>): MonoTypeOperatorFunction<T> {
  functionOption('dedupe.key', key);
  checkDedupe('dedupe', options);
  const common = operationOptions('dedupe', options);
  return operate((out) => new DedupeOperation(out, common, key, options));
}

class DedupeOperation<T, K> extends KernelOperation<T, DedupeSide<T, K>, DedupeClosed<K>> {
  private readonly key: (value: T) => K;
  protected override readonly kernel: DedupeKernel<K>;

  constructor(
    out: Subscriber<T>,
    common: OperationOptions<DedupeSide<T, K>>,
    key: (value: T) => K,
    options: DedupeOptions<T, K>,
  ) {
    super(out, common);
    this.key = key;
    const onEvict = (evicted: DedupeEvicted<K>) => this.side?.next({ kind: 'evicted', ...evicted });
    this.kernel = this.restored(options.state, (initial) => new DedupeKernel({ ...options, onEvict }, initial));
    this.timer.armAt(this.kernel.nextDue());
  }

  protected override onNext(value: T): void {
    let key: K;
    try {
      key = this.key(value);
    } catch (error) {
      this.callbackFailed(error, value);
      return;
    }
    const now = this.scheduler.now();
    const verdict = this.kernel.process(key, now);
    this.attend(now);
    if (verdict.admitted) this.out.next(value);
    else if (this.side !== undefined && !this.closed) this.side.next(noticeOf(key, value, verdict));
  }
}

function noticeOf<T, K>(key: K, value: T, verdict: DedupeVerdict): DedupeSide<T, K> {
  const { reason, count, firstAt, retryAt } = verdict;
  if (reason === 'duplicate') return { kind: 'duplicate', key, value, count, firstAt, retryAt };
  return { kind: 'rejected', key, value, reason: 'max_keys' };
}
