import type { Sample } from '../model/sample.js';
import type { Series } from '../model/series.js';
import { Conflation, noMore } from '../operators/parts/conflation.js';
import { resized } from '../operators/parts/key-table.js';
import type { RowWriter } from './encoding.js';

/** What is kept of the last value of a series. */
const stride = 2;
const lastTime = 0;
const lastValue = 1;

/**
 * The last value of every series, and for the watched ones what has come since the last cut. Taking a sample costs a
 * few array writes, however many clients watch its series: they are served at the cut.
 */
export class SeriesBoard {
  readonly #series: Series[] = [];
  /** Of every series, as of the last cut. */
  #last = new Float64Array(1024 * stride);
  /** How many selections hold each series. */
  #watchers = new Uint32Array(1024);
  /** What has come since the last cut, of the watched series. */
  readonly #recent = new Conflation();

  get isDirty(): boolean {
    return this.#recent.size > 0;
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
    this.#last[series.sid * stride + lastTime] = Number.NEGATIVE_INFINITY;
  }

  watch(sid: number): void {
    this.#watchers[sid]!++;
  }

  unwatch(sid: number): void {
    this.#watchers[sid]!--;
    if (this.#watchers[sid]! > 0 || this.#recent.count(sid) === 0) return;
    // From now on its last value is kept up to date at every sample: nothing older may overwrite it later.
    this.#keepRecent(sid);
    this.#recent.remove(sid);
  }

  take(sample: Sample): void {
    const { sid } = sample.series;
    if (this.#watchers[sid]! > 0) this.#recent.put(sid, sample.time, sample.value);
    else this.#keep(sid, sample.time, sample.value);
  }

  /** Merges what came since the last cut into `window`, by position in `sids`. Returns whether there was anything. */
  pour(sids: readonly number[], window: Conflation): boolean {
    const recent = this.#recent;
    let any = false;
    for (let position = 0; position < sids.length; position++) {
      const sid = sids[position]!;
      const count = recent.count(sid);
      if (count === 0) continue;
      any = true;
      window.merge(position, recent.time(sid), recent.value(sid), count, recent.min(sid), recent.max(sid));
    }
    return any;
  }

  /** Ends the interval: what came in it becomes the past. */
  cut(): void {
    for (let sid = this.#recent.first(); sid !== noMore; sid = this.#recent.after(sid)) this.#keepRecent(sid);
    this.#recent.clear();
  }

  /** Whether the series had a value at the last cut. */
  hasLast(sid: number): boolean {
    return this.#last[sid * stride + lastTime]! > Number.NEGATIVE_INFINITY;
  }

  /** Its last value as of the last cut. */
  writeLast(sid: number, out: RowWriter): void {
    const last = this.#last[sid * stride + lastValue]!;
    out.row(sid, this.#last[sid * stride + lastTime]!, last, 1, last, last);
  }

  #keepRecent(sid: number): void {
    this.#keep(sid, this.#recent.time(sid), this.#recent.value(sid));
  }

  #keep(sid: number, time: number, value: number): void {
    const at = sid * stride;
    if (time < this.#last[at + lastTime]!) return;
    this.#last[at + lastTime] = time;
    this.#last[at + lastValue] = value;
  }

  #grow(needed: number): void {
    if (needed <= this.#watchers.length) return;
    const capacity = Math.max(needed, this.#watchers.length * 2);
    this.#last = resized(this.#last, capacity * stride);
    this.#watchers = resized(this.#watchers, capacity);
  }
}
