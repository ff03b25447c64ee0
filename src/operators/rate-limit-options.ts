import { choiceOption, durationOption, functionOption, maxKeysOption, objectOption } from './options.js';
import {
  checkWindows,
  longestWindow,
  type RateAlgorithm,
  type RateWindow,
  rateAlgorithms,
} from './parts/rate-windows.js';
import { type OverflowPolicy, overflowPolicies } from './side.js';

export interface RateLimitKernelOptions<K> {
  /** All of them hold at once: `[{ max: 10, perMs: 60_000 }, { max: 100, perMs: 3_600_000 }]`. */
  readonly windows: readonly RateWindow[];
  /** Once a key goes over, it stays limited for at least so long. Default 0: no cooldown, and no summary. */
  readonly cooldownMs?: number;
  /**
   * `exact` (default): sliding windows, 4 bytes for each item that counts, at most 10,000 in 24 days.
   * `gcra`: constant memory and any limit, but up to twice `max` may pass within one `perMs`.
   */
  readonly algorithm?: RateAlgorithm;
  /** Default 100,000. */
  readonly maxKeys?: number;
  /** A key unused for so long is forgotten. Default, and least: the longest window and the cooldown. */
  readonly idleMs?: number;
  /** Default `evict`. */
  readonly overflow?: OverflowPolicy;
  /** A key was forgotten because of `maxKeys`. It must not call the kernel. */
  readonly onEvict?: (evicted: RateLimitEvicted<K>) => void;
}

/** The kernel hands out one object again and again: read it before the next call. */
export interface RateLimitVerdict {
  readonly admitted: boolean;
  readonly reason: 'admitted' | 'window' | 'cooldown' | 'max_keys';
  /** Earliest time at which the key has room. */
  readonly retryAt: number;
}

/** What was held back while a key was tripped: one for each trip. */
export interface RateLimitReopened<K> {
  readonly kind: 'reopened';
  readonly key: K;
  readonly heldBack: number;
  readonly trippedAt: number;
  readonly at: number;
  /** `complete`: the stream ended before the key had room. */
  readonly reason: 'room' | 'complete';
}

/** `maxKeys` made the kernel forget this key, and what it had used of its windows. */
export interface RateLimitEvicted<K> {
  readonly key: K;
  /** Held back since `trippedAt`; no `reopened` follows. Zero when the key was not tripped. */
  readonly heldBack: number;
  readonly trippedAt?: number;
}

/** Names one commit, for `release`. */
export interface RateLimitToken<K> {
  readonly key: K;
  readonly at: number;
  readonly before: readonly number[];
}

export interface RateLimitSnapshot<K> {
  readonly version: 1;
  readonly algorithm: RateAlgorithm;
  readonly windows: readonly RateWindow[];
  readonly now: number;
  /** Least recently used first: key, last used at, and what the algorithm keeps. */
  readonly keys: readonly (readonly [key: K, seenAt: number, used: readonly number[]])[];
  readonly trips: readonly (readonly [key: K, trippedAt: number, due: number, heldBack: number])[];
  readonly reopened: readonly RateLimitReopened<K>[];
}

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkRateLimit<K>(name: string, options: RateLimitKernelOptions<K>): void {
  objectOption(name, options);
  const algorithm = choiceOption(`${name}.algorithm`, options.algorithm ?? 'exact', rateAlgorithms);
  checkWindows(`${name}.windows`, options.windows, algorithm);
  const cooldownMs = durationOption(`${name}.cooldownMs`, options.cooldownMs ?? 0, 0);
  const leastIdle = longestWindow(options.windows) + cooldownMs;
  durationOption(`${name}.idleMs`, options.idleMs ?? leastIdle, leastIdle);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  choiceOption(`${name}.overflow`, options.overflow ?? 'evict', overflowPolicies);
  if (options.onEvict !== undefined) functionOption(`${name}.onEvict`, options.onEvict);
}

/** Throws `RangeError` for a state that cannot go on under these options. */
export function requireSameAlgorithm(
  snapshot: RateLimitSnapshot<unknown>,
  algorithm: RateAlgorithm,
  windows: readonly RateWindow[],
): void {
  const kept = describe(snapshot.algorithm, snapshot.windows);
  const wanted = describe(algorithm, windows);
  if (kept !== wanted) throw new RangeError(`rateLimit: a state of ${kept} cannot be continued with ${wanted}`);
}

/** Exact times fit any windows, the numbers of GCRA only their own. */
function describe(algorithm: RateAlgorithm, windows: readonly RateWindow[]): string {
  if (algorithm === 'exact') return algorithm;
  return `${algorithm} ${windows.map(({ max, perMs }) => `${max}/${perMs} ms`).join(', ')}`;
}
