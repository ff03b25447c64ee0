import type { Aggregated, AggregateKernelOptions } from '../../src/operators/aggregate-options.js';
import { type AggregateFn, percentOf } from '../../src/operators/parts/aggregate-fn.js';
import { Watermark } from '../../src/operators/parts/watermark.js';

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

interface NaiveKey {
  readonly key: string;
  readonly items: Timed[];
  /** Windows that end here or before were told. */
  closed: number;
  newest: number;
  since: number;
  told: readonly number[];
  readonly revisions: Map<number, number>;
}

/** What aggregates per key and window mean, with no thought for cost: every value is kept, every window computed. */
export class NaiveAggregate<F extends AggregateFn> {
  readonly evicted: { key: string; windows: readonly Aggregated<string, F>[] }[] = [];
  private readonly options: AggregateKernelOptions<string, F>;
  private readonly everyMs: number;
  private readonly offsetMs: number;
  private readonly reviseMs: number;
  private readonly idleMs: number;
  private readonly watermark: Watermark | undefined;
  /** Least recently used first. */
  private keys: NaiveKey[] = [];
  private now = 0;
  private mark = 0;

  constructor(options: AggregateKernelOptions<string, F>, timed: boolean) {
    this.options = options;
    const { windowMs } = options;
    this.everyMs = options.everyMs ?? windowMs;
    this.offsetMs = options.offsetMs ?? 0;
    this.reviseMs = options.onLate === 'update' ? (options.reviseMs ?? windowMs) : 0;
    this.idleMs = options.idleMs ?? windowMs + Math.max(windowMs, this.reviseMs);
    this.watermark = timed ? new Watermark(options) : undefined;
    if (timed) this.mark = -Infinity;
  }

  process(name: string, value: number, clock: number, at: number): { verdict: string; told: Aggregated<string, F>[] } {
    const told = this.advance(clock);
    const seen = this.watermark?.observe(at, this.now);
    if (seen === 'future' || seen === 'not_a_time') return { verdict: seen, told };
    const time = this.watermark === undefined ? this.now : Math.floor(at);
    const known = this.keys.find(({ key }) => key === name);
    told.push(...this.closeAll(clock));
    if (known !== undefined) this.keys = [...this.keys.filter((key) => key !== known), known];
    if (this.isLate(time, known)) return { verdict: 'late', told: [...told, ...this.advance(clock)] };
    const key = known ?? this.added(name);
    told.push(...this.add(key, { time, value }));
    return { verdict: 'counted', told: [...told, ...this.advance(clock)] };
  }

  advance(clock: number): Aggregated<string, F>[] {
    const told = this.closeAll(clock);
    this.keys = this.keys.filter((key) => !this.isIdle(key));
    return told;
  }

  flush(clock: number): Aggregated<string, F>[] {
    return [...this.advance(clock), ...this.keys.flatMap((key) => this.open(key))];
  }

  private closeAll(clock: number): Aggregated<string, F>[] {
    this.now = Math.max(this.now, clock);
    this.mark = this.watermark?.at(this.now) ?? this.now;
    return this.keys.flatMap((key) => this.close(key));
  }

  private isIdle({ newest }: NaiveKey): boolean {
    return newest + this.idleMs <= this.mark;
  }

  private close(key: NaiveKey): Aggregated<string, F>[] {
    if (this.options.emit === 'event') return [];
    const told: Aggregated<string, F>[] = [];
    for (const end of this.ends(key.closed, Math.min(this.mark, key.newest + this.options.windowMs))) {
      told.push(...this.window(key, end).filter((window) => this.isNews(key, window)));
    }
    key.closed = Math.max(key.closed, this.mark);
    return told;
  }

