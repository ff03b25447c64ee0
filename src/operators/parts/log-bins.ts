const smallest = 32;
const none = new Uint32Array(0);

/** Counts by an integer index, dense and at most `most` indexes wide: what is too low is counted in the lowest bin. */
export class LogBins {
  private counts = none;
  /** Index of the first bin. */
  private low = 0;
  private total = 0;
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  get count(): number {
    return this.total;
  }

  add(index: number, count = 1): void {
    const bin = index - this.low;
    this.total += count;
    if (bin >= 0 && bin < this.counts.length) this.counts[bin]! += count;
    else this.addOutside(index, count);
  }

  merge(other: LogBins): void {
    for (let bin = 0; bin < other.counts.length; bin += 1) {
      const count = other.counts[bin]!;
      if (count !== 0) this.add(other.low + bin, count);
    }
  }

  /** Index of the value of this rank, from 1, in ascending order of the indexes. */
  indexOfRank(rank: number): number {
    let left = rank;
    for (let bin = 0; bin < this.counts.length; bin += 1) {
      left -= this.counts[bin]!;
      if (left <= 0) return this.low + bin;
    }
    return this.low + this.counts.length - 1;
  }

  /** Keeps its memory. */
  clear(): void {
    if (this.total === 0) return;
    this.counts.fill(0);
    this.total = 0;
  }

  /** `[index of the first bin, counts…]` without empty ends. */
  save(): number[] {
    const first = this.counts.findIndex((count) => count !== 0);
    if (first < 0) return [0];
    const last = this.counts.findLastIndex((count) => count !== 0);
    return [this.low + first, ...this.counts.subarray(first, last + 1)];
  }

  load([first = 0, ...counts]: readonly number[]): void {
    for (const [bin, count] of counts.entries()) if (count !== 0) this.add(first + bin, count);
  }

  private addOutside(index: number, count: number): void {
    if (this.counts.length === 0) this.allocate(index - (smallest >> 1), smallest);
    else this.widenTo(index);
    this.counts[Math.max(0, index - this.low)]! += count;
  }

  /** By a half more than is asked for, so that a range that grows is not copied at every step. */
  private widenTo(index: number): void {
    const high = this.low + this.counts.length;
    const spare = this.counts.length >> 1;
    const wantedLow = index < this.low ? index - spare : this.low;
    const wantedHigh = index >= high ? index + 1 + spare : high;
    if (wantedHigh - wantedLow <= this.most) this.allocate(wantedLow, wantedHigh - wantedLow);
    else this.slideTo(Math.max(index + 1, this.highest() + 1));
  }

  /** As wide as allowed, and ending at `high`. */
  private slideTo(high: number): void {
    if (high - this.most !== this.low || this.counts.length !== this.most) this.allocate(high - this.most, this.most);
  }

  private highest(): number {
    return this.low + this.counts.findLastIndex((count) => count !== 0);
  }

  private allocate(low: number, width: number): void {
    const { counts, low: before } = this;
    this.counts = new Uint32Array(width);
    this.low = low;
    for (let bin = 0; bin < counts.length; bin += 1) {
      if (counts[bin] !== 0) this.counts[Math.max(0, before + bin - low)]! += counts[bin]!;
    }
  }
}
