import type { MonoTypeOperatorFunction, Subscriber } from 'rxjs';
import { AdmissionOperation } from './adapter/admission-operation.js';
import { type CommonOptions, type OperationOptions, operate, operationOptions } from './adapter/operation.js';
import {
  AdmissionKernel,
  type AdmissionNotice,
  type AdmissionSnapshot,
  type AdmissionVerdict,
} from './admit-kernel.js';
import type { Duplicate } from './dedupe.js';
import { checkDedupe, type DedupeClosed, type DedupeEvicted, type DedupeKernelOptions } from './dedupe-options.js';
import { functionOption, objectOption } from './options.js';
import type { RateLimited } from './rate-limit.js';
import {
  checkRateLimit,
  type RateLimitEvicted,
  type RateLimitKernelOptions,
  type RateLimitReopened,
} from './rate-limit-options.js';
import type { FailedSide } from './side.js';
import type { StateHandle } from './state-handle.js';

export * from './admit-kernel.js';

/** What `admit` says beside its output. */
export type AdmitSide<T, R, D> =
  | RateLimited<T, R>
  | RateLimitReopened<R>
  | ({ readonly kind: 'evicted'; readonly from: 'rateLimit' } & RateLimitEvicted<R>)
  | Duplicate<T, D>
  | DedupeClosed<D>
  | ({ readonly kind: 'evicted'; readonly from: 'dedupe' } & DedupeEvicted<D>)
  | AdmitRejected<T, R, D>
  | FailedSide<T>;

/** This value was dropped: it has a new key, `maxKeys` are remembered, and `overflow` is `'reject'`. */
export interface AdmitRejected<T, R, D> {
  readonly kind: 'rejected';
  readonly key: R | D;
  readonly value: T;
  readonly reason: 'max_rate_keys' | 'max_dedupe_keys';
}

export interface AdmitOptions<T, R, D> extends CommonOptions<AdmitSide<T, R, D>> {
  /** The options of `rateLimit`, and its key. */
  readonly rateLimit: Omit<RateLimitKernelOptions<R>, 'onEvict'> & { readonly key: (value: T) => R };
  /** `key` may answer `undefined`: that value is no copy of anything. */
  readonly dedupe: Omit<DedupeKernelOptions<D>, 'onEvict' | 'eventTime'> & {
    readonly key: (value: T) => D | undefined;
  };
  /** State to start from, and its snapshot while subscribed. */
  readonly state?: StateHandle<AdmissionSnapshot<R, D>>;
}

/**
 * `rateLimit` and `dedupe` asked together and committed together, the rate limit first: a duplicate uses up no room and
 * trips nothing, and a value that is limited is not remembered as seen.
 *
 * ```text
 * source  a-a-b-c-c-|    rateLimit: { key: () => 'all', windows: [{ max: 2, perMs: 7 }] },
 * output  a---b---c-|    dedupe: { key: (letter) => letter, windowMs: 20 }
 * ```
 *
 * The second `a` is a duplicate, so `b` still has room; the first `c` has none and is not remembered, so the next `c`,
 * when `a` has left the window, is the first that counts. A copy of something admitted that comes while the key is
 * limited is called limited, but does not trip it.
 *
 * | When | What happens |
 * |---|---|
 * | the source completes | `side` hears of what is still held back and of copies that were counted, then the output completes |
 * | the source errors | the error is forwarded at once |
 * | a `key` throws | the output errors; with `onError: 'skip'`, `side` gets `failed` and the stream lives on |
 * | a new key beyond a `maxKeys` | its `overflow`: a key is forgotten, or the value dropped, or the output errors |
 *
 * Cost and memory: those of `rateLimit` and `dedupe` together, with twice the look-ups. One scheduler action at most.
 *
 * Replaces `rateLimit(…)` after `dedupe(…)`, where a value that is limited is remembered as seen, so that its next copy
 * is lost too; and `dedupe(…)` after `rateLimit(…)`, where a chatty duplicate uses up the room of everything else.
 *
 * @throws RangeError, TypeError for bad options, when the operator is created; they name the option.
 *
 * @example
 * alerts$.pipe(admit({
 *   rateLimit: { key: (alert) => alert.category, windows: [{ max: 10, perMs: 60_000 }], cooldownMs: 60_000 },
 *   dedupe: { key: (alert) => alert.title, windowMs: 300_000 },
 * }));
 *
 * @example
 * const side = new Subject<AdmitSide<Alert, string, string>>();
 * side.subscribe((notice) => counters.add(notice.kind));
 * alerts$.pipe(admit({ rateLimit: perCategory, dedupe: perTitle, onError: 'skip', side }));
 */
export function admit<T, R, D>(options: AdmitOptions<T, R, D>): MonoTypeOperatorFunction<T> {
  objectOption('admit', options);
  checkRateLimit('admit.rateLimit', options.rateLimit);
  checkDedupe('admit.dedupe', options.dedupe);
  functionOption('admit.rateLimit.key', options.rateLimit.key);
  functionOption('admit.dedupe.key', options.dedupe.key);
  const common = operationOptions('admit', options);
  return operate((out) => new AdmitOperation(out, common, options));
}

/** What the kernel is asked about; one object for all values, because each is done with before the next. */
interface KeyPair<R, D> {
  rate: R;
  dedupe: D | undefined;
}

class AdmitOperation<T, R, D> extends AdmissionOperation<
  T,
  KeyPair<R, D>,
  AdmissionVerdict,
  AdmitSide<T, R, D>,
  AdmissionNotice<R, D>
> {
  protected override readonly kernel: AdmissionKernel<R, D>;
  private readonly rateKey: (value: T) => R;
  private readonly dedupeKey: (value: T) => D | undefined;
  private readonly keys: KeyPair<R | undefined, D> = { rate: undefined, dedupe: undefined };

  constructor(out: Subscriber<T>, common: OperationOptions<AdmitSide<T, R, D>>, options: AdmitOptions<T, R, D>) {
    super(out, common);
    this.rateKey = options.rateLimit.key;
    this.dedupeKey = options.dedupe.key;
    const rateLimit: RateLimitKernelOptions<R> = {
      ...options.rateLimit,
      onEvict: (evicted) => this.side?.next({ kind: 'evicted', from: 'rateLimit', ...evicted }),
    };
    const dedupe: DedupeKernelOptions<D> = {
      ...options.dedupe,
      onEvict: (evicted) => this.side?.next({ kind: 'evicted', from: 'dedupe', ...evicted }),
    };
    this.kernel = this.started(options.state, (initial) => new AdmissionKernel({ rateLimit, dedupe }, initial));
  }

  protected override keyOf(value: T): KeyPair<R, D> {
    this.keys.rate = this.rateKey(value);
    this.keys.dedupe = this.dedupeKey(value);
    return this.keys as KeyPair<R, D>;
  }

  protected override decide({ rate, dedupe }: KeyPair<R, D>, now: number): AdmissionVerdict {
    return this.kernel.process(rate, dedupe, now);
  }

  protected override dropped(keys: KeyPair<R, D>, value: T, verdict: AdmissionVerdict): AdmitSide<T, R, D> {
    const { reason, retryAt, count, firstAt } = verdict;
    if (reason === 'window' || reason === 'cooldown')
      return { kind: 'limited', key: keys.rate, value, reason, retryAt };
    if (reason === 'max_rate_keys') return { kind: 'rejected', key: keys.rate, value, reason };
    const key = keys.dedupe as D;
    if (reason === 'max_dedupe_keys') return { kind: 'rejected', key, value, reason };
    return { kind: 'duplicate', key, value, count, firstAt, retryAt };
  }
}
