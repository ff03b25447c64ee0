const smallest = 16;

/** Values in the order of their times, those of equal times in that of their arrival. */
export class TimedValues {
  private times = new Float64Array(smallest);
  private values = new Float64Array(smallest);
  private head = 0;
  private tail = 0;

  get size(): number {
    return this.tail - this.head;
  }

  /** By index, from 0 for the oldest one. */
  timeAt(index: number): number {
    return this.times[this.head + index]!;
  }

  valueAt(index: number): number {
    return this.values[this.head + index]!;
  }

  /** In order of time, as a copy. */
  slice(from: number, to: number): Float64Array {
    return this.values.slice(this.head + from, this.head + to);
  }

  /** The index that it got. O(1) for a newest value, and for another one O(how many are newer). */
  insert(time: number, value: number): number {
    if (this.tail === this.times.length) this.makeRoom();
    let at = this.tail;
    for (; at > this.head && this.times[at - 1]! > time; at -= 1) {
      this.times[at] = this.times[at - 1]!;
      this.values[at] = this.values[at - 1]!;
    }
    this.times[at] = time;
    this.values[at] = value;
    this.tail += 1;
    return at - this.head;
  }

  /** How many values are older than `time`. */
  countBefore(time: number): number {
    let low = this.head;
    let high = this.tail;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.times[middle]! < time) low = middle + 1;
      else high = middle;
    }
    return low - this.head;
  }

  /** Forgets the oldest ones. */
  drop(count: number): void {
    this.head += count;
  }

  private makeRoom(): void {
    const { times, values, head, tail } = this;
    const length = 2 * (tail - head) > times.length ? 2 * times.length : times.length;
    this.times = new Float64Array(length);
    this.times.set(times.subarray(head, tail));
    this.values = new Float64Array(length);
    this.values.set(values.subarray(head, tail));
    this.head = 0;
    this.tail = tail - head;
  }
}
