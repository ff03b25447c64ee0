import { checkEventTimeLimits, type EventTimeLimits, latePolicyOption, type UntimelyReason } from './event-time.js';
import { choiceOption, durationOption, maxKeysOption, objectOption } from './options.js';
import type { EventClockState } from './parts/event-clock.js';
import type { FailedSide } from './side.js';

const day = 86_400_000;
const lateChoices = ['drop', 'arrival'] as const;

export interface AbsenceKernelOptions {
  /** A key is absent once it was silent for so long. */
  readonly absentMs: number;
  /** An expected key that was never seen is absent so long after it was first expected. Default `absentMs`. */
  readonly graceMs?: number;
  /**
   * A key that was absent for so long, and is not expected, is forgotten. Default 86,400,000 (a day); `Infinity` for
   * never.
   */
  readonly forgetAfterMs?: number;
  /** Keys watched at a time. Default 100,000. */
  readonly maxKeys?: number;
  /**
   * A new key beyond `maxKeys`: not watched, or an error. None is evicted for it: that would be the one that was silent
   * for longest, just when it matters. Default `reject`.
   */
  readonly overflow?: 'reject' | 'error';
  /** Goes by the times of the values instead of the clock. Default: by the clock. */
  readonly eventTime?: EventTimeLimits | undefined;
  /**
   * A value that is older than event time has come. `drop` (default): it does not count. `arrival`: it shows that its
   * key lives, as if its time were the earliest that is not too late.
   */
  readonly onLate?: (typeof lateChoices)[number];
}

/** A key is absent, came back, or is no longer watched. Each `absent` is followed by one of the other two, or by none. */
export type AbsenceTransition<K> = AbsenceAbsent<K> | AbsencePresent<K> | AbsenceForgotten<K>;

/** A key was silent for too long, or never seen. */
export interface AbsenceAbsent<K> {
  readonly kind: 'absent';
  readonly key: K;
  /** When the silence had lasted too long; said then, or as soon after as there was a chance. */
  readonly at: number;
  /** `undefined` when it was never seen. */
  readonly lastSeenAt: number | undefined;
  readonly reason: 'silent' | 'never_seen';
}

/** A key that was absent is back. */
export interface AbsencePresent<K> {
  readonly kind: 'present';
  readonly key: K;
  readonly at: number;
  /** How long it was silent: since it was last seen, or since it was expected if it never was. */
  readonly gapMs: number;
  readonly lastSeenAt: number | undefined;
  /** `at` of the `absent` that this ends. */
  readonly absentAt: number;
}

/** A key is no longer watched while it is absent: nobody waits for it any more. */
export interface AbsenceForgotten<K> {
  readonly kind: 'forgotten';
  readonly key: K;
  readonly at: number;
  readonly lastSeenAt: number | undefined;
  readonly absentAt: number;
  /**
   * `told`: by `forget`. `expired`: absent for `forgetAfterMs`. `unexpected`: no longer expected, and never seen, or
   * absent for that long already.
   */
  readonly reason: 'told' | 'unexpected' | 'expired';
}

/** What became of a value. */
export type AbsenceVerdict = 'seen' | 'max_keys' | UntimelyReason;

/** What `absence` says beside its output. */
export type AbsenceSide<T, K> = AbsenceRejected<T, K> | AbsenceUnwatched<K> | FailedSide<T>;

/** A value that did not count. */
export interface AbsenceRejected<T, K> {
  readonly kind: 'rejected';
  readonly key: K;
  readonly value: T;
  readonly reason: Exclude<AbsenceVerdict, 'seen'>;
}

/** An expected key that is not watched, because `maxKeys` others are. */
export interface AbsenceUnwatched<K> {
  readonly kind: 'unwatched';
  readonly key: K;
  readonly reason: 'max_keys';
}

export interface AbsenceEntry<K> {
  readonly key: K;
  /** When the key was last seen, or first expected; `null` when event time had not started then. */
  readonly since: number | null;
  readonly seen: boolean;
  readonly expected: boolean;
  /** Only of an absent key. */
  readonly absentAt?: number;
}

/** State of `absence` as plain data. */
export interface AbsenceSnapshot<K> {
  readonly version: 1;
  /** `null` before the first call. */
  readonly clock: number | null;
  /** The same, or with event time that; `null` before it has started. */
  readonly now: number | null;
  readonly paused: boolean;
  /** When the latest pause ended. */
  readonly resumedAt: number | null;
  readonly keys: readonly AbsenceEntry<K>[];
  readonly transitions: readonly AbsenceTransition<K>[];
  readonly eventTime?: EventClockState;
}

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkAbsence(name: string, options: AbsenceKernelOptions): void {
  objectOption(name, options);
  durationOption(`${name}.absentMs`, options.absentMs, 1);
  durationOption(`${name}.graceMs`, options.graceMs ?? 1, 1);
  const forgetAfterMs = forgetAfterOf(options);
  if (forgetAfterMs !== Infinity) durationOption(`${name}.forgetAfterMs`, forgetAfterMs, 1);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  choiceOption(`${name}.overflow`, options.overflow ?? 'reject', ['reject', 'error']);
  latePolicyOption(name, options.onLate, lateChoices);
  if (options.eventTime !== undefined) checkEventTimeLimits(name, options.eventTime);
}

export function forgetAfterOf({ forgetAfterMs }: AbsenceKernelOptions): number {
  return forgetAfterMs ?? day;
}
