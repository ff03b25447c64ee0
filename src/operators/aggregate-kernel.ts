import {
  type Aggregated,
  type AggregateEvicted,
  type AggregateFn,
  type AggregateKernelOptions,
  type AggregateKeySnapshot,
  type AggregateRejection,
  type AggregateShape,
  type AggregateSnapshot,
  aggregateShape,
  checkAggregate,
  describeShape,
  panesOf,
} from './aggregate-options.js';
import type { UntimelyReason } from './event-time.js';
import { maxKeysOption } from './options.js';
import { ExactWindows } from './parts/exact-windows.js';
import { notBefore } from './parts/kernel-time.js';
import { KeyTable, noSlot } from './parts/key-table.js';
import { PaneRing } from './parts/pane-ring.js';
import { Revisions } from './parts/revisions.js';
import { TimingWheel } from './parts/timing-wheel.js';
import { Watermark } from './parts/watermark.js';
import { WindowGrid } from './parts/window-grid.js';
import type { WindowStore } from './parts/window-store.js';
import type { OverflowPolicy } from './side.js';
import { requireVersion } from './state-handle.js';

/** Cells of a key: end of its next window (`Infinity`: it has no open one), newest time, and since when it is seen. */
const nextEndCell = 0;
const newestCell = 1;
const sinceCell = 2;
/** With `emit: 'change'`, the figures told last. */
const toldCells = 3;

/** What one `advance` does at most, in records that are looked at, so that many windows never stall the event loop. */
const mostWorkPerAdvance = 20_000;
const mostPerAdvance = 500;
/** Times that a timing wheel can hold: until the year 10,889. */
const timesBelow = 2 ** 48;
const nothing: readonly never[] = [];

/**
 * Figures of numbers per key and window of time. Free of RxJS; times are milliseconds on any clock that the caller
 * chooses, rounded down to whole ones.
 *
 * `process` counts a value, `advance` closes the windows that are over and tells them; call it at `nextDue()`. Both time
 * out what is idle. A window is closed when the clock reads its end, or with values that bring their own times, when the
 * watermark has come there.
 *
 * A key has one timer: it is due when its next window ends, or when nothing more is to be told about it and it may be
 * forgotten.
 */
export class AggregateKernel<K, F extends AggregateFn = AggregateFn> {
  private readonly shape: AggregateShape<F>;
  private readonly overflow: OverflowPolicy;
  private readonly onEvict: ((evicted: AggregateEvicted<K, F>) => void) | undefined;
  private readonly grid: WindowGrid;
  private readonly table: KeyTable<K>;
  private readonly store: WindowStore;
  private readonly watermark: Watermark | undefined;
  private readonly revisions = new Revisions();
  private readonly wheel = new TimingWheel();
  private readonly mostDue: number;
  private readonly expire = (slot: number, due: number): void => this.onDue(slot, due);
  private now = 0;
  /** Windows that end here or before are closed. */
  private mark = 0;
  /** Nothing is due before this. */
  private due = Infinity;
  private ready: Aggregated<K, F>[] = [];

  /**
   * With `timed`, values bring their own times. Throws `RangeError` or `TypeError` for a bad option, and for a snapshot
   * that does not fit.
   */
  constructor(options: AggregateKernelOptions<K, F>, timed = false, snapshot?: AggregateSnapshot<K, F>) {
    checkAggregate('aggregate', options);
    const shape = aggregateShape(options);
    this.shape = shape;
    this.overflow = options.overflow ?? 'evict';
    this.onEvict = options.onEvict;
    this.grid = new WindowGrid(shape.windowMs, shape.everyMs, shape.offsetMs);
    const cells = toldCells + (shape.emit === 'change' ? shape.fns.length : 0);
    this.table = new KeyTable(maxKeysOption('aggregate.maxKeys', options.maxKeys), cells);
    this.store = shape.mode === 'exact' ? new ExactWindows(shape) : new PaneRing({ ...shape, panes: panesOf(shape) });
    this.mostDue = Math.min(mostPerAdvance, Math.ceil(mostWorkPerAdvance / this.store.foldCost));
    this.watermark = timed ? new Watermark(options) : undefined;
    if (snapshot !== undefined) this.restore(snapshot);
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.table.size;
  }

