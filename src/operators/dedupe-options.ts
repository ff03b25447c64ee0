import { checkEventTimeLimits, type EventTimeLimits, type UntimelyReason } from './event-time.js';
import { choiceOption, durationOption, functionOption, maxKeysOption, objectOption } from './options.js';
import type { WatermarkState } from './parts/watermark.js';
import { type OverflowPolicy, overflowPolicies } from './side.js';

const dedupeStarts = ['first', 'last'] as const;

export interface DedupeKernelOptions<K> {
  /** A copy is dropped while `now − t < windowMs`. */
  readonly windowMs: number;
  /** `first` (default): `t` is the time of the copy that passed. `last`: of the latest copy, so that a chatty key stays silent. */
  readonly from?: (typeof dedupeStarts)[number];
  /** With `from: 'last'`: a copy passes at least so long after the one that passed before it. Default: no limit. */
  readonly maxAgeMs?: number;
  /** Items bring a time with them, which `process` is given, and windows go by it. Default: they go by the clock. */
  readonly eventTime?: EventTimeLimits | undefined;
  /** Default 100,000. */
  readonly maxKeys?: number;
  /** Default `evict`. */
  readonly overflow?: OverflowPolicy;
  /** A key was forgotten because of `maxKeys`. It must not call the kernel. */
  readonly onEvict?: (evicted: DedupeEvicted<K>) => void;
}

/** The kernel hands out one object again and again: read it before the next call. */
export interface DedupeVerdict {
  readonly admitted: boolean;
  readonly reason: 'admitted' | 'duplicate' | 'max_keys' | UntimelyReason;
  /** Copies so far, this one included: 2 for the first duplicate. */
  readonly count: number;
  /** Time of the copy that passed. */
  readonly firstAt: number;
  /** When the next copy passes, if none comes before. */
  readonly retryAt: number;
}

/** The window of a key that had copies is over. */
export interface DedupeClosed<K> {
  readonly kind: 'closed';
  readonly key: K;
  /** Copies, the one that passed included. */
  readonly count: number;
  readonly firstAt: number;
  /** `complete`: the stream ended first. */
  readonly reason: 'expired' | 'forgotten' | 'complete';
}

/** `maxKeys` made the kernel forget this key: its next copy passes. No `closed` follows. */
export interface DedupeEvicted<K> {
  readonly key: K;
  readonly count: number;
  readonly firstAt: number;
}

/** Names one commit, for `release`. */
export interface DedupeToken<K> {
  readonly key: K;
  readonly at: number;
}

export interface DedupeSnapshot<K> {
  readonly version: 1;
  /** The clock, or with event time how far that has come. */
  readonly now: number;
  readonly watermark?: WatermarkState;
  /** The one that ends first, first. `seenAt` is where its window starts. */
  readonly keys: readonly (readonly [key: K, seenAt: number, firstAt: number, count: number])[];
  readonly closed: readonly DedupeClosed<K>[];
}

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkDedupe<K>(name: string, options: DedupeKernelOptions<K>): void {
  objectOption(name, options);
  const windowMs = durationOption(`${name}.windowMs`, options.windowMs, 1);
  choiceOption(`${name}.from`, options.from ?? 'first', dedupeStarts);
  if (options.maxAgeMs !== undefined) durationOption(`${name}.maxAgeMs`, options.maxAgeMs, windowMs);
  if (options.eventTime !== undefined) checkEventTimeLimits(name, options.eventTime);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  choiceOption(`${name}.overflow`, options.overflow ?? 'evict', overflowPolicies);
  if (options.onEvict !== undefined) functionOption(`${name}.onEvict`, options.onEvict);
}
