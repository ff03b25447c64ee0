import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WindowAggregate } from '../../../src/operators/parts/window-aggregate.js';
import { propertyRuns } from '../../support/property.js';
import { naiveFigure, type Timed } from '../naive-aggregate.js';

describe('WindowAggregate', () => {
  it('is a figure of the values younger than the window', () => {
    const window = new WindowAggregate('sum', 60_000);
    window.add(1, 1_000, 5);
    window.add(1, 31_000, 7);
    expect(window.value(1, 60_000)).toBe(12);
    expect(window.value(1, 61_000)).toBe(7);
    expect(window.value(1, 91_000)).toBeNaN();
    expect(window.value(2, 1_000)).toBeNaN();
  });

  it('is half full half a window after the first value, and empty again after a whole one of silence', () => {
    const window = new WindowAggregate('avg', 60_000);
    expect(window.coverage(1, 0)).toBe(0);
    window.add(1, 1_000, 5);
    expect(window.coverage(1, 1_000)).toBeLessThan(0.001);
    expect(window.coverage(1, 31_000)).toBeCloseTo(0.5, 4);
    window.add(1, 60_999, 5);
    expect(window.coverage(1, 90_000)).toBe(1);
    expect(window.coverage(1, 120_999)).toBe(0);
    window.add(1, 130_000, 5);
    expect(window.coverage(1, 160_000)).toBeCloseTo(0.5, 4);
  });

  it('counts a late value, but not one that is older than the window', () => {
    const window = new WindowAggregate('count', 1_000, 10);
    window.add(1, 5_000, 1);
    expect(window.add(1, 4_150, 1)).toBe(true);
    expect(window.add(1, 3_900, 1)).toBe(false);
    expect(window.value(1, 5_000)).toBe(2);
  });

  it('forgets what is cleared', () => {
    const window = new WindowAggregate('count', 1_000);
    window.add(1, 0, 1);
    window.add(500, 0, 1);
    window.clear(1);
    expect(window.value(1, 0)).toBeNaN();
    expect(window.coverage(1, 500)).toBe(0);
    expect(window.save(1)).toBeUndefined();
    window.reset();
    expect(window.value(500, 0)).toBeNaN();
    expect(window.coverage(500, 500)).toBe(0);
  });

  it('goes by whole panes, never over more than the window, and goes on from a snapshot', () => {
    const steps = fc.array(fc.record({ after: fc.nat(400), value: fc.integer({ min: -9, max: 9 }) }), {
      maxLength: 60,
      size: 'max',
    });
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 1, max: 30 }),
        (trace, overMs, panes) => {
          const paneMs = Math.ceil(overMs / panes);
          let window = new WindowAggregate('sum', overMs, panes);
          const items: Timed[] = [];
          let now = 10_000;
          for (const { after, value } of trace) {
            now += after;
            items.push({ time: now, value });
            window.add(4, now, value);
            const saved = JSON.parse(JSON.stringify(window.save(4)));
            window = new WindowAggregate('sum', overMs, panes);
            window.load(4, saved);
            const start = Math.ceil((now + 1 - overMs) / paneMs) * paneMs;
            expect(window.value(4, now)).toBe(
              naiveFigure(
                'sum',
                items.filter(({ time }) => time >= start),
              ),
            );
          }
        },
      ),
      { numRuns: propertyRuns() },
    );
  });
});