  /**
   * Counts a value that came at `now` and is of the time `at`. Throws `RangeError` for a new key beyond `maxKeys` when
   * `overflow` is `'error'`.
   */
  process(key: K, value: number, now: number, at = now): 'counted' | AggregateRejection {
    this.now = notBefore(this.now, Math.floor(now));
    if (!Number.isFinite(value)) return 'not_finite';
    const untimely = this.watermark === undefined ? this.keepUp() : this.observe(this.watermark, at);
    if (untimely !== undefined) return untimely;
    const time = this.watermark === undefined ? this.now : Math.floor(at);
    let slot = this.table.find(key);
    if (slot !== noSlot) {
      this.table.touch(slot, this.now);
      if (this.table.cell(slot, nextEndCell) <= this.mark) this.closeWindows(slot);
    }
    if (this.isLate(slot, time)) return 'late';
    if (slot === noSlot) slot = this.slotForNew(key);
    return slot === noSlot ? 'max_keys' : this.count(slot, time, value);
  }

  /** The windows that are over, each once. A bounded number at a time: look at `nextDue()` again. */
  advance(now: number): readonly Aggregated<K, F>[] {
    this.turn(now);
    this.expireDue();
    return this.takeReady();
  }

  /** The stream has ended: the windows that are over, then those that are not, as partial ones. Forgets all keys. */
  flush(now: number): readonly Aggregated<K, F>[] {
    this.turn(now);
    const slots = [...this.table];
    for (const slot of slots) this.closeWindows(slot);
    for (const slot of slots) {
      this.ready.push(...this.openWindows(slot));
      this.forget(slot);
    }
    this.reset();
    return this.takeReady();
  }

  /** When `advance` has something to do; `Infinity` when never. */
  nextDue(): number {
    if (this.ready.length > 0) return this.now;
    return this.watermark === undefined ? this.due : this.watermark.reaches(this.due);
  }

  snapshot(): AggregateSnapshot<K, F> {
    return {
      version: 1,
      shape: describeShape(this.shape),
      now: this.now,
      watermark: this.watermark?.save() ?? null,
      keys: Array.from(this.table, (slot) => this.saveKey(slot)),
      ready: [...this.ready],
    };
  }

  private restore(snapshot: AggregateSnapshot<K, F>): void {
    requireVersion('aggregate', snapshot, 1);
    const shape = describeShape(this.shape);
    if (snapshot.shape !== shape) {
      throw new RangeError(`aggregate: a state of ${snapshot.shape} cannot be continued with ${shape}`);
    }
    this.now = notBefore(this.now, snapshot.now);
    if (snapshot.watermark !== null) this.watermark?.load(snapshot.watermark);
    this.mark = this.watermark?.at(this.now) ?? this.now;
    for (const key of snapshot.keys) this.loadKey(key);
    this.ready = [...snapshot.ready];
  }

  private turn(now: number): void {
    this.now = notBefore(this.now, Math.floor(now));
    this.mark = this.watermark === undefined ? this.now : this.watermark.at(this.now);
  }

  private expireDue(): void {
    if (this.due > this.mark) return;
    this.wheel.advance(this.mark, this.expire, this.mostDue);
    this.due = this.wheel.nextDue();
    if (this.table.size === 0) this.reset();
  }

  private keepUp(): UntimelyReason | undefined {
    this.mark = this.now;
    return this.now < timesBelow ? undefined : 'not_a_time';
  }

  private observe(watermark: Watermark, at: number): UntimelyReason | undefined {
    if (!(at >= 0 && at < timesBelow)) return 'not_a_time';
    const seen = watermark.observe(at, this.now);
    this.mark = watermark.at(this.now);
    // A value behind the mark is late for the windows that are closed, and not for the others.
    return seen === 'late' || seen === 'on_time' ? undefined : seen;
  }

  private isLate(slot: number, time: number): boolean {
    const { emit, windowMs, reviseMs } = this.shape;
    if (emit !== 'event') return time < this.mark && this.grid.lastEndOf(time) <= this.mark - reviseMs;
    const newest = slot === noSlot ? this.mark : Math.max(this.mark, this.table.cell(slot, newestCell));
    return time < this.store.startFrom(newest + 1 - windowMs);
  }

