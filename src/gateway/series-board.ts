import type { Sample } from '../model/sample.js';
import type { Series } from '../model/series.js';
import type { RowWriter } from './encoding.js';

/** Columns of one series: its last value, then what came since the last cut. */
const stride = 7;
const lastTime = 0;
const lastValue = 1;
const cutTime = 2;
const cutValue = 3;
const cutCount = 4;
const cutMin = 5;
const cutMax = 6;

/**
 * The last value of every series, and for the watched ones what has come since the last cut. Taking a sample costs a
 * few array writes, however many clients watch its series: they are served at the cut.
 */
export class SeriesBoard {
  readonly #series: Series[] = [];
  #table = new Float64Array(1024 * stride);
  #watched = new Uint8Array(1024);
  #dirty: number[] = [];

  /** Number of watched series that have something new since the last cut. */
  get dirtyCount(): number {
    return this.#dirty.length;
  }

  series(sid: number): Series {
    return this.#series[sid]!;
  }

  watch(sid: number, watched: boolean): void {
    this.#watched[sid] = watched ? 1 : 0;
  }

  has(sid: number): boolean {
    return this.#series[sid] !== undefined;
  }

  /** Makes room for a series; to be called before its first sample is taken. */
  admit(series: Series): void {
    this.#series[series.sid] = series;
    this.#grow(series.sid + 1);
    this.#table[series.sid * stride + lastTime] = Number.NEGATIVE_INFINITY;
  }

  take(sample: Sample): void {
    const { sid } = sample.series;
    const { time, value } = sample;
    const at = sid * stride;
    if (time >= this.#table[at + lastTime]!) {
      this.#table[at + lastTime] = time;
      this.#table[at + lastValue] = value;
    }
    if (this.#watched[sid] === 1) this.#accumulate(sid, time, value);
  }

  /** Starts the next interval; calls `each` with every series that had something in the one that ends. */
  cut(each: (sid: number, time: number, value: number, count: number, min: number, max: number) => void): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    const table = this.#table;
    for (const sid of dirty) {
      const at = sid * stride;
      const count = table[at + cutCount]!;
      table[at + cutCount] = 0;
      each(sid, table[at + cutTime]!, table[at + cutValue]!, count, table[at + cutMin]!, table[at + cutMax]!);
    }
  }

  writeLast(sid: number, out: RowWriter): void {
    const time = this.#table[sid * stride + lastTime]!;
    const value = this.#table[sid * stride + lastValue]!;
    out.row(sid, time, value, 1, value, value);
  }

  #accumulate(sid: number, time: number, value: number): void {
    const table = this.#table;
    const at = sid * stride;
    const count = table[at + cutCount]!;
    table[at + cutCount] = count + 1;
    if (count === 0) {
      this.#dirty.push(sid);
      table[at + cutTime] = time;
      table[at + cutValue] = value;
      table[at + cutMin] = value;
      table[at + cutMax] = value;
      return;
    }
    if (time >= table[at + cutTime]!) {
      table[at + cutTime] = time;
      table[at + cutValue] = value;
    }
    if (value < table[at + cutMin]!) table[at + cutMin] = value;
    if (value > table[at + cutMax]!) table[at + cutMax] = value;
  }

  #grow(needed: number): void {
    if (needed <= this.#watched.length) return;
    const capacity = Math.max(needed, this.#watched.length * 2);
    const table = new Float64Array(capacity * stride);
    table.set(this.#table);
    this.#table = table;
    const watched = new Uint8Array(capacity);
    watched.set(this.#watched);
    this.#watched = watched;
  }
}
