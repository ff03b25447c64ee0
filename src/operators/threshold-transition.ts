import type { WatermarkState } from './parts/watermark.js';
import type { FailedSide } from './side.js';
import type { SeriesMemoryState } from './threshold-memory.js';
import type { SeriesIdentity, ThresholdRule } from './threshold-rule.js';

/**
 * What `threshold` emits: a rule began or ended to hold for a series, or holds at another of its levels. Times are
 * milliseconds: of the values, when they bring some with them, else of the scheduler.
 */
export type ThresholdTransition<T, K, R extends ThresholdRule = ThresholdRule> =
  | ThresholdFiring<T, K, R>
  | ThresholdChanged<T, K, R>
  | ThresholdResolved<T, K, R>;

interface TransitionBase<T, K> {
  readonly key: K;
  /** The number that was compared last: of the last value, or of the window. `NaN` while no window has counted yet. */
  readonly value: number;
  /** The exact moment, also when a timer came late. */
  readonly at: number;
  /** The value that brought this about; `undefined` when a timer or new rules did. */
  readonly item: T | undefined;
}

export interface ThresholdFiring<T, K, R extends ThresholdRule = ThresholdRule> extends TransitionBase<T, K> {
  readonly kind: 'firing';
  readonly rule: R;
  /** Of a rule with levels, the one reached; `undefined` without data. */
  readonly level: string | undefined;
  /** Since when the condition holds; without data, the time of the last value. */
  readonly since: number;
  /** `crossed` at once, `held` for `forMs`, or still holding at the end of the cooldown. */
  readonly reason: 'crossed' | 'held' | 'cooldown_over' | 'no_data';
}

/** A rule that fires does so at another of its levels. */
export interface ThresholdChanged<T, K, R extends ThresholdRule = ThresholdRule> extends TransitionBase<T, K> {
  readonly kind: 'changed';
  readonly rule: R;
  /** `undefined` when it had fired for want of data. */
  readonly from: string | undefined;
  readonly to: string;
  /** The same as `to`. */
  readonly level: string;
  /** Since when the rule fires without a break, the time before it did included. */
  readonly since: number;
  /** Up: `crossed` at once, or `held` for `forMs`. Down: `cleared`. `rule_changed`: the new version has no such level. */
  readonly reason: 'crossed' | 'held' | 'cleared' | 'rule_changed';
}

export interface ThresholdResolved<T, K, R extends ThresholdRule = ThresholdRule> extends TransitionBase<T, K> {
  readonly kind: 'resolved';
  readonly ruleId: string;
  /** The rule that had fired; `undefined` when it was gone already when the state was restored. */
  readonly rule: R | undefined;
  readonly since: number;
  /** `rule_removed`: it was removed or disabled, or no longer matches the series. `no_data`: as `noData` says. */
  readonly reason: 'cleared' | 'rule_removed' | 'no_data';
}

/** A value that was not evaluated. */
export interface ThresholdRejected<T, K> {
  readonly kind: 'rejected';
  readonly key: K;
  readonly value: T;
  /**
   * `not_finite`: no finite number. `late`: older than a value of the same series that was evaluated before, or than
   * event time allows. `future`: further ahead of the clock than `maxFutureMs`. `not_a_time`: its time is no finite
   * number. `max_keys`: of a new series, while `maxKeys` others are known and may not be forgotten.
   */
  readonly reason: 'not_finite' | 'late' | 'future' | 'not_a_time' | 'max_keys';
}

/** A series at rest made room for a new one; what `window`, `nOf` or `flap` remembered of it is forgotten. */
export interface ThresholdEvicted<K> {
  readonly kind: 'evicted';
  readonly key: K;
  readonly reason: 'max_keys';
}

/** A rule changes too often for a series to say anything about it, or calmed down. */
export interface ThresholdFlapping<K, R extends ThresholdRule = ThresholdRule> {
  readonly kind: 'flapping';
  readonly rule: R;
  readonly key: K;
  readonly state: 'started' | 'ended';
  /** Weighted share of changes among the last samples, from 0 to 1. */
  readonly share: number;
  readonly at: number;
}

/** What a threshold kernel says beside its transitions. */
export type ThresholdNotice<T, K, R extends ThresholdRule = ThresholdRule> =
  | ThresholdRejected<T, K>
  | ThresholdEvicted<K>
  | ThresholdFlapping<K, R>;

/** What a threshold says beside its output. `failed` without a value: a rule set was refused, the one before stays. */
export type ThresholdSide<T, K, R extends ThresholdRule = ThresholdRule> = ThresholdNotice<T, K, R> | FailedSide<T>;

/** `rising`: fires, and waits to do so at a higher level. `watching`: at rest, and `noData` is `'alert'`. */
export type ThresholdPhase = 'pending' | 'firing' | 'rising' | 'clearing' | 'cooling' | 'watching';

/** The state of one rule and series that is not at rest. */
export interface ThresholdEntry<K> extends SeriesIdentity {
  readonly ruleId: string;
  readonly key: K;
  readonly phase: ThresholdPhase;
  /** Since when the condition holds. */
  readonly since: number;
  /** The last number that was compared; `null` when there was none. */
  readonly value: number | null;
  /** Time of the last value of the series. Default: `since`. */
  readonly seenAt?: number;
  /** When a pending, rising, clearing or cooling state ends; absent while firing. */
  readonly due?: number;
  /** No firing before this time. Default: none. */
  readonly coolUntil?: number;
  /** Of a rule with levels, the one at which it fires. Default: the lowest. */
  readonly level?: string;
  /** Of a rule that waits to fire or rise, since when each level is reached, from the lowest. */
  readonly reachedSince?: readonly (number | null)[];
  /** It fires for want of data. */
  readonly noData?: true;
}

/** What some rules remember of a series beyond its last value. */
export interface ThresholdMemoryEntry<K> extends SeriesIdentity, SeriesMemoryState {
  readonly key: K;
  readonly seenAt: number;
}

/**
 * State of `threshold` as plain data. To seed it from open alerts, write one `firing` entry for each, with its `level`
 * where the rule has some.
 */
export interface ThresholdSnapshot<K> {
  /** 1 had `entries` only. */
  readonly version: 1 | 2;
  readonly entries: readonly ThresholdEntry<K>[];
  readonly memories?: readonly ThresholdMemoryEntry<K>[];
  readonly watermark?: WatermarkState;
}

/** A piece of a {@link ThresholdSnapshot}. */
export type ThresholdPart<K> = { readonly entry: ThresholdEntry<K> } | { readonly memory: ThresholdMemoryEntry<K> };
