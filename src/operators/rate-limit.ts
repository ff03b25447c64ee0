import type { MonoTypeOperatorFunction, Subscriber } from 'rxjs';
import { AdmissionOperation } from './adapter/admission-operation.js';
import { type CommonOptions, type OperationOptions, operate, operationOptions } from './adapter/operation.js';
import { functionOption } from './options.js';
import { RateLimitKernel } from './rate-limit-kernel.js';
import {
  checkRateLimit,
  type RateLimitEvicted,
  type RateLimitKernelOptions,
  type RateLimitReopened,
  type RateLimitSnapshot,
  type RateLimitVerdict,
} from './rate-limit-options.js';
import type { FailedSide } from './side.js';
import type { StateHandle } from './state-handle.js';

export type { RateAlgorithm, RateWindow } from './parts/rate-windows.js';
export * from './rate-limit-kernel.js';
export type * from './rate-limit-options.js';

/** What `rateLimit` says beside its output. */
export type RateLimitSide<T, K> =
  | RateLimited<T, K>
  | RateLimitReopened<K>
  | ({ readonly kind: 'evicted' } & RateLimitEvicted<K>)
  | RateLimitRejected<T, K>
  | FailedSide<T>;

/** This value was dropped: its key is over a limit. */
export interface RateLimited<T, K> {
  readonly kind: 'limited';
  readonly key: K;
  readonly value: T;
  /** `window`: a window is full. `cooldown`: the key went over before, and stays limited for a while. */
  readonly reason: 'window' | 'cooldown';
  /** Earliest time at which the key has room. */
  readonly retryAt: number;
}

/** This value was dropped: it has a new key, `maxKeys` are remembered, and `overflow` is `'reject'`. */
export interface RateLimitRejected<T, K> {
  readonly kind: 'rejected';
  readonly key: K;
  readonly value: T;
  readonly reason: 'max_keys';
}

export interface RateLimitOptions<T, K>
  extends Omit<RateLimitKernelOptions<K>, 'onEvict'>,
    CommonOptions<RateLimitSide<T, K>> {
  /** Makes a value of the output when a key reopens after a cooldown. Default: only `side` hears of it. */
  readonly summary?: (reopened: RateLimitReopened<K>) => T;
  /** State to start from, and its snapshot while subscribed. */
  readonly state?: StateHandle<RateLimitSnapshot<K>>;
}

/**
 * Passes at most `max` values of each key in any `perMs` milliseconds, for any number of windows at once.
 *
 * ```text
 * source  a-a-a-a-a-a-|      windows: [{ max: 2, perMs: 5 }]
 * output  a-a---a-a---|
 *
 * source  a-a-a-------a-|    windows: [{ max: 1, perMs: 3 }], cooldownMs: 5, summary: ({ heldBack }) => heldBack
 * output  a------2----a-|
 * ```
 *
 * A window slides: a value counts while `now − t < perMs`, and only values that passed count. With `cooldownMs`, the
 * first value that is dropped trips its key, which then stays limited for that long, and until its windows have room;
 * one `reopened` tells how many were held back. Times are whole milliseconds of the scheduler's clock; while that
 * clock reads less than before, time stands still.
 *
 * | When | What happens |
 * |---|---|
 * | the source completes | the keys that are still tripped report (`summary` and `side`), then the output completes |
 * | the source errors | the error is forwarded at once |
 * | `key` or `summary` throws | the output errors; with `onError: 'skip'`, `side` gets `failed` and the stream lives on |
 * | a new key beyond `maxKeys` | `overflow`: the least recently used key is forgotten, or the value dropped, or the output errors |
 *
 * Cost: O(windows) a value, whatever the number of keys. Memory a key, without the key itself: 72 bytes with `gcra` and one
 * window, 8 more for each further one; with `exact` 88 to 150, in which up to 16 times have their place, and for a key
 * that needs more of them 4 bytes a time, taken in steps: 64, 256 and so on, up to the largest `max`. One scheduler action
 * at most, while a key is remembered.
 *
 * Replaces `groupBy(key), mergeMap((group) => group.pipe(throttleTime(ms)))`, which keeps 3.6 kB and a timer a key, never
 * forgets one, and knows no limit but one value at a time.
 *
 * @param key what is limited by itself: a string, a number, or any value with an identity.
 * @throws RangeError, TypeError for bad options, when the operator is created; they name the option.
 *
 * @example
 * alerts$.pipe(rateLimit((alert) => alert.category, {
 *   windows: [{ max: 10, perMs: 60_000 }, { max: 100, perMs: 3_600_000 }],
 * }));
 *
 * @example
 * const held$ = new Subject<RateLimitSide<Request, string>>();
 * requests$.pipe(rateLimit((request) => request.user, {
 *   windows: [{ max: 50_000, perMs: 3_600_000 }], algorithm: 'gcra', cooldownMs: 60_000, side: held$,
 * }));
 */
export function rateLimit<T, K>(key: (value: T) => K, options: RateLimitOptions<T, K>): MonoTypeOperatorFunction<T> {
  functionOption('rateLimit.key', key);
  checkRateLimit('rateLimit', options);
  if (options.summary !== undefined) functionOption('rateLimit.summary', options.summary);
  const common = operationOptions('rateLimit', options);
  return operate((out) => new RateLimitOperation(out, common, key, options));
}

class RateLimitOperation<T, K> extends AdmissionOperation<
  T,
  K,
  RateLimitVerdict,
  RateLimitSide<T, K>,
  RateLimitReopened<K>
> {
  protected override readonly kernel: RateLimitKernel<K>;
  private readonly key: (value: T) => K;

  constructor(
    out: Subscriber<T>,
    common: OperationOptions<RateLimitSide<T, K>>,
    key: (value: T) => K,
    options: RateLimitOptions<T, K>,
  ) {
    super(out, common, options.summary);
    this.key = key;
    const onEvict = (evicted: RateLimitEvicted<K>) => this.side?.next({ kind: 'evicted', ...evicted });
    this.kernel = this.started(options.state, (initial) => new RateLimitKernel({ ...options, onEvict }, initial));
  }

  protected override keyOf(value: T): K {
    return this.key(value);
  }

  protected override decide(key: K, now: number): RateLimitVerdict {
    return this.kernel.process(key, now);
  }

  protected override dropped(key: K, value: T, { reason, retryAt }: RateLimitVerdict): RateLimitSide<T, K> {
    if (reason === 'window' || reason === 'cooldown') return { kind: 'limited', key, value, reason, retryAt };
    return { kind: 'rejected', key, value, reason: 'max_keys' };
  }
}
