import { choiceOption, durationOption, maxKeysOption, objectOption } from './options.js';
import { type FailedSide, type OverflowPolicy, overflowPolicies } from './side.js';

export interface KeyByKernelOptions {
  /** A key without a value for so long ends: its inner stream completes, and its next value starts anew. */
  readonly idleMs: number;
  /** Keys at a time. Default 100,000. */
  readonly maxKeys?: number;
  /** A new key beyond `maxKeys`: the least recently used one ends, or its value is dropped, or an error. Default `evict`. */
  readonly overflow?: OverflowPolicy;
}

/** What `keyBy` says beside its output. */
export type KeyBySide<T, K> = KeyByEvicted<K> | KeyByRejected<T, K> | KeyByFailed<T, K>;

/** `maxKeys` ended this key, the least recently used one: its inner stream completed early. */
export interface KeyByEvicted<K> {
  readonly kind: 'evicted';
  readonly key: K;
  /** When its last value came. */
  readonly seenAt: number;
}

/** This value was dropped: it has a new key, `maxKeys` are open, and `overflow` is `'reject'`. */
export interface KeyByRejected<T, K> {
  readonly kind: 'rejected';
  readonly key: K;
  readonly value: T;
  readonly reason: 'max_keys';
}

/** A callback threw, and its value was dropped; or an inner stream errored, which ended its key. */
export interface KeyByFailed<T, K> extends FailedSide<T> {
  /** Of the inner stream that errored; not there when a callback threw. */
  readonly key?: K;
}

/** The keys that are open, as plain data. */
export interface KeyBySnapshot<K> {
  readonly version: 1;
  readonly now: number;
  /** Least recently used first. */
  readonly keys: readonly (readonly [key: K, seenAt: number])[];
}

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkKeyBy(name: string, options: KeyByKernelOptions): void {
  objectOption(name, options);
  durationOption(`${name}.idleMs`, options.idleMs, 1);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  choiceOption(`${name}.overflow`, options.overflow ?? 'evict', overflowPolicies);
}
