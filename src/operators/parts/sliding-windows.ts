import { longestWindow, type RateStore, type RateWindow } from './rate-windows.js';

/** Records lie together in pages of about this many numbers, so that growth copies nothing and leaves no slack. */
const pageNumbers = 16_384;
/** A record: where in its ring the next time goes, how many times count, and the ring. */
const counted = 1;
const ring = 2;

type Page = Uint32Array<ArrayBuffer>;

/**
 * Exact sliding windows: each key has one ring with the times of its last accepted items, shared by all its windows.
 *
 * A window of `max` is full exactly when the `max`-th newest item is still inside it, so each window costs one look
 * into the ring. Times are kept modulo 2^32: ages stay below that, because what has left the longest window (at most
 * 2^31 ms) is trimmed, and because the caller clears a slot that was not touched for that long.
 */
export class SlidingWindows implements RateStore {
  private readonly windows: readonly RateWindow[];
  private readonly longestMs: number;
  private readonly size: number;
  /** A page holds the records of `2 ** shift` slots. */
  private readonly shift: number;
  private pages: Page[] = [];

  constructor(windows: readonly RateWindow[]) {
    this.windows = windows;
    this.longestMs = longestWindow(windows);
    this.size = Math.max(...windows.map((window) => window.max));
    this.shift = Math.max(0, Math.floor(Math.log2(pageNumbers / (ring + this.size))));
  }

  roomAt(slot: number, now: number): number {
    const page = this.page(slot);
    const start = this.start(slot);
    this.trim(page, start, now);
    let room = now;
    for (const { max, perMs } of this.windows) {
      if (page[start + counted]! < max) continue;
      const opens = now + perMs - this.age(page, start, max, now);
      if (opens > room) room = opens;
    }
    return room;
  }

  record(slot: number, now: number): void {
    const page = this.page(slot);
    const start = this.start(slot);
    const head = page[start]!;
    page[start + ring + head] = now;
    page[start] = head + 1 === this.size ? 0 : head + 1;
    if (page[start + counted]! < this.size) page[start + counted]! += 1;
  }

  before(): readonly number[] {
    return [];
  }

  undo(slot: number, at: number, now: number): void {
    const times = this.save(slot, now);
    const found = times.lastIndexOf(at);
    if (found >= 0) this.load(slot, now, times.toSpliced(found, 1));
  }

  clear(slot: number): void {
    this.page(slot)[this.start(slot) + counted] = 0;
  }

  reset(): void {
    this.pages = [];
  }

  /** The times that count, oldest first. */
  save(slot: number, now: number): number[] {
    const page = this.page(slot);
    const start = this.start(slot);
    const times: number[] = [];
    for (let nth = page[start + counted]!; nth > 0; nth -= 1) times.push(now - this.age(page, start, nth, now));
    return times;
  }

  load(slot: number, now: number, times: readonly number[]): void {
    this.clear(slot);
    for (const time of times.slice(-this.size)) {
      if (now - time < this.longestMs) this.record(slot, time);
    }
  }

  private trim(page: Page, start: number, now: number): void {
    let count = page[start + counted]!;
    while (count > 0 && this.age(page, start, count, now) >= this.longestMs) count -= 1;
    page[start + counted] = count;
  }

  /** Age of the `nth` newest time, modulo 2^32. */
  private age(page: Page, start: number, nth: number, now: number): number {
    const index = page[start]! - nth;
    return (now - page[start + ring + (index < 0 ? index + this.size : index)]!) >>> 0;
  }

  private page(slot: number): Page {
    const number = slot >> this.shift;
    let page = this.pages[number];
    if (page === undefined) {
      page = new Uint32Array((ring + this.size) << this.shift);
      this.pages[number] = page;
    }
    return page;
  }

  private start(slot: number): number {
    return (slot & ((1 << this.shift) - 1)) * (ring + this.size);
  }
}
