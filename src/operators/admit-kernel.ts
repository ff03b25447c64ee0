import { DedupeKernel } from './dedupe-kernel.js';
import type {
  DedupeClosed,
  DedupeKernelOptions,
  DedupeSnapshot,
  DedupeToken,
  DedupeVerdict,
} from './dedupe-options.js';
import { RateLimitKernel } from './rate-limit-kernel.js';
import type {
  RateLimitKernelOptions,
  RateLimitReopened,
  RateLimitSnapshot,
  RateLimitToken,
  RateLimitVerdict,
} from './rate-limit-options.js';
import { requireVersion } from './state-handle.js';

export interface AdmissionKernelOptions<R, D> {
  readonly rateLimit: RateLimitKernelOptions<R>;
  /** Default: nothing is a duplicate. */
  readonly dedupe?: Omit<DedupeKernelOptions<D>, 'eventTime'>;
}

/** The kernel hands out one object again and again: read it before the next call. */
export interface AdmissionVerdict {
  readonly admitted: boolean;
  /** `window` and `cooldown`: limited. The last two: a new key, and `maxKeys` are remembered. */
  readonly reason: 'admitted' | 'window' | 'cooldown' | 'duplicate' | 'max_rate_keys' | 'max_dedupe_keys';
  /** Whether it is a copy, also of a value that is limited. */
  readonly duplicate: boolean;
  /** When what refused it is over. */
  readonly retryAt: number;
  /** Copies so far, this one included. */
  readonly count: number;
  /** When the copy that was admitted was so; now, if this is none. */
  readonly firstAt: number;
}

/** Names one commit or refusal, for `release`. */
export interface AdmissionToken<R, D> {
  readonly rate?: RateLimitToken<R>;
  readonly dedupe?: DedupeToken<D>;
  readonly limited?: R;
  readonly duplicate?: D;
}

export interface AdmissionSnapshot<R, D> {
  readonly version: 1;
  readonly rateLimit: RateLimitSnapshot<R>;
  readonly dedupe?: DedupeSnapshot<D>;
}

export type AdmissionNotice<R, D> = RateLimitReopened<R> | DedupeClosed<D>;

const notACopy: DedupeVerdict = { admitted: true, reason: 'admitted', count: 1, firstAt: 0, retryAt: 0 };

/**
 * A rate limit and a deduplication that are asked together and committed together. The rate limit is asked first. A
 * duplicate uses up no room, and neither trips a key nor counts as held back; what is limited is not remembered as seen.
 *
 * A `dedupeKey` of `undefined` asks the rate limit alone. Free of RxJS; times are milliseconds on any clock.
 */
export class AdmissionKernel<R, D> {
  readonly rateLimit: RateLimitKernel<R>;
  readonly dedupe: DedupeKernel<D> | undefined;
  private readonly verdict = {
    admitted: true,
    reason: 'admitted' as AdmissionVerdict['reason'],
    duplicate: false,
    retryAt: 0,
    count: 1,
    firstAt: 0,
  };

  /** Throws `RangeError` or `TypeError` for a bad option, and for a snapshot that does not fit. */
  constructor(options: AdmissionKernelOptions<R, D>, snapshot?: AdmissionSnapshot<R, D>) {
    if (snapshot !== undefined) requireVersion('admit', snapshot, 1);
    this.rateLimit = new RateLimitKernel(options.rateLimit, snapshot?.rateLimit);
    this.dedupe = options.dedupe === undefined ? undefined : new DedupeKernel(options.dedupe, snapshot?.dedupe);
  }

  peek(rateKey: R, dedupeKey: D | undefined, now: number): AdmissionVerdict {
    const rate = this.rateLimit.peek(rateKey, now);
    const copy = this.dedupe === undefined || dedupeKey === undefined ? notACopy : this.dedupe.peek(dedupeKey, now);
    const verdict = this.verdict;
    verdict.admitted = rate.admitted && copy.admitted;
    verdict.reason = reasonOf(rate, copy);
    verdict.duplicate = copy.reason === 'duplicate';
    verdict.retryAt = rate.admitted && !copy.admitted ? copy.retryAt : rate.retryAt;
    verdict.count = copy.count;
    verdict.firstAt = verdict.duplicate ? copy.firstAt : now;
    return verdict;
  }

