import { longestWindow, type RateStore, type RateWindow } from './rate-windows.js';

/** Rings lie together in pages of about this many times, so that growth copies nothing and leaves no slack. */
const pageTimes = 16_384;

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
  private readonly ring: number;
  /** A page holds the rings of `2 ** shift` slots. */
  private readonly shift: number;
  private pages: Uint32Array<ArrayBuffer>[] = [];
  /** Per slot: where in the ring the next time goes, and how many times count. */
  private heads = new Uint16Array(0);
  private counts = new Uint16Array(0);

  constructor(windows: readonly RateWindow[]) {
    this.windows = windows;
    this.longestMs = longestWindow(windows);
    this.ring = Math.max(...windows.map((window) => window.max));
    this.shift = Math.max(0, Math.floor(Math.log2(pageTimes / this.ring)));
  }

  roomAt(slot: number, now: number): number {
    this.trim(slot, now);
    let room = now;
    for (const { max, perMs } of this.windows) {
      if (this.counts[slot]! < max) continue;
      const leaves = perMs - this.age(slot, max, now);
      if (now + leaves > room) room = now + leaves;
    }
    return room;
  }

  record(slot: number, now: number): void {
    const head = this.heads[slot]!;
    this.page(slot)[this.offset(slot) + head] = now;
    this.heads[slot] = head + 1 === this.ring ? 0 : head + 1;
    if (this.counts[slot]! < this.ring) this.counts[slot]! += 1;
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
    this.counts[slot] = 0;
    this.heads[slot] = 0;
  }

  resize(capacity: number): void {
    const shorter = capacity < this.counts.length;
    const { heads, counts } = this;
    this.heads = new Uint16Array(capacity);
    this.counts = new Uint16Array(capacity);
    if (shorter) {
      this.pages = [];
    } else {
      this.heads.set(heads);
      this.counts.set(counts);
    }
  }

  /** The times that count, oldest first. */
  save(slot: number, now: number): number[] {
    const times: number[] = [];
    for (let nth = this.counts[slot]!; nth > 0; nth -= 1) times.push(now - this.age(slot, nth, now));
    return times;
  }

  load(slot: number, now: number, times: readonly number[]): void {
    this.clear(slot);
    for (const time of times.slice(-this.ring)) {
      if (now - time < this.longestMs) this.record(slot, time);
    }
  }

  private trim(slot: number, now: number): void {
    let count = this.counts[slot]!;
    while (count > 0 && this.age(slot, count, now) >= this.longestMs) count -= 1;
    this.counts[slot] = count;
  }

  /** Age of the `nth` newest time, modulo 2^32. */
  private age(slot: number, nth: number, now: number): number {
    const index = this.heads[slot]! - nth;
    const time = this.page(slot)[this.offset(slot) + (index < 0 ? index + this.ring : index)]!;
    return (now - time) >>> 0;
  }

  private page(slot: number): Uint32Array<ArrayBuffer> {
    const number = slot >> this.shift;
    let page = this.pages[number];
    if (page === undefined) {
      page = new Uint32Array(this.ring << this.shift);
      this.pages[number] = page;
    }
    return page;
  }

  private offset(slot: number): number {
    return (slot & ((1 << this.shift) - 1)) * this.ring;
  }
}
