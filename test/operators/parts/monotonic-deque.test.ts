import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MonotonicDeque } from '../../../src/operators/parts/monotonic-deque.js';
import { propertyRuns } from '../../support/property.js';

describe('MonotonicDeque', () => {
  it('has no best value when it is empty', () => {
    const highest = new MonotonicDeque('max');
    expect(highest.best()).toBeNaN();
    highest.push(1, 5);
    highest.expire(2);
    expect(highest.best()).toBeNaN();
    highest.push(3, -5);
    highest.clear();
    expect(highest.best()).toBeNaN();
  });

  it('keeps one value of a row that only gets better', () => {
    const lowest = new MonotonicDeque('min');
    for (let n = 0; n < 1_000; n += 1) lowest.push(n, -n);
    expect(lowest.size).toBe(1);
    expect(lowest.best()).toBe(-999);
  });

  it.each(['min', 'max'] as const)('tells the %s of a sliding window as a list of its values would', (which) => {
    const steps = fc.array(fc.record({ after: fc.nat(3), value: fc.integer({ min: -20, max: 20 }) }), {
      maxLength: 200,
      size: 'max',
    });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 150 }), (trace, length) => {
        const deque = new MonotonicDeque(which);
        const all: { time: number; value: number }[] = [];
        let time = 0;
        for (const { after, value } of trace) {
          time += after;
          all.push({ time, value });
          deque.push(time, value);
          deque.expire(time - length);
          const inside = all.filter((item) => item.time >= time - length).map((item) => item.value);
          expect(deque.best() + 0).toBe(Math[which](...inside) + 0);
        }
      }),
      { numRuns: propertyRuns() },
    );
  });
});
