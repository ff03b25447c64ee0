import type { MetricPoint } from '../../client/index.js';

/** Width of a pane: nothing finer is kept. */
export const paneMs = 250;

const firstCapacity = 256;
/** A quarter hour of panes, and a quarter more, so that old ones leave in batches. */
const lastCapacity = 4800;
const shortestGapMs = 2500;
const gapIntervals = 3.5;

/** What came within one pane: the last value at its time, and the extremes. */
export interface Pane {
  readonly time: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The recent past of one series, as panes of last, lowest and highest value in typed arrays that are oldest first and
 * grow as needed. When they are full the oldest quarter leaves.
 */
export class Points {
  times = new Float64Array(firstCapacity);
  values = new Float64Array(firstCapacity);
  lows = new Float64Array(firstCapacity);
  highs = new Float64Array(firstCapacity);
  length = 0;
  #intervalMs = 0;

  /** A point from the past is dropped: panes are only ever added at the end. */
  add({ time, value, min, max }: Pick<MetricPoint, 'time' | 'value' | 'min' | 'max'>): void {
    const last = this.length - 1;
    const since = last < 0 ? Infinity : time - this.times[last]!;
    if (since <= 0) return;
    if (last >= 0 && Math.floor(time / paneMs) === Math.floor(this.times[last]! / paneMs)) {
      this.#write(last, time, value, Math.min(min, this.lows[last]!), Math.max(max, this.highs[last]!));
      return;
    }
    this.#learn(since);
    if (this.length === this.times.length) this.#makeRoom();
    this.#write(this.length++, time, value, min, max);
  }

  /** A pause longer than this is a gap and is not drawn over. */
  get gapMs(): number {
    return Math.max(shortestGapMs, gapIntervals * this.#intervalMs);
  }

  pane(index: number): Pane | undefined {
    if (index < 0 || index >= this.length) return undefined;
    return {
      time: this.times[index]!,
      value: this.values[index]!,
      low: this.lows[index]!,
      high: this.highs[index]!,
    };
  }

  /** Index of the first pane at or after `time`. */
  indexOf(time: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle]! < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Follows the usual pause between points; a gap teaches nothing, except at the start. */
  #learn(since: number): void {
    if (since === Infinity) return;
    if (this.#intervalMs === 0) this.#intervalMs = since;
    else if (since <= this.gapMs) this.#intervalMs += (since - this.#intervalMs) / 8;
  }

  #write(index: number, time: number, value: number, low: number, high: number): void {
    this.times[index] = time;
    this.values[index] = value;
    this.lows[index] = low;
    this.highs[index] = high;
  }

  #makeRoom(): void {
    if (this.length < lastCapacity) this.#resize(Math.min(lastCapacity, this.length * 2));
    else this.#forget(lastCapacity / 4);
  }

  #resize(capacity: number): void {
    this.times = grown(this.times, capacity);
    this.values = grown(this.values, capacity);
    this.lows = grown(this.lows, capacity);
    this.highs = grown(this.highs, capacity);
  }

  #forget(count: number): void {
    for (const array of [this.times, this.values, this.lows, this.highs]) array.copyWithin(0, count);
    this.length -= count;
  }
}

function grown(array: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(array);
  return larger;
}
