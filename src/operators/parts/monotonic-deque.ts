const smallest = 16;

/**
 * The least, or greatest, value of a window that slides over values in the order of their times: only values that can
 * still be it are kept, a sorted row. Amortised O(1) a value.
 *
 * @example
 * const highest = new MonotonicDeque('max');
 * highest.push(now, value);
 * highest.expire(now - 60_000);
 * highest.best();
 */
export class MonotonicDeque {
  /** Greatest values are the least ones of the opposite sign. */
  private readonly sign: 1 | -1;
  private times = new Float64Array(smallest);
  private values = new Float64Array(smallest);
  /** Index of the first one; the row goes on at the beginning of the arrays. */
  private head = 0;
  private length = 0;

  constructor(which: 'min' | 'max') {
    this.sign = which === 'min' ? 1 : -1;
  }

  /** How many values are kept. */
  get size(): number {
    return this.length;
  }

  /** `time` must not be before that of the last push. */
  push(time: number, value: number): void {
    const signed = value * this.sign;
    while (this.length > 0 && this.values[this.index(this.length - 1)]! >= signed) this.length -= 1;
    if (this.length === this.times.length) this.grow();
    const index = this.index(this.length);
    this.times[index] = time;
    this.values[index] = signed;
    this.length += 1;
  }

  /** Forgets what is older than `before`. */
  expire(before: number): void {
    while (this.length > 0 && this.times[this.head]! < before) {
      this.head = this.index(1);
      this.length -= 1;
    }
  }

  /** `NaN` when there is no value. */
  best(): number {
    return this.length === 0 ? Number.NaN : this.values[this.head]! * this.sign;
  }

  clear(): void {
    this.length = 0;
  }

  private index(nth: number): number {
    return (this.head + nth) & (this.times.length - 1);
  }

  private grow(): void {
    this.times = this.unrolled(this.times);
    this.values = this.unrolled(this.values);
    this.head = 0;
  }

  private unrolled(row: Float64Array): Float64Array<ArrayBuffer> {
    const longer = new Float64Array(row.length * 2);
    longer.set(row.subarray(this.head));
    longer.set(row.subarray(0, this.head), row.length - this.head);
    return longer;
  }
}
