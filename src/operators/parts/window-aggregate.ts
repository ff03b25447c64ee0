import type { AggregateFn } from './aggregate-fn.js';
import { PaneRing } from './pane-ring.js';

const defaultPanes = 60;

/** What is kept of a slot of a {@link WindowAggregate}, as plain data. */
export interface WindowAggregateState {
  readonly since: number;
  readonly newest: number;
  readonly panes: readonly (readonly number[])[];
}

/**
 * One figure over the last `overMs` of each slot, and how much of that time the slot has been watched: a rule that
 * compares an average of five minutes should not do so after five seconds.
 *
 * A value counts while `now − t < overMs`, or up to one pane less: the window moves on a pane at a time. Times are whole
 * milliseconds.
 *
 * @example
 * const load = new WindowAggregate('avg', 300_000);
 * load.add(slot, now, 0.93);
 * if (load.coverage(slot, now) >= 0.5) compare(load.value(slot, now));
 */
export class WindowAggregate {
  private readonly overMs: number;
  private readonly ring: PaneRing;
  /** Two a slot: since when there are values without a gap of a whole window, and when the newest one was. */
  private times = new Float64Array(128).fill(-Infinity);

  constructor(fn: AggregateFn, overMs: number, panes = defaultPanes) {
    const paneMs = Math.max(1, Math.ceil(overMs / panes));
    this.overMs = overMs;
    this.ring = new PaneRing({ fns: [fn], paneMs, panes: Math.ceil(overMs / paneMs) });
  }

  /** False for a value that is older than the window. */
  add(slot: number, time: number, value: number): boolean {
    if (!this.ring.add(slot, time, value)) return false;
    const at = this.timesOf(slot);
    if (time - this.times[at + 1]! >= this.overMs) this.times[at] = time;
    else if (time < this.times[at]!) this.times[at] = time;
    if (time > this.times[at + 1]!) this.times[at + 1] = time;
    return true;
  }

  /** `NaN` when there is no value in the window. */
  value(slot: number, now: number): number {
    const start = this.ring.startFrom(now + 1 - this.overMs);
    return this.ring.fold(slot, start, now + 1) > 0 ? this.ring.figure(0) : Number.NaN;
  }

  /** From 0 to 1: 1 when the first value came a whole window ago, and no gap was as long. */
  coverage(slot: number, now: number): number {
    const at = this.timesOf(slot);
    if (now - this.times[at + 1]! >= this.overMs) return 0;
    return Math.min(1, Math.max(0, (now + 1 - this.times[at]!) / this.overMs));
  }

  clear(slot: number): void {
    this.ring.clear(slot);
    this.times.fill(-Infinity, this.timesOf(slot), this.timesOf(slot) + 2);
  }

  /** Forgets everything, and gives the memory back. */
  reset(): void {
    this.ring.reset();
    this.times = new Float64Array(128).fill(-Infinity);
  }

  /** `undefined` when nothing is kept. */
  save(slot: number): WindowAggregateState | undefined {
    const at = this.timesOf(slot);
    const [since, newest] = [this.times[at]!, this.times[at + 1]!];
    return newest === -Infinity ? undefined : { since, newest, panes: this.ring.save(slot) };
  }

  /** The slot must be clear. */
  load(slot: number, { since, newest, panes }: WindowAggregateState): void {
    this.ring.load(slot, panes);
    this.times.set([since, newest], this.timesOf(slot));
  }

  private timesOf(slot: number): number {
    const at = 2 * slot;
    if (at >= this.times.length) {
      const { times } = this;
      this.times = new Float64Array(Math.max(2 * times.length, at + 2)).fill(-Infinity, times.length);
      this.times.set(times);
    }
    return at;
  }
}