  /** Uses up room and remembers the key, whatever `peek` says. */
  commit(rateKey: R, dedupeKey: D | undefined, now: number): AdmissionToken<R, D> {
    const rate = this.rateLimit.commit(rateKey, now);
    if (this.dedupe === undefined || dedupeKey === undefined) return { rate };
    return { rate, dedupe: this.dedupe.commit(dedupeKey, now) };
  }

  /** Notes that a value was held back, for the reason that `peek` gives now. */
  refuse(rateKey: R, dedupeKey: D | undefined, now: number): AdmissionToken<R, D> {
    const { reason, duplicate } = this.peek(rateKey, dedupeKey, now);
    if (reason === 'duplicate') return this.replay('duplicate', rateKey, dedupeKey, now);
    return duplicate ? {} : this.replay('limited', rateKey, dedupeKey, now);
  }

  /** Notes what was decided earlier, in its order: a restart seeds a kernel with it. */
  replay(
    decided: 'admitted' | 'limited' | 'duplicate',
    rateKey: R,
    dedupeKey: D | undefined,
    at: number,
  ): AdmissionToken<R, D> {
    if (decided === 'admitted') return this.commit(rateKey, dedupeKey, at);
    if (decided === 'limited') {
      this.rateLimit.refuse(rateKey, at);
      return { limited: rateKey };
    }
    if (dedupeKey === undefined) return {};
    this.dedupe?.refuse(dedupeKey, at);
    return { duplicate: dedupeKey };
  }

  /** Takes back what a token names, when it could not be done. */
  release(token: AdmissionToken<R, D>): void {
    if (token.rate !== undefined) this.rateLimit.release(token.rate);
    if (token.dedupe !== undefined) this.dedupe?.release(token.dedupe);
    if (token.limited !== undefined) this.rateLimit.pardon(token.limited);
    if (token.duplicate !== undefined) this.dedupe?.pardon(token.duplicate);
  }

  /** Asks, and commits or refuses. Throws `RangeError` for a new key beyond a `maxKeys` whose `overflow` is `'error'`. */
  process(rateKey: R, dedupeKey: D | undefined, now: number): AdmissionVerdict {
    this.peek(rateKey, dedupeKey, now);
    const { verdict } = this;
    const { admitted, reason, duplicate } = verdict;
    const limited = reason === 'window' || reason === 'cooldown' || reason === 'max_rate_keys';
    if (admitted || (limited && !duplicate)) verdict.retryAt = this.rateLimit.process(rateKey, now).retryAt;
    if (!limited && dedupeKey !== undefined) this.dedupe?.process(dedupeKey, now);
    return verdict;
  }

  /** Ends the window of a dedupe key now: its next copy is admitted. */
  forget(dedupeKey: D): void {
    this.dedupe?.forget(dedupeKey);
  }

  /** Rate keys that have room again, and windows of duplicates that are over. */
  advance(now: number): readonly AdmissionNotice<R, D>[] {
    return joined(this.rateLimit.advance(now), this.dedupe?.advance(now));
  }

  /** The stream has ended: what is still held back or counted. */
  flush(now: number): readonly AdmissionNotice<R, D>[] {
    return joined(this.rateLimit.flush(now), this.dedupe?.flush(now));
  }

  /** When `advance` has something to do; `Infinity` when never. */
  nextDue(): number {
    return Math.min(this.rateLimit.nextDue(), this.dedupe?.nextDue() ?? Infinity);
  }

  snapshot(): AdmissionSnapshot<R, D> {
    const rateLimit = this.rateLimit.snapshot();
    return this.dedupe === undefined
      ? { version: 1, rateLimit }
      : { version: 1, rateLimit, dedupe: this.dedupe.snapshot() };
  }
}

/** The rate limit is asked first, so its answer comes first. */
function reasonOf(rate: RateLimitVerdict, copy: DedupeVerdict): AdmissionVerdict['reason'] {
  if (rate.reason !== 'admitted') return rate.reason === 'max_keys' ? 'max_rate_keys' : rate.reason;
  if (copy.reason === 'max_keys') return 'max_dedupe_keys';
  return copy.reason === 'duplicate' ? 'duplicate' : 'admitted';
}

function joined<A, B>(some: readonly A[], more: readonly B[] = []): readonly (A | B)[] {
  return more.length === 0 ? some : [...some, ...more];
}
