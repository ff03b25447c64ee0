import { type AggregateFn, percentOf } from '../../src/operators/parts/aggregate-fn.js';

export interface Timed {
  readonly time: number;
  readonly value: number;
}

/** Any figure of values in the order of arrival, straight from its definition. */
export function naiveFigure(fn: AggregateFn, arrived: readonly Timed[]): number {
  const items = arrived.toSorted((one, other) => one.time - other.time);
  const values = items.map(({ value }) => value);
  const [first, last] = [items[0], items.at(-1)];
  if (first === undefined || last === undefined) return Number.NaN;
  const sum = exactSum(values);
  const avg = sum / values.length;
  const percent = percentOf(fn);
  if (percent !== undefined) return naivePercentile(percent, values);
  switch (fn) {
    case 'sum':
      return sum;
    case 'avg':
      return avg;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'first':
      return first.value;
    case 'last':
      return last.value;
    case 'delta':
      return last.value - first.value;
    case 'rate':
      return last.time > first.time ? (1_000 * gain(values)) / (last.time - first.time) : Number.NaN;
    case 'stddev':
      return Math.sqrt(exactSum(values.map((value) => (value - avg) ** 2)) / values.length);
    default:
      return values.length;
  }
}

export function naivePercentile(percent: number, values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((percent * values.length) / 100) - 1)]!;
}

/** Smallest magnitudes first: nothing is lost but the last bits. */
function exactSum(values: readonly number[]): number {
  return values.toSorted((one, other) => Math.abs(one) - Math.abs(other)).reduce((sum, value) => sum + value, 0);
}

function gain(values: readonly number[]): number {
  return values.slice(1).reduce((sum, value, index) => {
    const before = values[index]!;
    return sum + (value < before ? value : value - before);
  }, 0);
}
