import { type AggregateFn, percentOf } from './aggregate-fn.js';
import { type PartialReader, Partials } from './partials.js';
import { QuantileSketch } from './quantile-sketch.js';
import type { WindowStore } from './window-store.js';

export interface PaneRingOptions {
  readonly fns: readonly AggregateFn[];
  /** Length of a pane: windows start and end at its bounds. */
  readonly paneMs: number;
  /** How many panes are kept for each slot, the newest one included. */
  readonly panes: number;
  /** Panes start at whole multiples of `paneMs`, moved by this. Default 0. */
  readonly offsetMs?: number;
}

/** Before the panes of a slot: when the newest one starts, and its place. */
const headDoubles = 2;
/** Slots whose panes lie in one typed array: of 256 kB, more or less, so that growing never takes long. */
const chunkDoubles = 32_768;
/** Merging two sketches is about so many times the work of merging two records. */
const sketchCost = 50;

/**
 * The values of many keys as a fixed number of panes each: what is kept of a pane are a few numbers, whatever the number
 * of values. A value that comes late goes into its own pane. Figures are exact, but for percentiles.
 *
 * Cost: O(1) a value, O(panes) a window. Memory a slot: (2 + panes × width of the {@link Partials}) × 8 bytes, and the
 * bins of a {@link QuantileSketch} a pane that has values, if there are percentiles.
 *
 * Panes, not tuples: Li, Maier, Tufte et al., SIGMOD Record 2005.
 *
 * @example
 * const ring = new PaneRing({ fns: ['avg', 'max'], paneMs: 1_000, panes: 60 });
 * ring.add(slot, time, value);
 * if (ring.fold(slot, end - 60_000, end) > 0) console.log(ring.figure(0), ring.figure(1));
 */
export class PaneRing implements WindowStore {
  readonly foldCost: number;
  private readonly paneMs: number;
  private readonly panes: number;
  private readonly offsetMs: number;
  private readonly partials: Partials;
  private readonly readers: readonly PartialReader[];
  private readonly folded: Float64Array;
  private readonly width: number;
  private readonly slotDoubles: number;
  private readonly chunkBits: number;
  private readonly chunkMask: number;
  private chunks: (Float64Array | undefined)[] = [];
  /** By slot and place; absent when no figure is a percentile. An array, because a large map stalls when it grows. */
  private sketches: (QuantileSketch[] | undefined)[] | undefined;
  private readonly foldedSketch = new QuantileSketch();

  constructor({ fns, paneMs, panes, offsetMs = 0 }: PaneRingOptions) {
    this.paneMs = paneMs;
    this.panes = panes;
    this.offsetMs = offsetMs;
    this.partials = new Partials(fns);
    this.readers = fns.map((fn) => this.readerOf(fn));
    this.width = this.partials.width;
    this.folded = new Float64Array(this.width);
    this.slotDoubles = headDoubles + panes * this.width;
    this.chunkBits = Math.max(0, Math.floor(Math.log2(chunkDoubles / this.slotDoubles)));
    this.chunkMask = (1 << this.chunkBits) - 1;
    if (fns.some((fn) => percentOf(fn) !== undefined)) this.sketches = [];
    this.foldCost = panes * (this.sketches === undefined ? 1 : sketchCost);
  }

  startFrom(time: number): number {
    return Math.ceil((time - this.offsetMs) / this.paneMs) * this.paneMs + this.offsetMs;
  }

  /** False for a value that is older than the panes. */
  add(slot: number, time: number, value: number): boolean {
    const records = this.recordsOf(slot);
    const head = this.headOf(slot);
    const age = records[head]! - time;
    const isNewest = age <= 0 && age > -this.paneMs;
    const place = isNewest ? records[head + 1]! : this.placeOf(slot, records, head, time);
    if (place < 0) return false;
    this.partials.add(records, head + headDoubles + place * this.width, time, value);
    if (this.sketches !== undefined) this.sketchAt(slot, place).add(value);
    return true;
  }

  fold(slot: number, start: number, end: number): number {
    this.folded[0] = 0;
    this.foldedSketch.clear();
    const records = this.recordsOf(slot);
    const head = this.headOf(slot);
    const newest = records[head]!;
    // In panes before the newest one.
    const oldest = Math.min(this.panes - 1, Math.floor((newest - start) / this.paneMs));
    const youngest = Math.max(0, Math.floor((newest - end) / this.paneMs) + 1);
    for (let back = oldest; back >= youngest; back -= 1) this.foldPane(slot, records, head, back);
    return this.folded[0]!;
  }

