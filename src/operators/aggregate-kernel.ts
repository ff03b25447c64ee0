import { AggregateKeys } from './aggregate-keys.js';
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
} from './aggregate-options.js';
import { AggregateWindows } from './aggregate-windows.js';
import type { UntimelyReason } from './event-time.js';
import { maxKeysOption } from './options.js';
import { notBefore } from './parts/kernel-time.js';
import { noSlot } from './parts/key-table.js';
import { Revisions } from './parts/revisions.js';
import { TimingWheel } from './parts/timing-wheel.js';
import { Watermark } from './parts/watermark.js';
import type { WindowGrid } from './parts/window-grid.js';
import type { WindowStore } from './parts/window-store.js';
import type { OverflowPolicy } from './side.js';
import { requireVersion } from './state-handle.js';

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
 * `process` counts a value, `advance` tells the windows that are over; call it at `nextDue()`. A window is over when the
 * clock has come to its end, or with values that bring their own times, when the watermark has.
 *
 * A key has one timer: it is due when its next window ends, or when nothing more is to be told about the key and it may
 * be forgotten. Before a value of a key is counted, those of its windows that are over are closed, so that it does not
 * matter how late a timer is.
 */
export class AggregateKernel<K, F extends AggregateFn = AggregateFn> {
  private readonly shape: AggregateShape<F>;
  private readonly overflow: OverflowPolicy;
  private readonly onEvict: ((evicted: AggregateEvicted<K, F>) => void) | undefined;
  private readonly keys: AggregateKeys<K>;
  private readonly windows: AggregateWindows<K, F>;
  private readonly grid: WindowGrid;
  private readonly store: WindowStore;
  private readonly watermark: Watermark | undefined;
  private readonly revisions = new Revisions();
  private readonly wheel = new TimingWheel();
  private readonly tellsEach: boolean;
  private readonly mostDue: number;
  private readonly expire = (slot: number, due: number): void => this.onDue(slot, due);
  private now = 0;
  /** Windows that end here or before are over. */
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
    this.shape = aggregateShape(options);
    this.tellsEach = this.shape.emit === 'event';
    this.overflow = options.overflow ?? 'evict';
    this.onEvict = options.onEvict;
    const told = this.shape.emit === 'change' ? options.fns.length : 0;
    this.keys = new AggregateKeys(maxKeysOption('aggregate.maxKeys', options.maxKeys), told);
    this.windows = new AggregateWindows(this.shape, this.keys);
    this.grid = this.windows.grid;
    this.store = this.windows.store;
    this.mostDue = Math.min(mostPerAdvance, Math.ceil(mostWorkPerAdvance / this.store.foldCost));
    this.watermark = timed ? new Watermark(options) : undefined;
    if (snapshot !== undefined) this.restore(snapshot);
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.keys.size;
  }

  /**
   * Counts a value that came at `now` and is of the time `at`. Throws `RangeError` for a new key beyond `maxKeys` when
   * `overflow` is `'error'`.
   */
  process(key: K, value: number, now: number, at = now): 'counted' | AggregateRejection {
    this.now = notBefore(this.now, Math.floor(now));
    if (!Number.isFinite(value)) return 'not_finite';
    const time = this.watermark === undefined ? this.now : Math.floor(at);
    const untimely = this.arrive(time);
    if (untimely !== undefined) return untimely;
    let slot = this.keys.find(key);
    if (slot !== noSlot) {
      this.keys.touch(slot, this.now);
      if (this.keys.nextEnd(slot) <= this.mark) this.closeWindows(slot);
    }
    if ((time < this.mark || this.tellsEach) && this.isLate(slot, time)) return 'late';
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
    const slots = [...this.keys];
    for (const slot of slots) this.closeWindows(slot);
    for (const slot of slots) {
      this.ready.push(...this.openWindows(slot));
      this.forget(slot);
    }
    this.reset();
    return this.takeReady();
  }

  /** When `advance` has something to do: `-Infinity` for at once, also when the clock was set back; `Infinity` for never. */
  nextDue(): number {
    if (this.ready.length > 0 || this.due <= this.mark) return -Infinity;
    return this.watermark === undefined ? this.due : this.watermark.reaches(this.due);
  }

  snapshot(): AggregateSnapshot<K, F> {
    return {
      version: 1,
      shape: describeShape(this.shape),
      now: this.now,
      watermark: this.watermark?.save() ?? null,
      keys: Array.from(this.keys, (slot) => ({
        ...this.keys.save(slot),
        rows: this.store.save(slot),
        revisions: this.revisions.save(slot),
      })),
      ready: [...this.ready],
    };
  }

  private restore(snapshot: AggregateSnapshot<K, F>): void {
    requireVersion('aggregate', snapshot, 1);
    const shape = describeShape(this.shape);
    if (snapshot.shape !== shape) {
      throw new RangeError(`aggregate: a state of ${snapshot.shape} cannot be continued with ${shape}`);
    }
    if (snapshot.watermark !== null) this.watermark?.load(snapshot.watermark);
    this.turn(snapshot.now);
    this.ready = snapshot.ready.map((window) => this.windows.revived(window));
    for (const key of snapshot.keys) this.loadKey(key);
  }

  private loadKey(saved: AggregateKeySnapshot<K>): void {
    if (this.keys.full) this.evict(this.keys.oldest());
    const slot = this.keys.load(saved);
    this.store.load(slot, saved.rows);
    this.revisions.load(slot, saved.revisions);
    this.setNextEnd(slot, saved.nextEnd ?? Infinity);
  }

  private turn(now: number): void {
    this.now = notBefore(this.now, Math.floor(now));
    this.mark = this.watermark === undefined ? this.now : this.watermark.at(this.now);
  }

  /** Moves the mark to where a value of this time leaves it. */
  private arrive(time: number): UntimelyReason | undefined {
    if (!(time >= 0 && time < timesBelow)) return 'not_a_time';
    this.mark = this.now;
    return this.watermark === undefined ? undefined : this.observe(this.watermark, time);
  }

  private observe(watermark: Watermark, time: number): UntimelyReason | undefined {
    const seen = watermark.observe(time, this.now);
    this.mark = watermark.at(this.now);
    // A value behind the mark is late for the windows that are over, and not for the others.
    return seen === 'late' || seen === 'on_time' ? undefined : seen;
  }

  private isLate(slot: number, time: number): boolean {
    if (!this.tellsEach) return this.grid.lastEndOf(time) <= this.mark - this.shape.reviseMs;
    const newest = slot === noSlot ? this.mark : Math.max(this.mark, this.keys.newest(slot));
    return time < this.windows.startOf(newest + 1);
  }

  private count(slot: number, time: number, value: number): 'counted' | AggregateRejection {
    if (time < this.mark && this.shape.reviseMs > 0) return this.revise(slot, time, value);
    if (!this.store.add(slot, time, value)) return 'max_events';
    this.note(slot, time);
    if (this.tellsEach) this.tellPresent(slot);
    else if (this.keys.nextEnd(slot) - this.grid.everyMs > time) this.open(slot, time);
    return 'counted';
  }

  private note(slot: number, time: number): void {
    const newest = this.keys.newest(slot);
    if (time < newest) {
      if (time < this.keys.since(slot)) this.keys.setSince(slot, time);
      return;
    }
    if (time - newest >= this.shape.windowMs) this.noteGap(slot, time, newest);
    this.keys.setNewest(slot, time);
  }

  /** Since when a key is seen begins anew, unless a window from before the gap is still open. */
  private noteGap(slot: number, time: number, newest: number): void {
    if (this.keys.nextEnd(slot) !== Infinity) return;
    this.keys.setSince(slot, time);
    if (newest + this.shape.idleMs <= this.mark) this.keys.forgetTold(slot);
  }

  /** Makes the first open window that contains `time` the next one of its key, if that is not after it. */
  private open(slot: number, time: number): void {
    const end = Math.max(this.grid.endAfter(time), this.grid.endAfter(this.mark));
    const isOver = end - this.grid.windowMs > time;
    if (!isOver && end < this.keys.nextEnd(slot)) this.setNextEnd(slot, end);
    else if (!this.wheel.isArmed(slot)) this.armForget(slot);
  }

  private setNextEnd(slot: number, end: number): void {
    this.keys.setNextEnd(slot, end);
    if (end === Infinity) this.armForget(slot);
    else this.arm(slot, end);
  }

  private armForget(slot: number): void {
    this.arm(slot, this.keys.newest(slot) + this.shape.idleMs);
  }

  private arm(slot: number, due: number): void {
    this.wheel.arm(slot, due, this.mark);
    if (due < this.due) this.due = due;
  }

  private expireDue(): void {
    if (this.due > this.mark) return;
    this.wheel.advance(this.mark, this.expire, this.mostDue);
    this.due = this.wheel.nextDue();
    if (this.keys.size === 0) this.reset();
  }

  private onDue(slot: number, due: number): void {
    if (this.keys.nextEnd(slot) <= due) this.closeNext(slot);
    else if (this.keys.newest(slot) + this.shape.idleMs > this.mark) this.armForget(slot);
    else this.forget(slot);
  }

  private closeWindows(slot: number): void {
    while (this.keys.nextEnd(slot) <= this.mark) this.closeNext(slot);
  }

  private closeNext(slot: number): void {
    const end = this.keys.nextEnd(slot);
    this.tell(slot, end);
    const next = end + this.grid.everyMs;
    const goesOn = next - this.grid.windowMs <= this.keys.newest(slot);
    this.setNextEnd(slot, goesOn ? next : Infinity);
  }

  private tellPresent(slot: number): void {
    this.tell(slot, this.keys.newest(slot) + 1);
    if (!this.wheel.isArmed(slot)) this.armForget(slot);
  }

  private tell(slot: number, end: number): void {
    const window = this.windows.at(slot, end, 0);
    if (window !== undefined && this.isNews(slot, window)) this.ready.push(window);
  }

  private isNews(slot: number, { values }: Aggregated<K, F>): boolean {
    if (this.shape.emit !== 'change') return true;
    let isNews = false;
    for (const [index, fn] of this.shape.fns.entries()) {
      if (this.keys.tellFigure(slot, index, values[fn])) isNews = true;
    }
    return isNews;
  }

  /** Counts a late value, and tells the windows that it belongs to and that are over again. */
  private revise(slot: number, time: number, value: number): 'counted' | AggregateRejection {
    const held = this.mark - this.shape.reviseMs;
    this.revisions.forget(slot, held);
    const ends = this.grid.endsBetween(Math.max(time, held), Math.min(this.mark, this.grid.lastEndOf(time)));
    const wereTold = ends.map((end) => this.windows.hasValues(slot, end));
    if (!this.store.add(slot, time, value)) return 'max_events';
    this.note(slot, time);
    for (const [index, end] of ends.entries()) {
      this.ready.push(this.windows.at(slot, end, wereTold[index] === true ? this.revisions.next(slot, end) : 0)!);
    }
    this.open(slot, time);
    return 'counted';
  }

  private openWindows(slot: number): readonly Aggregated<K, F>[] {
    return this.windows.openFrom(slot, this.keys.nextEnd(slot), this.mark);
  }

  private takeReady(): readonly Aggregated<K, F>[] {
    const taken = this.ready;
    if (taken.length === 0) return nothing;
    this.ready = [];
    return taken;
  }

  /** A key that is idle makes room without a notice, also when its timer is late. */
  private slotForNew(key: K): number {
    const { keys } = this;
    if (keys.full) this.forgetIfIdle(keys.oldest());
    if (keys.full && this.overflow === 'reject') return noSlot;
    if (keys.full && this.overflow === 'error') {
      throw new RangeError(`aggregate: more than ${keys.maxKeys} keys (maxKeys)`);
    }
    if (keys.full) this.evict(keys.oldest());
    return keys.add(key, this.now);
  }

  private forgetIfIdle(slot: number): void {
    this.closeWindows(slot);
    const isOpen = this.keys.nextEnd(slot) !== Infinity;
    if (!isOpen && this.keys.newest(slot) + this.shape.idleMs <= this.mark) this.forget(slot);
  }

  private evict(slot: number): void {
    this.closeWindows(slot);
    const evicted = { key: this.keys.keyOf(slot), windows: this.openWindows(slot) };
    this.forget(slot);
    this.onEvict?.(evicted);
  }

  private forget(slot: number): void {
    this.wheel.cancel(slot);
    this.store.clear(slot);
    this.revisions.clear(slot);
    this.keys.remove(slot);
  }

  private reset(): void {
    this.store.reset();
    this.wheel.clear();
    this.due = Infinity;
  }
}