  private count(slot: number, time: number, value: number): 'counted' | AggregateRejection {
    if (time < this.mark && this.shape.reviseMs > 0) return this.revise(slot, time, value);
    if (!this.store.add(slot, time, value)) return 'max_events';
    this.note(slot, time);
    if (this.shape.emit === 'event') this.tellPresent(slot);
    else if (this.table.cell(slot, nextEndCell) - this.shape.everyMs > time) this.open(slot, time);
    return 'counted';
  }

  private tellPresent(slot: number): void {
    this.tell(slot, this.table.cell(slot, newestCell) + 1, 0);
    if (!this.wheel.isArmed(slot)) this.armForget(slot);
  }

  /** Counts a late value, and tells the closed windows that it belongs to again. */
  private revise(slot: number, time: number, value: number): 'counted' | AggregateRejection {
    const held = this.mark - this.shape.reviseMs;
    this.revisions.forget(slot, held);
    const ends: number[] = [];
    const last = Math.min(this.mark, this.grid.lastEndOf(time));
    for (let end = this.grid.endAfter(Math.max(time, held)); end <= last; end += this.shape.everyMs) ends.push(end);
    const told = ends.map((end) => this.store.fold(slot, end - this.shape.windowMs, end) > 0);
    if (!this.store.add(slot, time, value)) return 'max_events';
    this.note(slot, time);
    for (const [index, end] of ends.entries()) {
      this.ready.push(this.window(slot, end, told[index] === true ? this.revisions.next(slot, end) : 0)!);
    }
    this.open(slot, time);
    return 'counted';
  }

  /** Since when a key is seen begins anew after a gap, unless a window from before it is still open. */
  private note(slot: number, time: number): void {
    const newest = this.table.cell(slot, newestCell);
    const since = this.table.cell(slot, sinceCell);
    const isGap = time - newest >= this.shape.windowMs && this.table.cell(slot, nextEndCell) === Infinity;
    if (isGap || time < since) this.table.setCell(slot, sinceCell, time);
    if (isGap && this.shape.emit === 'change' && newest + this.shape.idleMs <= this.mark) this.forgetTold(slot);
    if (time > newest) this.table.setCell(slot, newestCell, time);
  }

  /** Makes the first open window that contains `time` the next one of its key, if it is not after that. */
  private open(slot: number, time: number): void {
    const end = Math.max(this.grid.endAfter(time), this.grid.endAfter(this.mark));
    const isOver = end - this.shape.windowMs > time;
    if (!isOver && end < this.table.cell(slot, nextEndCell)) this.setNextEnd(slot, end);
    else if (!this.wheel.isArmed(slot)) this.armForget(slot);
  }

  private setNextEnd(slot: number, end: number): void {
    this.table.setCell(slot, nextEndCell, end);
    if (end === Infinity) this.armForget(slot);
    else this.arm(slot, end);
  }

  private armForget(slot: number): void {
    this.arm(slot, this.table.cell(slot, newestCell) + this.shape.idleMs);
  }

  private arm(slot: number, due: number): void {
    this.wheel.arm(slot, due, this.mark);
    if (due < this.due) this.due = due;
  }

  private onDue(slot: number, due: number): void {
    if (this.table.cell(slot, nextEndCell) <= due) this.closeNext(slot);
    else if (this.table.cell(slot, newestCell) + this.shape.idleMs > this.mark) this.armForget(slot);
    else this.forget(slot);
  }

  private closeWindows(slot: number): void {
    while (this.table.cell(slot, nextEndCell) <= this.mark) this.closeNext(slot);
  }

  private closeNext(slot: number): void {
    const end = this.table.cell(slot, nextEndCell);
    this.tell(slot, end, 0);
    const next = end + this.shape.everyMs;
    const goesOn = next - this.shape.windowMs <= this.table.cell(slot, newestCell);
    this.setNextEnd(slot, goesOn ? next : Infinity);
  }

  private tell(slot: number, end: number, revision: number): void {
    const window = this.window(slot, end, revision);
    if (window === undefined) return;
    if (this.shape.emit !== 'change' || this.isNews(slot, window)) this.ready.push(window);
  }

  private isNews(slot: number, { values }: Aggregated<K, F>): boolean {
    let changed = false;
    for (const [index, fn] of this.shape.fns.entries()) {
      if (Object.is(this.table.cell(slot, toldCells + index), values[fn])) continue;
      this.table.setCell(slot, toldCells + index, values[fn]);
      changed = true;
    }
    return changed;
  }

