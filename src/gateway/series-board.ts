import type { Sample } from '../model/sample.js';
import type { Series } from '../model/series.js';
import type { RowWriter } from './encoding.js';
import type { Window } from './window.js';

/** Columns of one series: its last value as of the last cut, then what came since. */
const stride = 7;
const lastTime = 0;
const lastValue = 1;
const time = 2;
const value = 3;
const count = 4;
const min = 5;
const max = 6;

/**
 * The last value of every series, and for the watched ones what has come since the last cut. Taking a sample costs a
 * few array writes, however many clients watch its series: they are served at the cut.
 */
export class SeriesBoard {
  readonly #series: Series[] = [];
  #table = new Float64Array(1024 * stride);
  /** How many selections hold each series. */
  #watchers = new Uint32Array(1024);
  /** Watched series that have something new since the last cut. */
  #dirty: number[] = [];

  get isDirty(): boolean {
    return this.#dirty.length > 0;
  }

  has(sid: number): boolean {
    return this.#series[sid] !== undefined;
  }

  series(sid: number): Series {
    return this.#series[sid]!;
  }

  /** Makes room for a series; to be called before its first sample is taken. */
  admit(series: Series): void {
    this.#series[series.sid] = series;
    this.#grow(series.sid + 1);
    this.#table[series.sid * stride + lastTime] = Number.NEGATIVE_INFINITY;
  }

  watch(sid: number): void {
    this.#watchers[sid]!++;
  }

  unwatch(sid: number): void {
    this.#watchers[sid]!--;
    // From now on its last value is kept up to date at every sample: nothing older may overwrite it later.
    if (this.#watchers[sid] === 0) this.#fold(sid);
  }

  take(sample: Sample): void {
    const { sid } = sample.series;
    if (this.#watchers[sid]! > 0) this.#accumulate(sid, sample.time, sample.value);
    else this.#keep(sid * stride, sample.time, sample.value);
  }

  /** Merges what came since the last cut into `window`, by position in `sids`. Returns whether there was anything. */
  pour(sids: readonly number[], window: Window): boolean {
    const table = this.#table;
    let any = false;
    for (let position = 0; position < sids.length; position++) {
      const at = sids[position]! * stride;
      if (table[at + count] === 0) continue;
      any = true;
      window.merge(
        position,
        table[at + time]!,
        table[at + value]!,
        table[at + count]!,
        table[at + min]!,
        table[at + max]!,
      );
    }
    return any;
  }

  /** Ends the interval: what came in it becomes the past. */
  cut(): void {
    for (const sid of this.#dirty) this.#fold(sid);
    this.#dirty = [];
  }

  /** Whether the series had a value at the last cut. */
  hasLast(sid: number): boolean {
    return this.#table[sid * stride + lastTime]! > Number.NEGATIVE_INFINITY;
  }

  /** Its last value as of the last cut. */
  writeLast(sid: number, out: RowWriter): void {
    const last = this.#table[sid * stride + lastValue]!;
    out.row(sid, this.#table[sid * stride + lastTime]!, last, 1, last, last);
  }

  #keep(at: number, sampleTime: number, sampleValue: number): void {
    const table = this.#table;
    if (sampleTime < table[at + lastTime]!) return;
    table[at + lastTime] = sampleTime;
    table[at + lastValue] = sampleValue;
  }

  #accumulate(sid: number, sampleTime: number, sampleValue: number): void {
    const table = this.#table;
    const at = sid * stride;
    const earlier = table[at + count]!;
    table[at + count] = earlier + 1;
    if (earlier === 0) {
      this.#dirty.push(sid);
      table[at + time] = sampleTime;
      table[at + value] = sampleValue;
      table[at + min] = sampleValue;
      table[at + max] = sampleValue;
      return;
    }
    if (sampleTime >= table[at + time]!) {
      table[at + time] = sampleTime;
      table[at + value] = sampleValue;
    }
    if (sampleValue < table[at + min]!) table[at + min] = sampleValue;
    if (sampleValue > table[at + max]!) table[at + max] = sampleValue;
  }

  #fold(sid: number): void {
    const at = sid * stride;
    if (this.#table[at + count] === 0) return;
    this.#table[at + count] = 0;
    this.#keep(at, this.#table[at + time]!, this.#table[at + value]!);
  }

  #grow(needed: number): void {
    if (needed <= this.#watchers.length) return;
    const capacity = Math.max(needed, this.#watchers.length * 2);
    const table = new Float64Array(capacity * stride);
    table.set(this.#table);
    this.#table = table;
    const watchers = new Uint32Array(capacity);
    watchers.set(this.#watchers);
    this.#watchers = watchers;
  }
}