  figure(index: number): number {
    return this.readers[index]!(this.folded, 0);
  }

  clear(slot: number): void {
    const records = this.recordsOf(slot);
    const head = this.headOf(slot);
    records[head] = -Infinity;
    for (let place = 0; place < this.panes; place += 1) records[head + headDoubles + place * this.width] = 0;
    if (this.sketches !== undefined && slot < this.sketches.length) this.sketches[slot] = undefined;
  }

  reset(): void {
    this.chunks = [];
    if (this.sketches !== undefined) this.sketches = [];
  }

  /** `[start of the pane, …its record, …its sketch]`, oldest first. */
  save(slot: number): readonly (readonly number[])[] {
    const records = this.recordsOf(slot);
    const head = this.headOf(slot);
    const rows: number[][] = [];
    for (let back = this.panes - 1; back >= 0; back -= 1) {
      const place = this.back(records[head + 1]!, back);
      const at = head + headDoubles + place * this.width;
      if (records[at] === 0) continue;
      const start = records[head]! - back * this.paneMs;
      const sketch = this.sketches === undefined ? [] : this.sketchAt(slot, place).save();
      rows.push([start, ...records.subarray(at, at + this.width), ...sketch]);
    }
    return rows;
  }

  load(slot: number, rows: readonly (readonly number[])[]): void {
    const records = this.recordsOf(slot);
    const head = this.headOf(slot);
    for (const [start = 0, ...numbers] of rows) {
      const place = this.rotate(slot, records, head, start);
      records.set(numbers.slice(0, this.width), head + headDoubles + place * this.width);
      if (this.sketches !== undefined) this.sketchAt(slot, place).load(numbers.slice(this.width));
    }
  }

  private readerOf(fn: AggregateFn): PartialReader {
    const percent = percentOf(fn);
    if (percent === undefined) return this.partials.reader(fn);
    return () => this.foldedSketch.percentile(percent);
  }

  private foldPane(slot: number, records: Float64Array, head: number, back: number): void {
    const place = this.back(records[head + 1]!, back);
    const at = head + headDoubles + place * this.width;
    if (records[at] === 0) return;
    this.partials.merge(this.folded, 0, records, at);
    if (this.sketches !== undefined) this.foldedSketch.merge(this.sketchAt(slot, place));
  }

  /** Place of the pane of a time that is not in the newest one; negative when it is gone. */
  private placeOf(slot: number, records: Float64Array, head: number, time: number): number {
    if (time > records[head]!) return this.rotate(slot, records, head, time);
    const back = Math.ceil((records[head]! - time) / this.paneMs);
    return back < this.panes ? this.back(records[head + 1]!, back) : -1;
  }

  /** Goes on to the pane of `time`, the new newest one, and clears it and those between. Its place. */
  private rotate(slot: number, records: Float64Array, head: number, time: number): number {
    const start = Math.floor((time - this.offsetMs) / this.paneMs) * this.paneMs + this.offsetMs;
    const skipped = Math.min(this.panes, Math.round((start - records[head]!) / this.paneMs));
    let place = records[head + 1]!;
    for (let left = skipped; left > 0; left -= 1) {
      place = place + 1 === this.panes ? 0 : place + 1;
      records[head + headDoubles + place * this.width] = 0;
      this.sketches?.[slot]?.[place]?.clear();
    }
    records[head] = start;
    records[head + 1] = place;
    return place;
  }

  private back(place: number, panes: number): number {
    return place >= panes ? place - panes : place - panes + this.panes;
  }

  private sketchAt(slot: number, place: number): QuantileSketch {
    const sketches = this.sketches!;
    while (sketches.length <= slot) sketches.push(undefined);
    const ofSlot = sketches[slot] ?? [];
    sketches[slot] = ofSlot;
    ofSlot[place] ??= new QuantileSketch();
    return ofSlot[place];
  }

  private headOf(slot: number): number {
    return (slot & this.chunkMask) * this.slotDoubles;
  }

  private recordsOf(slot: number): Float64Array {
    const chunk = slot >> this.chunkBits;
    return this.chunks[chunk] ?? this.allocate(chunk);
  }

  private allocate(chunk: number): Float64Array {
    while (this.chunks.length <= chunk) this.chunks.push(undefined);
    const records = new Float64Array(this.slotDoubles << this.chunkBits);
    for (let head = 0; head < records.length; head += this.slotDoubles) records[head] = -Infinity;
    this.chunks[chunk] = records;
    return records;
  }
}
