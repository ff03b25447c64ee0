import { checkEventTimeLimits, type EventTimeLimits, latePolicyOption } from './event-time.js';
import { choiceOption, durationOption, functionOption, maxKeysOption } from './options.js';
import { type OverflowPolicy, overflowPolicies } from './side.js';
import type { SeriesIdentity, ThresholdRule } from './threshold-rule.js';
import { checkRules } from './threshold-rule-check.js';
import type { ThresholdNotice } from './threshold-transition.js';

/** Options that are the same with and without RxJS. */
export interface ThresholdLimits {
  /** Series known at a time. Default 100,000. */
  readonly maxKeys?: number;
  /**
   * A series at rest is forgotten after so long without a value, by the clock. Nothing is lost by that but what
   * `window`, `nOf` and `flap` remember, so it should be longer than they look back. Default one hour.
   */
  readonly idleMs?: number;
  /**
   * A new series beyond `maxKeys`. Default `evict`: the series at rest that was unused for longest is forgotten; when
   * all are in use the value is rejected. A series that fires, is about to or cools down is never forgotten.
   */
  readonly overflow?: OverflowPolicy;
  /**
   * With times of their own, a value that is late. `drop` (default): it is rejected. `arrival`: it counts as if it were
   * as new as the newest of its series, and as event time.
   */
  readonly onLate?: (typeof lateChoices)[number];
}

export interface ThresholdKernelOptions<T, K, R extends ThresholdRule = ThresholdRule> extends ThresholdLimits {
  readonly rules: readonly R[];
  /** What the series of a value is called; asked when the series is new. `undefined` leaves the value unevaluated. */
  readonly identify: (item: T) => SeriesIdentity | undefined;
  /** Goes by the times that come with the values: all waits end when event time has come so far. Default: by the clock. */
  readonly eventTime?: EventTimeLimits | undefined;
  /** Hears of values that are not evaluated, of series that had to go, and of flapping. It must not call the kernel. */
  readonly onNotice?: (notice: ThresholdNotice<T, K, R>) => void;
}

export const defaultIdleMs = 3_600_000;

const lateChoices = ['drop', 'arrival'] as const;

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkThreshold<T, K, R extends ThresholdRule>(
  name: string,
  options: ThresholdKernelOptions<T, K, R>,
): void {
  checkRules(`${name}.rules`, options.rules);
  functionOption(`${name}.identify`, options.identify);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  durationOption(`${name}.idleMs`, options.idleMs ?? defaultIdleMs, 1);
  choiceOption(`${name}.overflow`, options.overflow ?? 'evict', overflowPolicies);
  latePolicyOption(name, options.onLate, lateChoices);
  if (options.eventTime !== undefined) checkEventTimeLimits(name, options.eventTime);
  if (options.onNotice !== undefined) functionOption(`${name}.onNotice`, options.onNotice);
}
