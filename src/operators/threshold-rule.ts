import type { AggregateFn } from './parts/aggregate-fn.js';

export type { AggregateFn };

/** `> 80`, or `between` / `outside` two numbers; `between` includes both, `outside` neither. */
export type ThresholdComparison =
  | { readonly op: '>' | '>=' | '<' | '<=' | '==' | '!='; readonly value: number }
  | { readonly op: 'between' | 'outside'; readonly low: number; readonly high: number };

/** A rule as data. Fields that are not named here are carried along and never looked at. */
export type ThresholdRule = SingleThresholdRule | LevelledThresholdRule;

/** A rule that either fires or does not. */
export interface SingleThresholdRule extends ThresholdRuleBase {
  /** Fires when this holds. */
  readonly when: ThresholdComparison;
  /** Resolves when this holds and `when` does not. Default: when `when` no longer holds. */
  readonly clear?: ThresholdComparison;
  readonly levels?: undefined;
}

/** A rule that fires at one of several levels. */
export interface LevelledThresholdRule extends ThresholdRuleBase {
  /** From the lowest to the highest, at most 16. */
  readonly levels: readonly ThresholdLevel[];
}

/** One level of a rule. */
export interface ThresholdLevel {
  /** Unique in its rule. */
  readonly name: string;
  /** The rule rises to the highest level of which this holds. */
  readonly when: ThresholdComparison;
  /**
   * The rule leaves this level when this holds and `when` does not, for the highest lower one whose `when` holds, or
   * none. Default: when `when` no longer holds.
   */
  readonly clear?: ThresholdComparison;
}

export interface ThresholdRuleBase {
  /** Unique in its rule set; state is kept under it when the set is replaced. */
  readonly id: string;
  /** Exact metric name, or with `*` wildcards. */
  readonly metric: string;
  /** By label: exact value or with `*` wildcards; `source` means the source. A label that is missing is the empty text. */
  readonly match?: Readonly<Record<string, string>>;
  /** `when` has to hold for this long before the rule fires, and before each rise to a higher level. Default 0. */
  readonly forMs?: number;
  /** What is cleared has to stay so for this long before the rule resolves or falls to a lower level. Default 0. */
  readonly keepFiringForMs?: number;
  /** No second firing earlier than this after the last one. Default 0. */
  readonly cooldownMs?: number;
  /** A rule that is switched off resolves what it had fired. Default true. */
  readonly enabled?: boolean;
  /** Compares an aggregate of the last values. Default: each value itself. */
  readonly window?: ThresholdWindow;
  /**
   * `when`, and `clear` where there is one, hold when `n` of the last `m` samples of the series meet them, `when` before
   * `clear` if both do; `m` is at most 32. Default: the last sample decides.
   */
  readonly nOf?: readonly [n: number, m: number];
  /** Keeps still while the series goes to and fro. Default: no damping. */
  readonly flap?: ThresholdFlap;
  /** So long the last value of a series stands for those that do not come. Default 300,000; `Infinity` for ever. */
  readonly staleAfterMs?: number;
  /**
   * What becomes of a series without a value for longer. `keep` (default): what fires goes on firing; `forMs` and
   * `keepFiringForMs` start anew with the next value. `resolve`: what fires resolves. `alert`: the rule fires, without a
   * level, until a value says otherwise; every series of such a rule is remembered until the rule goes.
   */
  readonly noData?: NoDataPolicy;
}

/**
 * An aggregate over the values of the last `overMs`, compared in place of the last value. It counts once it is half full,
 * and whenever it is a finite number. The oldest values leave a few at a time: a sixtieth of `overMs`, or a twelfth for
 * percentiles. Rules with the same function and length share one window a series.
 */
export interface ThresholdWindow {
  readonly fn: AggregateFn;
  readonly overMs: number;
}

/**
 * A rule that changes too often says nothing until it calms down. The share of changes among the last samples counts,
 * newer ones up to 1.25 and older ones down to 0.75, as Nagios does it.
 */
export interface ThresholdFlap {
  /** Samples that are looked at, 3 to 33. Default 21. */
  readonly window?: number;
  /** Flapping starts at this share of changes, up to 1. Default 0.3. */
  readonly high?: number;
  /** It ends at this one, which is below `high`. Default 0.25. */
  readonly low?: number;
}

export const noDataPolicies = ['keep', 'resolve', 'alert'] as const;

export type NoDataPolicy = (typeof noDataPolicies)[number];

/** What a series is called. The same for every value of one key. */
export interface SeriesIdentity {
  readonly metric: string;
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
}
