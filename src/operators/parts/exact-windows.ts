import { type AggregateFn, nearestRank, percentOf } from './aggregate-fn.js';
import { MonotonicDeque } from './monotonic-deque.js';
import { Partials } from './partials.js';
import { TimedValues } from './timed-values.js';
import { TwoStacks } from './two-stacks.js';
import type { WindowStore } from './window-store.js';

export interface ExactWindowsOptions {
  readonly fns: readonly AggregateFn[];
  /** Values that are so much older than the newest one of their slot are forgotten. */
  readonly keepMs: number;
  /** Most values of a slot. */
  readonly maxEvents: number;
}

/** Sorting for a percentile is more work than anything else here. */
const percentileCost = 1_000;
const usualCost = 10;

/**
 * Every value of many keys, with its time: windows start and end at any millisecond, and percentiles are exact.
 *
 * Cost: amortised O(1) a value and window, as long as windows only move on; O(values) after a late value, and for a
 * window that has passed; O(n log n) for percentiles. Memory: 16 bytes a value, and for all figures together less than
 * 150 more.
 */
export class ExactWindows implements WindowStore {
  readonly foldCost: number;
  private readonly keepMs: number;
  private readonly maxEvents: number;
  private readonly fns: readonly AggregateFn[];
  private readonly partials: Partials;
  private readonly readers: readonly (() => number)[];
  /** By slot. An array, because a large map stalls when it grows. */
  private windows: (ExactWindow | undefined)[] = [];
  private readonly record: Float64Array;
  /** What was folded last. */
  private folded: ExactWindow;

  constructor({ fns, keepMs, maxEvents }: ExactWindowsOptions) {
    this.fns = fns;
    this.keepMs = keepMs;
    this.maxEvents = maxEvents;
    this.partials = new Partials(fns.filter((fn) => fn !== 'min' && fn !== 'max'));
    this.readers = fns.map((fn) => this.readerOf(fn));
    this.record = new Float64Array(this.partials.width);
    this.folded = new ExactWindow(this.partials, fns);
    this.foldCost = fns.some((fn) => percentOf(fn) !== undefined) ? percentileCost : usualCost;
  }

  startFrom(time: number): number {
    return time;
  }

  add(slot: number, time: number, value: number): boolean {
    const window = this.windows[slot] ?? this.begin(slot);
    const oldest = Math.max(time, window.newest()) - this.keepMs;
    window.forget(oldest);
    if (time <= oldest || window.size >= this.maxEvents) return false;
    window.add(time, value);
    return true;
  }

  fold(slot: number, start: number, end: number): number {
    const window = this.windows[slot];
    if (window === undefined) return 0;
    this.folded = window;
    return window.fold(start, end, this.record);
  }

  figure(index: number): number {
    return this.readers[index]!();
  }

  clear(slot: number): void {
    if (slot < this.windows.length) this.windows[slot] = undefined;
  }

  reset(): void {
    this.windows = [];
  }

  /** `[time, value]`, in order. */
  save(slot: number): readonly (readonly number[])[] {
    return this.windows[slot]?.save() ?? [];
  }

  /** All of them, also when fewer than so many may be kept by now. */
  load(slot: number, rows: readonly (readonly number[])[]): void {
    const window = this.windows[slot] ?? this.begin(slot);
    for (const [time = 0, value = 0] of rows) window.add(time, value);
  }

  private begin(slot: number): ExactWindow {
    while (this.windows.length <= slot) this.windows.push(undefined);
    const window = new ExactWindow(this.partials, this.fns);
    this.windows[slot] = window;
    return window;
  }

  private readerOf(fn: AggregateFn): () => number {
    const percent = percentOf(fn);
    if (percent !== undefined) return () => this.folded.percentile(percent);
    if (fn === 'min') return () => this.folded.min!.best();
    if (fn === 'max') return () => this.folded.max!.best();
    const read = this.partials.reader(fn);
    return () => read(this.record, 0);
  }
}

/**
 * The values of one slot. `min`, `max` and `stacks` hold those from index `from` to `to`: they move on with the window,
 * and are filled anew when it goes back or a value came late.
 */
class ExactWindow {
  readonly min: MonotonicDeque | undefined;
  readonly max: MonotonicDeque | undefined;
  private readonly stacks: TwoStacks | undefined;
  private readonly items = new TimedValues();
  private readonly partials: Partials;
  private readonly one: Float64Array;
  private from = 0;
  private to = 0;
  /** Of the window that was folded last, if a percentile was asked for. */
  private sorted: Float64Array | undefined;

  constructor(partials: Partials, fns: readonly AggregateFn[]) {
    this.partials = partials;
    this.one = new Float64Array(partials.width);
    this.min = fns.includes('min') ? new MonotonicDeque('min') : undefined;
    this.max = fns.includes('max') ? new MonotonicDeque('max') : undefined;
    this.stacks = partials.width > 1 ? new TwoStacks(partials) : undefined;
  }

  get size(): number {
    return this.items.size;
  }

  newest(): number {
    return this.size === 0 ? -Infinity : this.items.timeAt(this.size - 1);
  }

  add(time: number, value: number): void {
    const index = this.items.insert(time, value);
    if (index < this.to) this.begin(0);
  }

  /** What is not newer than `until`. */
  forget(until: number): void {
    if (this.items.size === 0 || this.items.timeAt(0) > until) return;
    const count = this.items.countBefore(until + 1);
    if (count > this.from) this.moveTo(count, Math.max(count, this.to));
    this.items.drop(count);
    this.from -= count;
    this.to -= count;
  }

  fold(start: number, end: number, into: Float64Array): number {
    const from = this.items.countBefore(start);
    const to = this.items.countBefore(end);
    if (from < this.from || to < this.to) this.begin(from);
    this.moveTo(from, to);
    this.stacks?.fold(into, 0);
    into[0] = to - from;
    this.sorted = undefined;
    return to - from;
  }

  percentile(percent: number): number {
    this.sorted ??= this.items.slice(this.from, this.to).sort();
    return this.sorted[nearestRank(percent, this.sorted.length) - 1]!;
  }

  save(): readonly (readonly number[])[] {
    return Array.from({ length: this.size }, (_, index) => [this.items.timeAt(index), this.items.valueAt(index)]);
  }

  private begin(index: number): void {
    this.min?.clear();
    this.max?.clear();
    this.stacks?.clear();
    this.from = index;
    this.to = index;
  }

  private moveTo(from: number, to: number): void {
    if (from >= this.to) this.begin(from);
    for (; this.to < to; this.to += 1) this.take(this.items.timeAt(this.to), this.items.valueAt(this.to));
    for (; this.from < from; this.from += 1) this.stacks?.shift();
    if (from === to) return;
    this.min?.expire(this.items.timeAt(from));
    this.max?.expire(this.items.timeAt(from));
  }

  private take(time: number, value: number): void {
    this.min?.push(time, value);
    this.max?.push(time, value);
    if (this.stacks === undefined) return;
    this.one[0] = 0;
    this.partials.add(this.one, 0, time, value);
    this.stacks.push(this.one, 0);
  }
}
