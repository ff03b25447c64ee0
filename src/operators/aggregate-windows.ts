import type { AggregateKeys } from './aggregate-keys.js';
import { type Aggregated, type AggregateFn, type AggregateShape, panesOf } from './aggregate-options.js';
import { ExactWindows } from './parts/exact-windows.js';
import { PaneRing } from './parts/pane-ring.js';
import { WindowGrid } from './parts/window-grid.js';
import type { WindowStore } from './parts/window-store.js';

/** The windows of an aggregate: where they lie, what is kept of their values, and how they are told. */
export class AggregateWindows<K, F extends AggregateFn> {
  readonly grid: WindowGrid;
  readonly store: WindowStore;
  private readonly fns: readonly F[];
  private readonly windowMs: number;
  private readonly keys: AggregateKeys<K>;

  constructor(shape: AggregateShape<F>, keys: AggregateKeys<K>) {
    this.fns = shape.fns;
    this.windowMs = shape.windowMs;
    this.keys = keys;
    this.grid = new WindowGrid(shape.windowMs, shape.everyMs, shape.offsetMs);
    this.store = shape.mode === 'exact' ? new ExactWindows(shape) : new PaneRing({ ...shape, panes: panesOf(shape) });
  }

  /** Where the window that ends at `end` starts. */
  startOf(end: number): number {
    return this.store.startFrom(end - this.windowMs);
  }

  hasValues(slot: number, end: number): boolean {
    return this.store.fold(slot, this.startOf(end), end) > 0;
  }

  /** A window that is over; `undefined` without values. `upTo`: how far it has come, if it is not. */
  at(slot: number, end: number, revision: number, upTo = end): Aggregated<K, F> | undefined {
    const start = this.startOf(end);
    const count = this.store.fold(slot, start, end);
    if (count === 0) return undefined;
    const seenMs = Math.min(end, upTo) - Math.max(start, this.keys.since(slot));
    const coverage = Math.max(0, seenMs) / (end - start);
    const key = this.keys.keyOf(slot);
    return { key, start, end, count, values: this.figures(), coverage, partial: false, revision };
  }

  /** The windows from `from` on, up to the first one that contains the newest value. */
  openFrom(slot: number, from: number, mark: number): readonly Aggregated<K, F>[] {
    const windows: Aggregated<K, F>[] = [];
    const newest = this.keys.newest(slot);
    const last = this.grid.endAfter(newest);
    for (let end = from; end <= last; end += this.grid.everyMs) {
      const window = this.at(slot, end, 0, Math.max(mark, newest + 1));
      if (window !== undefined) windows.push({ ...window, partial: true });
    }
    return windows;
  }

  /** A window that went through JSON, which has no `NaN`. */
  revived(window: Aggregated<K, F>): Aggregated<K, F> {
    const values = {} as Record<F, number>;
    for (const fn of this.fns) values[fn] = window.values[fn] ?? Number.NaN;
    return { ...window, values };
  }

  private figures(): Record<F, number> {
    const figures = {} as Record<F, number>;
    for (let index = 0; index < this.fns.length; index += 1) figures[this.fns[index]!] = this.store.figure(index);
    return figures;
  }
}
