import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuantileSketch, sketchError } from '../../../src/operators/parts/quantile-sketch.js';
import { propertyRuns } from '../../support/property.js';
import { naivePercentile } from '../naive-aggregate.js';

function sketchOf(values: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

const percents = [0, 1, 25, 50, 90, 99, 99.9, 100];
const magnitude = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
const value = fc.oneof(
  magnitude,
  magnitude.map((positive) => -positive),
  fc.constant(0),
  fc.integer({ min: -20, max: 20 }),
);
const values = fc.array(value, { minLength: 1, maxLength: 300, size: 'max' });

function expectClose(sketch: QuantileSketch, all: readonly number[]): void {
  for (const percent of percents) {
    const exact = naivePercentile(percent, all);
    expect(Math.abs(sketch.percentile(percent) - exact)).toBeLessThanOrEqual(Math.abs(exact) * sketchError * 1.000001);
  }
}

describe('QuantileSketch', () => {
  it('is within 1 % of the value with the rank, for negative values and zeros too', () => {
    fc.assert(
      fc.property(values, (all) => expectClose(sketchOf(all), all)),
      { numRuns: propertyRuns() },
    );
  });

  it('merged from parts is the same as made of all, over a snapshot as well', () => {
    fc.assert(
      fc.property(values, values, (one, other) => {
        const merged = sketchOf(one);
        merged.merge(sketchOf(other));
        const loaded = new QuantileSketch();
        loaded.load(JSON.parse(JSON.stringify(merged.save())));
        const all = sketchOf([...one, ...other]);
        expect(loaded.count).toBe(one.length + other.length);
        for (const percent of percents) {
          expect(merged.percentile(percent)).toBe(all.percentile(percent));
          expect(loaded.percentile(percent)).toBe(all.percentile(percent));
        }
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('has no percentile without a value, and none after clear', () => {
    const sketch = sketchOf([1, -1, 0]);
    sketch.clear();
    expect(sketch.count).toBe(0);
    expect(sketch.percentile(50)).toBeNaN();
    sketch.add(7);
    expect(sketch.percentile(50)).toBeCloseTo(7, 0);
  });

  it('is bounded, and keeps the largest values exact to 1 % whatever came before or after', () => {
    const extremes = [Number.MIN_VALUE, 1e-300, 1, 1e100, 1e300, Number.MAX_VALUE];
    for (const order of [extremes, extremes.toReversed(), [...extremes.slice(3), ...extremes.slice(0, 3)]]) {
      const sketch = sketchOf(order);
      expect(sketch.count).toBe(6);
      expect(sketch.save().length).toBeLessThan(2_100);
      expect(sketch.percentile(100) / Number.MAX_VALUE).toBeCloseTo(1, 1);
      expect(sketch.percentile(80) / 1e300).toBeCloseTo(1, 1);
    }
  });

  it('tells the middle of a million values', () => {
    const sketch = new QuantileSketch();
    for (let n = 1; n <= 1_000_000; n += 1) sketch.add(n);
    for (const percent of [1, 50, 99]) {
      expect(Math.abs(sketch.percentile(percent) / (percent * 10_000) - 1)).toBeLessThanOrEqual(sketchError);
    }
  });
});
