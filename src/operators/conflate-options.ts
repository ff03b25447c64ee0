import {
  booleanOption,
  choiceOption,
  durationOption,
  functionOption,
  integerOption,
  maxKeysOption,
  objectOption,
} from './options.js';
import { type OverflowPolicy, overflowPolicies } from './side.js';

/** Keys that one batch has at most unless told otherwise, so that no turn of the event loop grows long. */
export const defaultPerDrain = 1_000;

const mostPerDrain = 2 ** 24;

export interface ConflateKernelOptions<T, K> {
  /** Drains so often while anything is pending, 1 or more. Default: only when asked. */
  readonly everyMs?: number | undefined;
  /**
   * Whether a drain that finds nothing waits for the next value, which then passes at once. With `everyMs`: whether the
   * first value after a quiet time passes at once, instead of waiting for others. Default false.
   */
  readonly leading?: boolean | undefined;
  /**
   * Keys that one drain takes at most; those left over are first in turn at the next. Default: 1,000; but with `everyMs`
   * all, in batches of 1,000, one a turn of the event loop.
   */
  readonly maxPerDrain?: number | undefined;
  /** Keys pending at a time. Default 100,000. */
  readonly maxKeys?: number | undefined;
  /** What a new key does beyond `maxKeys`; `evict` gives up the key that has been pending for longest. Default `evict`. */
  readonly overflow?: OverflowPolicy | undefined;
  /** A key was given up because of `maxKeys`. It must not call the kernel. */
  readonly onEvict?: ((evicted: Conflated<T, K>) => void) | undefined;
}

/** What came of one key since it was last drained. */
export interface Conflated<T, K> {
  readonly key: K;
  /** The latest. */
  readonly value: T;
  /** How many values this stands for, itself included. */
  readonly count: number;
  /** Lowest of their numbers; there only if they have numbers. */
  readonly min?: number;
  /** Highest of their numbers. */
  readonly max?: number;
}

/** The fields of a pending key: its latest value with its time, how many there were, their lowest and highest number. */
export type ConflatePending<T, K> = readonly [
  key: K,
  value: T,
  time: number,
  count: number,
  min: number | null,
  max: number | null,
];

export interface ConflateSnapshot<T, K> {
  readonly version: 1;
  readonly now: number;
  /** When the next drain is due; `null` for never. */
  readonly due: number | null;
  /** From when on the first value may pass at once; `null` for never. */
  readonly openAt: number | null;
  /** Pending for longest first. */
  readonly pending: readonly ConflatePending<T, K>[];
}

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkConflate<T, K>(name: string, options: ConflateKernelOptions<T, K>): void {
  objectOption(name, options);
  durationOption(`${name}.everyMs`, options.everyMs ?? 1, 1);
  booleanOption(`${name}.leading`, options.leading ?? false);
  if (options.maxPerDrain !== undefined) integerOption(`${name}.maxPerDrain`, options.maxPerDrain, 1, mostPerDrain);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  choiceOption(`${name}.overflow`, options.overflow ?? 'evict', overflowPolicies);
  if (options.onEvict !== undefined) functionOption(`${name}.onEvict`, options.onEvict);
}
