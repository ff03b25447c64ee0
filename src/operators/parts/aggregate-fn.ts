const plainFns = ['count', 'sum', 'avg', 'min', 'max', 'first', 'last', 'delta', 'rate', 'stddev'] as const;

/**
 * A figure of the values in a window, in the order of their times.
 *
 * - `count`, `sum`, `avg`, `min`, `max`, `first`, `last`: as they say; of equal times the one that came last is the last.
 * - `delta`: last − first. May be negative.
 * - `rate`: how fast a counter grew, per second, between its first and its last value. A value below the one before is
 *   a reset: the counter began again at 0. `NaN` when there are not two values of different times.
 * - `stddev`: of the population: 0 for one value.
 * - `p50`, `p99`, `p99.9`, …: the smallest value that so many percent are not above (nearest rank), `p0` to `p100`.
 */
export type AggregateFn = (typeof plainFns)[number] | `p${number}`;

const percentilePattern = /^p(\d{1,2}(?:\.\d+)?|100)$/;

export function isAggregateFn(text: unknown): text is AggregateFn {
  if (typeof text !== 'string') return false;
  return percentilePattern.test(text) || plainFns.some((fn) => fn === text);
}

/** The 99 of `p99`; `undefined` for what is no percentile. */
export function percentOf(fn: AggregateFn): number | undefined {
  const digits = percentilePattern.exec(fn)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What a rank may come out too large by, as a part of it: 1.1 % of 3,000 are 33, and not a bit more. */
const rounding = 2 ** -50;

/** Which of `count` values in ascending order is a percentile, from 1. */
export function nearestRank(percent: number, count: number): number {
  const rank = (percent * count) / 100;
  return Math.max(1, Math.ceil(rank - rank * rounding));
}
