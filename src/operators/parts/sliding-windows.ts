import { Blocks, noBlock } from './blocks.js';
import type { Cells } from './key-table.js';
import { longestWindow, type RateStore, type RateWindow } from './rate-windows.js';

/** Records lie together in pages of about this many numbers, so that growth copies nothing and leaves no slack. */
const pageNumbers = 16_384;
/** A record: where in its ring the next time goes, how many times count, the block that the ring lies in, and a short ring. */
const counted = 1;
const block = 2;
const ring = 3;
/** A ring grows by this factor. */
const growth = 4;
const shortRing = 16;
/** The cell of a slot: time of its newest item. */
const newestCell = 0;

/**
 * Exact sliding windows: each key has one ring with the times of its last accepted items, shared by all its windows.
 *
 * A window of `max` is full exactly when the `max`-th newest item is still inside it, so each window costs one look
 * into the ring. Times are kept modulo 2^32, as ages from the newest one: what was at least the longest window (at most
 * 2^31 ms) older than a new item is let go. A ring grows as far as its key needs, so that a high limit costs nothing
 * where it is not used.
 */
export class SlidingWindows implements RateStore {
  private readonly windows: readonly RateWindow[];
  private readonly cells: Cells;
  private readonly longestMs: number;
  /** Sizes of rings. The first one lies in the record, longer ones in blocks. */
  private readonly sizes: readonly number[];
  private readonly shortSize: number;
  private readonly blocks: Blocks;
  private readonly recordSize: number;
  /** A page holds the records of `2 ** shift` slots. */
  private readonly shift: number;
  private pages: Uint32Array[] = [];

  /** One of the `cells` of a slot is needed. */
  constructor(windows: readonly RateWindow[], cells: Cells) {
    this.windows = windows;
    this.cells = cells;
    this.longestMs = longestWindow(windows);
    this.sizes = ringSizes(Math.max(...windows.map((window) => window.max)));
    this.shortSize = this.sizes[0]!;
    this.blocks = new Blocks(this.sizes.slice(1));
    this.recordSize = ring + this.shortSize;
    this.shift = Math.floor(Math.log2(pageNumbers / this.recordSize));
  }

  roomAt(slot: number, now: number): number {
    const newest = this.cells.cell(slot, newestCell);
    const sinceMs = now - newest;
    if (sinceMs >= this.longestMs) return now;
    const page = this.page(slot);
    const start = this.start(slot);
    const count = page[start + counted]!;
    let room = now;
    for (const { max, perMs } of this.windows) {
      if (count < max || sinceMs >= perMs) continue;
      const opens = newest - this.age(page, start, max, newest) + perMs;
      if (opens > room) room = opens;
    }
    return room;
  }

  record(slot: number, now: number): void {
    const page = this.page(slot);
    const start = this.start(slot);
    this.trim(page, start, this.cells.cell(slot, newestCell), now);
    if (page[start + counted]! === this.sizeOf(page[start + block]!)) this.grow(slot, page, start);
    this.push(page, start, now);
    this.cells.setCell(slot, newestCell, now);
  }

  before(): readonly number[] {
    return [];
  }

  undo(slot: number, at: number, now: number): void {
    const times = this.save(slot);
    const found = times.lastIndexOf(at);
    if (found >= 0) this.load(slot, now, times.toSpliced(found, 1));
  }

  clear(slot: number): void {
    const page = this.page(slot);
    const start = this.start(slot);
    if (page[start + block] !== noBlock) this.blocks.give(page[start + block]!);
    page.fill(0, start, start + ring);
  }

  reset(): void {
    this.pages = [];
    this.blocks.clear();
  }

  /** The times that count, oldest first. */
  save(slot: number): number[] {
    const page = this.page(slot);
    const start = this.start(slot);
    const newest = this.cells.cell(slot, newestCell);
    const times: number[] = [];
    for (let nth = page[start + counted]!; nth > 0; nth -= 1) times.push(newest - this.age(page, start, nth, newest));
    return times;
  }

  load(slot: number, now: number, times: readonly number[]): void {
    this.clear(slot);
    for (const time of times.slice(-this.sizes.at(-1)!)) {
      if (now - time < this.longestMs) this.record(slot, time);
    }
  }

  private trim(page: Uint32Array, start: number, newest: number, now: number): void {
    const sinceMs = now - newest;
    let count = page[start + counted]!;
    if (sinceMs >= this.longestMs) count = 0;
    while (count > 0 && sinceMs + this.age(page, start, count, newest) >= this.longestMs) count -= 1;
    page[start + counted] = count;
  }

  /** How much older than the newest time the `nth` newest is. */
  private age(page: Uint32Array, start: number, nth: number, newest: number): number {
    const long = page[start + block]!;
    const place = page[start]! - nth;
    if (long !== noBlock) return this.longAge(long, place, newest);
    return (newest - page[start + ring + (place < 0 ? place + this.shortSize : place)]!) >>> 0;
  }

  private longAge(long: number, place: number, newest: number): number {
    const { blocks } = this;
    return (newest - blocks.page(long)[blocks.start(long) + (place < 0 ? place + blocks.size(long) : place)]!) >>> 0;
  }

  private push(page: Uint32Array, start: number, time: number): void {
    const place = page[start]!;
    const long = page[start + block]!;
    const size = this.sizeOf(long);
    if (long === noBlock) page[start + ring + place] = time;
    else this.blocks.page(long)[this.blocks.start(long) + place] = time;
    page[start] = place + 1 === size ? 0 : place + 1;
    if (page[start + counted]! < size) page[start + counted]! += 1;
  }

  private grow(slot: number, page: Uint32Array, start: number): void {
    const old = page[start + block]!;
    const nth = old === noBlock ? 1 : this.blocks.nth(old) + 1;
    if (nth === this.sizes.length) return;
    const times = this.save(slot);
    this.clear(slot);
    page[start + block] = this.blocks.take(nth);
    for (const time of times) this.push(page, start, time);
  }

  private sizeOf(long: number): number {
    return long === noBlock ? this.shortSize : this.blocks.size(long);
  }

  private page(slot: number): Uint32Array {
    const number = slot >> this.shift;
    let page = this.pages[number];
    if (page === undefined) {
      page = new Uint32Array(this.recordSize << this.shift);
      this.pages[number] = page;
    }
    return page;
  }

  private start(slot: number): number {
    return (slot & ((1 << this.shift) - 1)) * this.recordSize;
  }
}

/** The largest, and before it some that are clearly smaller: 16, 64, 100. */
function ringSizes(largest: number): readonly number[] {
  const sizes: number[] = [];
  for (let size = shortRing; size * 1.5 < largest; size *= growth) sizes.push(size);
  return [...sizes, largest];
}
