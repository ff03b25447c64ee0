import type { FailedSide } from './side.js';
import type { SeriesIdentity, ThresholdRule } from './threshold-rule.js';

/** What `threshold` emits: a rule began or ended to hold for a series. Times are those of the scheduler, milliseconds. */
export type ThresholdTransition<T, K, R extends ThresholdRule = ThresholdRule> =
  | ThresholdFiring<T, K, R>
  | ThresholdResolved<T, K, R>;

export interface ThresholdFiring<T, K, R extends ThresholdRule = ThresholdRule> {
  readonly kind: 'firing';
  readonly rule: R;
  readonly key: K;
  /** The last value seen. */
  readonly value: number;
  /** The exact moment, also when a timer came late. */
  readonly at: number;
  /** Since when the condition holds. */
  readonly since: number;
  /** `crossed` at once, `held` for `forMs`, or still holding at the end of the cooldown. */
  readonly reason: 'crossed' | 'held' | 'cooldown_over';
  /** The value that brought this about; `undefined` when a timer did. */
  readonly item: T | undefined;
}

export interface ThresholdResolved<T, K, R extends ThresholdRule = ThresholdRule> {
  readonly kind: 'resolved';
  readonly ruleId: string;
  /** The rule that had fired; `undefined` when it was gone already when the state was restored. */
  readonly rule: R | undefined;
  readonly key: K;
  /** The last value seen. */
  readonly value: number;
  readonly at: number;
  readonly since: number;
  /** `rule_removed`: it was removed or disabled, or no longer matches the series. */
  readonly reason: 'cleared' | 'rule_removed';
  /** The value that brought this about; `undefined` when a timer or new rules did. */
  readonly item: T | undefined;
}

/** A value that was not evaluated. */
export interface ThresholdRejected<T, K> {
  readonly kind: 'rejected';
  readonly key: K;
  readonly value: T;
  /**
   * `not_finite`: no finite number. `late`: older than a value of the same series that was evaluated before.
   * `max_keys`: of a new series, while `maxKeys` others are known and may not be forgotten.
   */
  readonly reason: 'not_finite' | 'late' | 'max_keys';
}

/** What a threshold says beside its output. `failed` without a value: a rule set was refused, the one before stays. */
export type ThresholdSide<T, K> = ThresholdRejected<T, K> | FailedSide<T>;

export type ThresholdPhase = 'pending' | 'firing' | 'clearing' | 'cooling';

/** The state of one rule and series that is not at rest. */
export interface ThresholdEntry<K> extends SeriesIdentity {
  readonly ruleId: string;
  readonly key: K;
  readonly phase: ThresholdPhase;
  /** Since when the condition holds. */
  readonly since: number;
  /** The last value. */
  readonly value: number;
  /** When a pending, clearing or cooling state ends; absent while firing. */
  readonly due?: number;
  /** No firing before this time. Default: none. */
  readonly coolUntil?: number;
}

/** State of `threshold` as plain data. To seed it from open alerts, write one `firing` entry for each. */
export interface ThresholdSnapshot<K> {
  readonly version: 1;
  readonly entries: readonly ThresholdEntry<K>[];
}
