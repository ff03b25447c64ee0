import type { AggregateFn } from './aggregate-fn.js';

/** Reads one figure of a record. */
export type PartialReader = (records: Float64Array, at: number) => number;

/**
 * What is known of some values, as a record of a few numbers in a typed array: enough for certain figures of them, and
 * to tell the same of two such records together. Only what the figures need is kept.
 *
 * Records form a monoid: `merge` is associative, and a record that starts with 0 is its neutral element, whatever else
 * it holds. Nothing is ever subtracted, so that no error builds up: sums are those of Neumaier (1974), variances those
 * of Welford (1962), put together as in Chan, Golub and LeVeque (1979).
 *
 * @example
 * const partials = new Partials(['avg', 'max']);
 * const record = new Float64Array(partials.width);
 * partials.add(record, 0, time, 12.5);
 * partials.reader('avg')(record, 0); // 12.5
 */
export class Partials {
  /** Doubles in a record. The first of them is the count. */
  readonly width: number;
  /** Where in a record something is kept; 0 when it is not needed. */
  private readonly sum: number;
  private readonly min: number;
  private readonly max: number;
  private readonly ends: number;
  private readonly gain: number;
  private readonly spread: number;

  constructor(fns: readonly AggregateFn[]) {
    let width = 1;
    const place = (doubles: number, ...needing: readonly AggregateFn[]) => {
      if (!needing.some((fn) => fns.includes(fn))) return 0;
      width += doubles;
      return width - doubles;
    };
    this.sum = place(2, 'sum', 'avg');
    this.min = place(1, 'min');
    this.max = place(1, 'max');
    this.ends = place(4, 'first', 'last', 'delta', 'rate');
    this.gain = place(1, 'rate');
    this.spread = place(2, 'stddev');
    this.width = width;
  }

  /** Adds a value. It may be older than others, but see {@link merge}. */
  add(records: Float64Array, at: number, time: number, value: number): void {
    const count = records[at]! + 1;
    records[at] = count;
    if (count === 1) {
      this.begin(records, at, time, value);
      return;
    }
    if (this.sum !== 0) addStably(records, at + this.sum, value);
    if (this.min !== 0 && value < records[at + this.min]!) records[at + this.min] = value;
    if (this.max !== 0 && value > records[at + this.max]!) records[at + this.max] = value;
    if (this.ends !== 0) this.extend(records, at, time, value);
    if (this.spread !== 0) widen(records, at + this.spread, count, value);
  }

  /** Appends record `from` to record `at`. No value of it may be older than those of `at`. */
  merge(records: Float64Array, at: number, other: Float64Array, from: number): void {
    if (other[from] === 0) return;
    if (records[at] === 0) {
      for (let index = 0; index < this.width; index += 1) records[at + index] = other[from + index]!;
      return;
    }
    if (this.spread !== 0) mergeSpread(records, at, other, from, this.spread);
    records[at]! += other[from]!;
    if (this.sum !== 0) {
      addStably(records, at + this.sum, other[from + this.sum]!);
      records[at + this.sum + 1]! += other[from + this.sum + 1]!;
    }
    if (this.min !== 0) records[at + this.min] = Math.min(records[at + this.min]!, other[from + this.min]!);
    if (this.max !== 0) records[at + this.max] = Math.max(records[at + this.max]!, other[from + this.max]!);
    if (this.ends !== 0) this.append(records, at, other, from);
  }

  /** How to read a figure that was named to the constructor; of an empty record it is meaningless. */
  reader(fn: AggregateFn): PartialReader {
    const { sum, min, max, ends, gain, spread } = this;
    switch (fn) {
      case 'sum':
        return (records, at) => records[at + sum]! + records[at + sum + 1]!;
      case 'avg':
        return (records, at) => (records[at + sum]! + records[at + sum + 1]!) / records[at]!;
      case 'min':
        return (records, at) => records[at + min]!;
      case 'max':
        return (records, at) => records[at + max]!;
      case 'first':
        return (records, at) => records[at + ends]!;
      case 'last':
        return (records, at) => records[at + ends + 2]!;
      case 'delta':
        return (records, at) => records[at + ends + 2]! - records[at + ends]!;
      case 'rate':
        return (records, at) => perSecond(records[at + gain]!, records[at + ends + 3]! - records[at + ends + 1]!);
      case 'stddev':
        return (records, at) => Math.sqrt(records[at + spread + 1]! / records[at]!);
      default:
        return (records, at) => records[at]!;
    }
  }

  private begin(records: Float64Array, at: number, time: number, value: number): void {
    if (this.sum !== 0) set(records, at + this.sum, value, 0);
    if (this.min !== 0) records[at + this.min] = value;
    if (this.max !== 0) records[at + this.max] = value;
    if (this.ends !== 0) {
      set(records, at + this.ends, value, time);
      set(records, at + this.ends + 2, value, time);
    }
    if (this.gain !== 0) records[at + this.gain] = 0;
    if (this.spread !== 0) set(records, at + this.spread, value, 0);
  }

  /** A value between the first and the last tells nothing new of how a counter grew, unless it was reset there. */
  private extend(records: Float64Array, at: number, time: number, value: number): void {
    const first = at + this.ends;
    const last = first + 2;
    if (time >= records[last + 1]!) {
      if (this.gain !== 0) records[at + this.gain]! += gained(records[last]!, value);
      set(records, last, value, time);
    } else if (time < records[first + 1]!) {
      if (this.gain !== 0) records[at + this.gain]! += gained(value, records[first]!);
      set(records, first, value, time);
    }
  }

  private append(records: Float64Array, at: number, other: Float64Array, from: number): void {
    const last = at + this.ends + 2;
    if (this.gain !== 0) {
      records[at + this.gain]! += gained(records[last]!, other[from + this.ends]!) + other[from + this.gain]!;
    }
    set(records, last, other[from + this.ends + 2]!, other[from + this.ends + 3]!);
  }
}

function set(records: Float64Array, at: number, one: number, other: number): void {
  records[at] = one;
  records[at + 1] = other;
}

/** A sum, and beside it what rounding took from it. */
function addStably(records: Float64Array, at: number, value: number): void {
  const before = records[at]!;
  const after = before + value;
  records[at] = after;
  records[at + 1]! += Math.abs(before) >= Math.abs(value) ? before - after + value : value - after + before;
}

/** Mean, and sum of the squares of the distances from it. */
function widen(records: Float64Array, at: number, count: number, value: number): void {
  const distance = value - records[at]!;
  const mean = records[at]! + distance / count;
  records[at] = mean;
  records[at + 1]! += distance * (value - mean);
}

function mergeSpread(records: Float64Array, at: number, other: Float64Array, from: number, spread: number): void {
  const count = records[at]!;
  const more = other[from]!;
  const distance = other[from + spread]! - records[at + spread]!;
  records[at + spread]! += (distance * more) / (count + more);
  records[at + spread + 1]! += other[from + spread + 1]! + (distance * distance * count * more) / (count + more);
}

function gained(before: number, after: number): number {
  return after < before ? after : after - before;
}

function perSecond(gain: number, forMs: number): number {
  return forMs > 0 ? (gain / forMs) * 1_000 : Number.NaN;
}
