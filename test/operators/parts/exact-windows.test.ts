import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactWindows } from '../../../src/operators/parts/exact-windows.js';
import { propertyRuns } from '../../support/property.js';
import { naiveFigure, type Timed } from '../naive-aggregate.js';

const fns = [
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'first',
  'last',
  'delta',
  'rate',
  'stddev',
  'p0',
  'p50',
  'p99',
] as const;

function expectFigures(windows: ExactWindows, start: number, end: number, held: readonly Timed[]): void {
  const inside = held.filter(({ time }) => time >= start && time < end);
  expect(windows.fold(1, start, end)).toBe(inside.length);
  for (const [index, fn] of inside.length === 0 ? [] : fns.entries()) {
    const expected = naiveFigure(fn, inside);
    if (Number.isNaN(expected)) expect(windows.figure(index), fn).toBeNaN();
    else expect(Math.abs(windows.figure(index) - expected), fn).toBeLessThan(1e-9);
  }
}

describe('ExactWindows', () => {
  it('takes the value of the exact rank, whatever the product of percent and count is rounded to', () => {
    const windows = new ExactWindows({ fns: ['p1.1', 'p99.9'], keepMs: 100_000, maxEvents: 100_000 });
    for (let time = 1; time <= 3_000; time += 1) windows.add(7, time, time);
    expect(windows.fold(7, 0, 3_001)).toBe(3_000);
    expect([windows.figure(0), windows.figure(1)]).toEqual([33, 2_997]);
  });

  it('has windows that start and end at any millisecond', () => {
    const windows = new ExactWindows({ fns: ['sum', 'p50'], keepMs: 100, maxEvents: 100 });
    for (let time = 0; time < 10; time += 1) windows.add(7, time, time);
    expect(windows.fold(7, 3, 6)).toBe(3);
    expect([windows.figure(0), windows.figure(1)]).toEqual([12, 4]);
    expect(windows.startFrom(3)).toBe(3);
  });

  it('refuses a value beyond maxEvents until old ones are forgotten', () => {
    const windows = new ExactWindows({ fns: ['count'], keepMs: 10, maxEvents: 2 });
    expect([0, 1, 2].map((time) => windows.add(7, time, 1))).toEqual([true, true, false]);
    expect(windows.add(7, 10, 1)).toBe(true);
    expect(windows.add(8, 2, 1)).toBe(true);
  });

  it('keeps slots apart, and forgets what is cleared', () => {
    const windows = new ExactWindows({ fns: ['sum'], keepMs: 10, maxEvents: 10 });
    for (const slot of [1, 2, 3]) windows.add(slot, 0, slot);
    windows.clear(2);
    expect([1, 2, 3].map((slot) => windows.fold(slot, 0, 1))).toEqual([1, 0, 1]);
    windows.reset();
    expect(windows.fold(1, 0, 1)).toBe(0);
  });

  it('agrees with a list of all values, whatever windows are asked for and in whatever order values come', () => {
    const step = fc.record({
      after: fc.oneof({ weight: 3, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.integer({ min: -40, max: 0 }) }),
      value: fc.integer({ min: -50, max: 50 }),
      length: fc.integer({ min: 1, max: 60 }),
      ago: fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(40) }),
      restore: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
    });
    const keepMs = 60;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), fc.boolean(), (steps, sliding) => {
        let windows = new ExactWindows({ fns, keepMs, maxEvents: 1_000 });
        let held: Timed[] = [];
        let time = 1_000;
        let newest = -Infinity;
        for (const { after, value, length, ago, restore } of steps) {
          time += after;
          newest = Math.max(newest, time);
          held = held.filter((item) => item.time > newest - keepMs);
          expect(windows.add(1, time, value)).toBe(time > newest - keepMs);
          if (time > newest - keepMs) held.push({ time, value });
          if (restore) {
            const rows = JSON.parse(JSON.stringify(windows.save(1)));
            windows = new ExactWindows({ fns, keepMs, maxEvents: 1_000 });
            windows.load(1, rows);
          }
          const end = sliding ? time + 1 : time - ago;
          expectFigures(windows, end - (sliding ? 30 : length), end, held);
        }
      }),
      { numRuns: propertyRuns() },
    );
  });
});
