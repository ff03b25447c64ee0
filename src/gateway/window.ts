import type { RowWriter } from './encoding.js';

const stride = 5;

/**
 * What happened to the series of one selection since its last flush: for each the latest value, and count, min and max
 * of what was merged into it. Shared by all subscriptions of that selection that were last flushed together. Costs
 * memory by number of series, and none before the first change.
 */
export class Window {
  #table: Float64Array | undefined;
  /** Positions with a count above 0, in the order of their first change. */
  #dirty: number[] = [];

  get size(): number {
    return this.#dirty.length;
  }

  /** Merges one interval of the series at `position`. Returns `true` when it is the first since the last flush. */
  merge(position: number, time: number, value: number, count: number, min: number, max: number): boolean {
    const table = this.#room(position);
    const at = position * stride;
    if (table[at + 2] === 0) {
      table[at] = time;
      table[at + 1] = value;
      table[at + 2] = count;
      table[at + 3] = min;
      table[at + 4] = max;
      return this.#dirty.push(position) === 1;
    }
    if (time >= table[at]!) {
      table[at] = time;
      table[at + 1] = value;
    }
    table[at + 2]! += count;
    if (min < table[at + 3]!) table[at + 3] = min;
    if (max > table[at + 4]!) table[at + 4] = max;
    return false;
  }

  /** `sids[position]` is the series at `position`. */
  write(sids: readonly number[], out: RowWriter): void {
    const table = this.#table!;
    for (const position of this.#dirty) {
      const at = position * stride;
      out.row(sids[position]!, table[at]!, table[at + 1]!, table[at + 2]!, table[at + 3]!, table[at + 4]!);
    }
  }

  clear(): void {
    for (const position of this.#dirty) this.#table![position * stride + 2] = 0;
    this.#dirty = [];
  }

  /** Another window with the same content. */
  clone(): Window {
    const copy = new Window();
    copy.#table = this.#table?.slice();
    copy.#dirty = this.#dirty.slice();
    return copy;
  }

  #room(position: number): Float64Array {
    const needed = (position + 1) * stride;
    const table = this.#table;
    if (table !== undefined && needed <= table.length) return table;
    const grown = new Float64Array(Math.max(needed, (table?.length ?? 0) * 2, 4 * stride));
    if (table !== undefined) grown.set(table);
    this.#table = grown;
    return grown;
  }
}
