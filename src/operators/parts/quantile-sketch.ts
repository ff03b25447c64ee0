import { nearestRank } from './aggregate-fn.js';
import { LogBins } from './log-bins.js';

/** Of what a percentile may be wrong, as a part of it. */
export const sketchError = 0.01;

const mostBins = 2_048;
const gamma = (1 + sketchError) / (1 - sketchError);
const binsPerE = 1 / Math.log(gamma);
const halfBin = Math.log((gamma + 1) / 2);

/**
 * Percentiles of any number of values in bounded memory, each within 1 % of a value that has its rank.
 *
 * Values are counted in bins whose bounds grow by 2 % each: DDSketch (Masson, Rim and Lee, VLDB 2019). Negative values
 * have bins of their own, and so has 0. At most 2,048 bins a sign: when values are more than 17 orders of magnitude
 * apart, the smallest ones lose their precision.
 *
 * @example
 * const sketch = new QuantileSketch();
 * for (const latency of latencies) sketch.add(latency);
 * sketch.percentile(99);
 */
export class QuantileSketch {
  private readonly positive = new LogBins(mostBins);
  private readonly negative = new LogBins(mostBins);
  private zeros = 0;

  get count(): number {
    return this.negative.count + this.zeros + this.positive.count;
  }

  add(value: number): void {
    if (value > 0) this.positive.add(indexOf(value));
    else if (value < 0) this.negative.add(indexOf(-value));
    else this.zeros += 1;
  }

  merge(other: QuantileSketch): void {
    this.positive.merge(other.positive);
    this.negative.merge(other.negative);
    this.zeros += other.zeros;
  }

  /** `NaN` when there is no value. */
  percentile(percent: number): number {
    if (this.count === 0) return Number.NaN;
    const rank = nearestRank(percent, this.count);
    const below = this.negative.count;
    if (rank <= below) return -valueAt(this.negative.indexOfRank(below - rank + 1));
    if (rank <= below + this.zeros) return 0;
    return valueAt(this.positive.indexOfRank(rank - below - this.zeros));
  }

  /** Keeps its memory. */
  clear(): void {
    this.positive.clear();
    this.negative.clear();
    this.zeros = 0;
  }

  /** As integers: `[zeros, how many of the following are of the positive bins, …positive, …negative]`. */
  save(): number[] {
    const positive = this.positive.save();
    return [this.zeros, positive.length, ...positive, ...this.negative.save()];
  }

  load([zeros = 0, length = 0, ...bins]: readonly number[]): void {
    this.zeros += zeros;
    this.positive.load(bins.slice(0, length));
    this.negative.load(bins.slice(length));
  }
}

function indexOf(magnitude: number): number {
  return Math.ceil(Math.log(magnitude) * binsPerE);
}

/** The value that no value of the bin is further than 1 % from. */
function valueAt(index: number): number {
  return Math.min(Math.exp(index / binsPerE - halfBin), Number.MAX_VALUE);
}
