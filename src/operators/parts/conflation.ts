/** Of `first` and `after`: there is no more. */
export const noMore = -1;

/** A record is six doubles; the first holds, as integers, the two neighbours in the order of first change. */
const stride = 6;
const next = 0;
const previous = 1;
const time = 1;
const value = 2;
const count = 3;
const min = 4;
const max = 5;

/** The record that both ends of the order are linked to; slot n lies in record n + 1. */
const anchor = 0;
const smallest = 4;

/**
 * What happened to each of many numbers since it was last looked at: the latest one, how many there were, the lowest
 * and the highest. Those that changed are linked in the order of their first change. All operations but `clear` and
 * `clone` are O(1), and allocate nothing but when a slot is higher than any before: 48 bytes a slot, none at first.
 *
 * Slots are small integers of the caller's, from 0, such as those of a table. A slot whose count is 0 has nothing else.
 */
export class Conflation {
  /** Two views of the same records. */
  private table = new Float64Array(0);
  private links = new Int32Array(0);
  private changed = 0;

  /** How many slots have changed. */
  get size(): number {
    return this.changed;
  }

  /** One number. Returns whether it is the latest: its time is not below that of the latest before. */
  put(slot: number, at: number, number: number): boolean {
    return this.merge(slot, at, number, 1, number, number);
  }

  /** The outcome of several: the latest and its time, their count, the lowest and the highest. */
  merge(slot: number, at: number, latest: number, more: number, low: number, high: number): boolean {
    const record = slot + 1;
    const start = record * stride;
    if (start >= this.table.length) this.grow(record + 1);
    const { table } = this;
    if (table[start + count] === 0) {
      this.link(record);
      table[start + min] = low;
      table[start + max] = high;
    } else {
      if (low < table[start + min]!) table[start + min] = low;
      if (high > table[start + max]!) table[start + max] = high;
    }
    const isLatest = table[start + count] === 0 || at >= table[start + time]!;
    table[start + count]! += more;
    if (!isLatest) return false;
    table[start + time] = at;
    table[start + value] = latest;
    return true;
  }

  /** The slot that changed first, of those that changed; {@link noMore} when none did. */
  first(): number {
    return this.changed === 0 ? noMore : this.links[next]! - 1;
  }

  /** The slot that changed next after `slot`; {@link noMore} after the last. */
  after(slot: number): number {
    return this.links[2 * stride * (slot + 1) + next]! - 1;
  }

  count(slot: number): number {
    return this.table[stride * (slot + 1) + count] ?? 0;
  }

  /** Time of the latest. */
  time(slot: number): number {
    return this.table[stride * (slot + 1) + time]!;
  }

  /** The latest. */
  value(slot: number): number {
    return this.table[stride * (slot + 1) + value]!;
  }

  min(slot: number): number {
    return this.table[stride * (slot + 1) + min]!;
  }

  max(slot: number): number {
    return this.table[stride * (slot + 1) + max]!;
  }

  /** Forgets what one slot holds. */
  remove(slot: number): void {
    if (this.count(slot) === 0) return;
    const { links } = this;
    const record = slot + 1;
    const later = links[2 * stride * record + next]!;
    const earlier = links[2 * stride * record + previous]!;
    links[2 * stride * earlier + next] = later;
    links[2 * stride * later + previous] = earlier;
    this.table[stride * record + count] = 0;
    this.changed -= 1;
  }

  /** Forgets what all slots hold, and keeps the room. O(changed). */
  clear(): void {
    for (let slot = this.first(); slot !== noMore; slot = this.after(slot)) this.table[stride * (slot + 1) + count] = 0;
    if (this.changed === 0) return;
    this.changed = 0;
    this.links[next] = anchor;
    this.links[previous] = anchor;
  }

  /** Another one that holds the same. */
  clone(): Conflation {
    const copy = new Conflation();
    copy.hold(this.table.slice());
    copy.changed = this.changed;
    return copy;
  }

  private link(record: number): void {
    const { links } = this;
    const last = links[previous]!;
    links[2 * stride * record + previous] = last;
    links[2 * stride * record + next] = anchor;
    links[2 * stride * last + next] = record;
    links[previous] = record;
    this.changed += 1;
  }

  private grow(records: number): void {
    const room = Math.max(records, (this.table.length / stride) * 2, smallest + 1);
    const table = new Float64Array(room * stride);
    table.set(this.table);
    this.hold(table);
  }

  private hold(table: Float64Array<ArrayBuffer>): void {
    this.table = table;
    this.links = new Int32Array(table.buffer);
  }
}
