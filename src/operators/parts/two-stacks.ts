const smallest = 16;

/** Records of `width` doubles that can be told together; one that starts with 0 is neutral. `Partials` is such. */
export interface RecordMonoid {
  readonly width: number;
  /** Appends record `from` of `other` to record `at`. Associative; the order may matter. */
  merge(records: Float64Array, at: number, other: Float64Array, from: number): void;
}

/**
 * A queue of records that knows what all of them are together, also where nothing can be subtracted. Amortised O(1).
 *
 * The queue is two stacks in one array: the records of the newer half as they came, with one record of them all beside
 * it, and in place of each record of the older half it and all that follow it there. When the older half is used up,
 * the newer one becomes it. "Two-Stacks Lite", Tangwongsan, Hirzel and Schneider, VLDB Journal 2021.
 *
 * @example
 * const queue = new TwoStacks(partials);
 * queue.push(record, 0);
 * queue.shift();
 * queue.fold(all, 0);
 */
export class TwoStacks {
  private readonly monoid: RecordMonoid;
  private readonly width: number;
  private records: Float64Array<ArrayBuffer>;
  private readonly newer: Float64Array;
  /** The older half is from `head` to `middle`, the newer one from there to `tail`. */
  private head = 0;
  private middle = 0;
  private tail = 0;

  constructor(monoid: RecordMonoid) {
    this.monoid = monoid;
    this.width = monoid.width;
    this.records = new Float64Array(smallest * this.width);
    this.newer = new Float64Array(this.width);
  }

  get size(): number {
    return this.tail - this.head;
  }

  /** Takes a copy of the record. */
  push(records: Float64Array, from: number): void {
    if ((this.tail + 1) * this.width > this.records.length) this.makeRoom();
    const at = this.tail * this.width;
    for (let index = 0; index < this.width; index += 1) this.records[at + index] = records[from + index]!;
    this.tail += 1;
    this.monoid.merge(this.newer, 0, records, from);
  }

  /** Takes the oldest record out; there must be one. */
  shift(): void {
    if (this.head === this.middle) this.turn();
    this.head += 1;
  }

  /** Writes what all records are together over record `at`. */
  fold(into: Float64Array, at: number): void {
    into[at] = 0;
    if (this.head < this.middle) this.monoid.merge(into, at, this.records, this.head * this.width);
    this.monoid.merge(into, at, this.newer, 0);
  }

  clear(): void {
    this.head = 0;
    this.middle = 0;
    this.tail = 0;
    this.newer[0] = 0;
  }

  private turn(): void {
    const { records, width } = this;
    for (let at = (this.tail - 2) * width; at >= this.head * width; at -= width) {
      this.monoid.merge(records, at, records, at + width);
    }
    this.middle = this.tail;
    this.newer[0] = 0;
  }

  private makeRoom(): void {
    const from = this.records;
    const used = this.size * this.width;
    if (2 * used > from.length) this.records = new Float64Array(2 * from.length);
    this.records.set(from.subarray(this.head * this.width, this.tail * this.width));
    this.tail -= this.head;
    this.middle -= this.head;
    this.head = 0;
  }
}
