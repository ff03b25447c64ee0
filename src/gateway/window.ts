import type { RowWriter } from './encoding.js';

const stride = 5;
const time = 0;
const value = 1;
const count = 2;
const min = 3;
const max = 4;

/**
 * What happened to the series of one selection since its last flush: for each the latest value, and count, min and max
 * of what was merged into it. Shared by all subscriptions of that selection that were last flushed together. Costs
 * memory by number of series, and none before the first change.
 */
export class Window {
  #table = new Float64Array(0);
  /** Positions with a count above 0, in the order of their first change. */
  #dirty = new Uint32Array(0);
  #size = 0;

  /** Number of series that have changed. */
  get size(): number {
    return this.#size;
  }

  /** Merges one interval of the series at `position`. */
  merge(position: number, toTime: number, toValue: number, more: number, low: number, high: number): void {
    if (position >= this.#dirty.length) this.#grow(position + 1);
    const table = this.#table;
    const at = position * stride;
    if (table[at + count] === 0) {
      table[at + time] = toTime;
      table[at + value] = toValue;
      table[at + count] = more;
      table[at + min] = low;
      table[at + max] = high;
      this.#dirty[this.#size++] = position;
      return;
    }
    if (toTime >= table[at + time]!) {
      table[at + time] = toTime;
      table[at + value] = toValue;
    }
    table[at + count]! += more;
    if (low < table[at + min]!) table[at + min] = low;
    if (high > table[at + max]!) table[at + max] = high;
  }

  /** `sids[position]` is the series at `position`. */
  write(sids: readonly number[], out: RowWriter): void {
    const table = this.#table;
    for (let i = 0; i < this.#size; i++) {
      const position = this.#dirty[i]!;
      const at = position * stride;
      out.row(
        sids[position]!,
        table[at + time]!,
        table[at + value]!,
        table[at + count]!,
        table[at + min]!,
        table[at + max]!,
      );
    }
  }

  clear(): void {
    for (let i = 0; i < this.#size; i++) this.#table[this.#dirty[i]! * stride + count] = 0;
    this.#size = 0;
  }

  /** Another window with the same content. */
  clone(): Window {
    const copy = new Window();
    copy.#table = this.#table.slice();
    copy.#dirty = this.#dirty.slice();
    copy.#size = this.#size;
    return copy;
  }

  #grow(needed: number): void {
    const capacity = Math.max(needed, this.#dirty.length * 2, 4);
    const table = new Float64Array(capacity * stride);
    table.set(this.#table);
    this.#table = table;
    const dirty = new Uint32Array(capacity);
    dirty.set(this.#dirty);
    this.#dirty = dirty;
  }
}