  private forgetTold(slot: number): void {
    for (let index = 0; index < this.shape.fns.length; index += 1) {
      this.table.setCell(slot, toldCells + index, Number.NaN);
    }
  }

  /** The windows of a key up to the one that contains its newest value. */
  private openWindows(slot: number): readonly Aggregated<K, F>[] {
    const windows: Aggregated<K, F>[] = [];
    const newest = this.table.cell(slot, newestCell);
    const last = this.grid.endAfter(newest);
    for (let end = this.table.cell(slot, nextEndCell); end <= last; end += this.shape.everyMs) {
      const window = this.window(slot, end, 0, Math.max(this.mark, newest + 1));
      if (window !== undefined) windows.push(window);
    }
    return windows;
  }

  /** `upTo`: how far the window has come, if it is not over. */
  private window(slot: number, end: number, revision: number, upTo = end): Aggregated<K, F> | undefined {
    const start = this.store.startFrom(end - this.shape.windowMs);
    const count = this.store.fold(slot, start, end);
    if (count === 0) return undefined;
    const values = {} as Record<F, number>;
    for (let index = 0; index < this.shape.fns.length; index += 1) {
      values[this.shape.fns[index]!] = this.store.figure(index);
    }
    const seenMs = Math.min(end, upTo) - Math.max(start, this.table.cell(slot, sinceCell));
    const coverage = Math.max(0, seenMs) / (end - start);
    return { key: this.table.keyOf(slot), start, end, count, values, coverage, partial: upTo < end, revision };
  }

  private takeReady(): readonly Aggregated<K, F>[] {
    const taken = this.ready;
    if (taken.length === 0) return nothing;
    this.ready = [];
    return taken;
  }

  private slotForNew(key: K): number {
    if (this.table.full) this.expireDue();
    if (this.table.full && !this.makeRoom()) return noSlot;
    const slot = this.table.add(key, this.now);
    this.table.setCell(slot, nextEndCell, Infinity);
    this.table.setCell(slot, newestCell, -Infinity);
    this.table.setCell(slot, sinceCell, Infinity);
    if (this.shape.emit === 'change') this.forgetTold(slot);
    return slot;
  }

  private makeRoom(): boolean {
    const { table } = this;
    if (this.overflow === 'reject') return false;
    if (this.overflow === 'error') throw new RangeError(`aggregate: more than ${table.maxKeys} keys (maxKeys)`);
    const slot = table.oldest();
    this.closeWindows(slot);
    const evicted = { key: table.keyOf(slot), windows: this.openWindows(slot) };
    this.forget(slot);
    this.onEvict?.(evicted);
    return true;
  }

  private forget(slot: number): void {
    this.wheel.cancel(slot);
    this.store.clear(slot);
    this.revisions.clear(slot);
    this.table.remove(slot);
  }

  private reset(): void {
    this.store.reset();
    this.wheel.clear();
    this.due = Infinity;
  }

  private saveKey(slot: number): AggregateKeySnapshot<K> {
    const { table, shape } = this;
    const nextEnd = table.cell(slot, nextEndCell);
    return {
      key: table.keyOf(slot),
      seenAt: table.seenAt(slot),
      nextEnd: nextEnd === Infinity ? null : nextEnd,
      newest: table.cell(slot, newestCell),
      since: table.cell(slot, sinceCell),
      rows: this.store.save(slot),
      told:
        shape.emit === 'change' ? shape.fns.map((_, index) => numberOrNull(table.cell(slot, toldCells + index))) : [],
      revisions: this.revisions.save(slot),
    };
  }

  private loadKey(saved: AggregateKeySnapshot<K>): void {
    if (this.table.full) this.makeRoom();
    const slot = this.table.add(saved.key, saved.seenAt);
    this.table.setCell(slot, newestCell, saved.newest);
    this.table.setCell(slot, sinceCell, saved.since);
    for (const [index, value] of saved.told.entries()) this.table.setCell(slot, toldCells + index, value ?? Number.NaN);
    this.store.load(slot, saved.rows);
    this.revisions.load(slot, saved.revisions);
    this.setNextEnd(slot, saved.nextEnd ?? Infinity);
  }
}

/** JSON knows no `NaN`. */
function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
