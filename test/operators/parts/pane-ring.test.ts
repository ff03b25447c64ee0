import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AggregateFn, isAggregateFn } from '../../../src/operators/parts/aggregate-fn.js';
import { PaneRing } from '../../../src/operators/parts/pane-ring.js';
import { sketchError } from '../../../src/operators/parts/quantile-sketch.js';
import { propertyRuns } from '../../support/property.js';
import { naiveFigure, type Timed } from '../naive-aggregate.js';

const fns = ['count', 'sum', 'avg', 'min', 'max', 'first', 'last', 'delta', 'stddev', 'p50', 'p99'] as const;
const paneMs = 10;
const panes = 6;

function filled(items: readonly Timed[], more: Partial<ConstructorParameters<typeof PaneRing>[0]> = {}) {
  const ring = new PaneRing({ fns, paneMs, panes, ...more });
  for (const { time, value } of items) ring.add(3, time, value);
  return ring;
}

function figures(ring: PaneRing, start: number, end: number, slot = 3): Record<string, number> {
  const count = ring.fold(slot, start, end);
  return count === 0 ? {} : Object.fromEntries(fns.map((fn, index) => [fn, ring.figure(index)]));
}

describe('PaneRing', () => {
  it('tells the figures of the values in a window, which contains its start and not its end', () => {
    const ring = filled([
      { time: 9, value: 1 },
      { time: 10, value: 5 },
      { time: 29, value: -3 },
      { time: 30, value: 7 },
    ]);
    expect(figures(ring, 10, 30)).toMatchObject({ count: 2, sum: 2, avg: 1, min: -3, max: 5, first: 5, last: -3 });
    expect(figures(ring, 10, 30)).toMatchObject({ delta: -8, stddev: 4 });
    expect(figures(ring, 40, 50)).toEqual({});
  });

  it('takes a late value into its own pane, and refuses one that is older than all panes', () => {
    const ring = filled([{ time: 105, value: 1 }]);
    expect(ring.add(3, 50, 2)).toBe(true);
    expect(ring.add(3, 49, 2)).toBe(false);
    expect(figures(ring, 50, 60)).toMatchObject({ count: 1, sum: 2 });
  });

  it('forgets all panes after a long silence, in bounded time', () => {
    const ring = filled([
      { time: 5, value: 1 },
      { time: 1e14, value: 2 },
    ]);
    expect(figures(ring, 0, 1e15)).toMatchObject({ count: 1, sum: 2 });
  });

  it('keeps the values of slots apart, and what is cleared is gone', () => {
    const ring = new PaneRing({ fns, paneMs, panes });
    for (let slot = 0; slot < 5_000; slot += 1) ring.add(slot, slot % 7, slot);
    ring.clear(4_000);
    expect(figures(ring, 0, 10, 4_000)).toEqual({});
    expect(figures(ring, 0, 10, 4_001)).toMatchObject({ count: 1, sum: 4_001 });
    ring.reset();
    expect(figures(ring, 0, 10, 4_001)).toEqual({});
  });

  it('starts its panes at the offset', () => {
    const ring = filled(
      [
        { time: 2, value: 1 },
        { time: 3, value: 2 },
      ],
      { offsetMs: 3 },
    );
    expect(ring.startFrom(4)).toBe(13);
    expect(figures(ring, -7, 3)).toMatchObject({ sum: 1 });
    expect(figures(ring, 3, 13)).toMatchObject({ sum: 2 });
  });

  it('sums without losing small values beside large ones', () => {
    const values = [1e16, 1, -1e16, 1, 1e16, 1, -1e16];
    const ring = filled(values.map((value, index) => ({ time: 7 * index, value })));
    expect(figures(ring, 0, 60)).toMatchObject({ sum: 3 });
  });

  it('tells the spread of values that are far from zero', () => {
    const ring = filled([4, 7, 13, 16].map((more, index) => ({ time: 9 * index, value: 1e9 + more })));
    expect(figures(ring, 0, 60)['stddev']).toBeCloseTo(Math.sqrt(22.5), 9);
  });

  it('agrees with a list of all values on random traces, and after a restore in the middle', () => {
    const item = fc.record({
      after: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 8 }), fc.integer({ min: -30, max: 90 })),
      value: fc.integer({ min: -1_000, max: 1_000 }),
      restore: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 80, size: 'max' }), fc.nat(9), (steps, offsetMs) => {
        let ring = new PaneRing({ fns, paneMs, panes, offsetMs });
        const items: Timed[] = [];
        let time = 1_000;
        let newest = -Infinity;
        for (const { after, value, restore } of steps) {
          time += after;
          const paneStart = Math.floor((Math.max(newest, time) - offsetMs) / paneMs) * paneMs + offsetMs;
          newest = Math.max(newest, time);
          const oldest = paneStart - (panes - 1) * paneMs;
          expect(ring.add(3, time, value)).toBe(time >= oldest);
          if (time >= oldest) items.push({ time, value });
          if (restore) ring = restored(ring, offsetMs);
          for (const [from, to] of [
            [oldest, paneStart + paneMs],
            [oldest + paneMs, paneStart],
          ] as const) {
            const inside = items.filter((held) => held.time >= from && held.time < to);
            expectFigures(figures(ring, from, to), inside);
          }
        }
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('tells how fast a counter grew, across resets and panes', () => {
    const steps = fc.array(fc.record({ after: fc.integer({ min: 1, max: 9 }), value: fc.nat(50) }), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (trace) => {
        const ring = new PaneRing({ fns: ['rate'], paneMs, panes: 50 });
        const items: Timed[] = [];
        let time = 0;
        for (const { after, value } of trace) {
          time += after;
          items.push({ time, value });
          ring.add(0, time, value);
          ring.fold(0, 0, 500);
          const expected = naiveFigure('rate', items);
          if (Number.isNaN(expected)) expect(ring.figure(0)).toBeNaN();
          else expect(ring.figure(0)).toBeCloseTo(expected, 6);
        }
      }),
      { numRuns: propertyRuns() },
    );
  });
});

describe('isAggregateFn', () => {
  it.each(['count', 'rate', 'p0', 'p50', 'p99.9', 'p100'])('knows %s', (fn) => expect(isAggregateFn(fn)).toBe(true));
  it.each(['', 'P50', 'p101', 'p-1', 'p', 'p1e1', 'median', 5, undefined])('does not know %s', (fn) =>
    expect(isAggregateFn(fn)).toBe(false),
  );
});

function restored(ring: PaneRing, offsetMs: number): PaneRing {
  const next = new PaneRing({ fns, paneMs, panes, offsetMs });
  next.load(3, JSON.parse(JSON.stringify(ring.save(3))));
  return next;
}

function expectFigures(actual: Record<string, number>, items: readonly Timed[]): void {
  for (const fn of items.length === 0 ? [] : fns) {
    const expected = naiveFigure(fn, items);
    const tolerance = isPercentile(fn) ? Math.abs(expected) * sketchError : 1e-9;
    expect(Math.abs(actual[fn]! - expected), fn).toBeLessThanOrEqual(tolerance + 1e-9);
  }
  if (items.length === 0) expect(actual).toEqual({});
}

function isPercentile(fn: AggregateFn): boolean {
  return fn.startsWith('p');
}