  private add(key: NaiveKey, item: Timed): Aggregated<string, F>[] {
    const { windowMs, emit } = this.options;
    const isOpen = emit !== 'event' && this.ends(this.mark, key.newest + windowMs).length > 0;
    const isGap = item.time - key.newest >= windowMs && !isOpen;
    if (isGap && key.newest + this.idleMs <= this.mark) key.told = [];
    if (isGap || item.time < key.since) key.since = item.time;
    key.newest = Math.max(key.newest, item.time);
    const last = Math.min(this.mark, item.time + windowMs);
    const revised = emit === 'event' ? [] : this.ends(Math.max(item.time, this.mark - this.reviseMs), last);
    const before = revised.filter((end) => this.window(key, end).length > 0);
    key.items.push(item);
    if (emit === 'event') return this.window(key, key.newest + 1);
    return revised.flatMap((end) => {
      if (before.includes(end)) key.revisions.set(end, (key.revisions.get(end) ?? 0) + 1);
      return this.window(key, end, end, key.revisions.get(end) ?? 0);
    });
  }

  private added(name: string): NaiveKey {
    const { maxKeys = Infinity } = this.options;
    if (this.keys.length >= maxKeys) {
      const oldest = this.keys.shift()!;
      if (!this.isIdle(oldest)) this.evicted.push({ key: oldest.key, windows: this.open(oldest) });
    }
    const key = { key: name, items: [], closed: this.mark, newest: -Infinity, since: Infinity, told: [] };
    this.keys.push({ ...key, revisions: new Map() });
    return this.keys.at(-1)!;
  }

  private open(key: NaiveKey): Aggregated<string, F>[] {
    if (this.options.emit === 'event') return [];
    const last = this.ends(key.newest, key.newest + this.everyMs)[0]!;
    const upTo = Math.max(this.mark, key.newest + 1);
    const open = this.ends(this.mark, last).flatMap((end) => this.window(key, end, upTo));
    return open.map((window) => ({ ...window, partial: true }));
  }

  /** Ends of windows that are after `from` and not after `to`. */
  private ends(from: number, to: number): number[] {
    const ends: number[] = [];
    const first = Math.max(from, to - 2 * this.options.windowMs - this.reviseMs - 1_000);
    for (let time = first + 1; time <= to; time += 1) {
      if ((((time - this.offsetMs) % this.everyMs) + this.everyMs) % this.everyMs === 0) ends.push(time);
    }
    return ends;
  }

  private isLate(time: number, key: NaiveKey | undefined): boolean {
    const { windowMs, emit } = this.options;
    if (emit === 'event') return time < this.startOf(Math.max(this.mark, key?.newest ?? this.mark) + 1 - windowMs);
    return this.ends(time, time + windowMs).every((end) => end <= this.mark - this.reviseMs);
  }

  private startOf(time: number): number {
    const { emit, mode, windowMs, panes = 60 } = this.options;
    if (emit !== 'event' || mode === 'exact') return time;
    const paneMs = Math.ceil(windowMs / panes);
    return Math.ceil((time - this.offsetMs) / paneMs) * paneMs + this.offsetMs;
  }

  private window(key: NaiveKey, end: number, upTo = end, revision = 0): Aggregated<string, F>[] {
    const start = this.startOf(end - this.options.windowMs);
    const inside = key.items.filter(({ time }) => time >= start && time < end);
    if (inside.length === 0) return [];
    const figures = this.options.fns.map((fn) => [fn, naiveFigure(fn, inside)]);
    const values = Object.fromEntries(figures) as Record<F, number>;
    const coverage = Math.max(0, Math.min(end, upTo) - Math.max(start, key.since)) / (end - start);
    return [{ key: key.key, start, end, count: inside.length, values, coverage, partial: false, revision }];
  }

  private isNews(key: NaiveKey, { values }: Aggregated<string, F>): boolean {
    if (this.options.emit !== 'change') return true;
    const told = this.options.fns.map((fn) => values[fn]);
    const isSame = told.every((figure, index) => Object.is(figure, key.told[index] ?? Number.NaN));
    key.told = told;
    return !isSame;
  }
}
