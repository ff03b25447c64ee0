import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimingWheel } from '../../../src/operators/parts/timing-wheel.js';
import { propertyRuns } from '../../support/property.js';

const day = 86_400_000;
const epoch = 1_700_000_000_000;

function drain(wheel: TimingWheel, now: number, maxExpiries?: number): number[] {
  const ids: number[] = [];
  wheel.advance(now, (id) => ids.push(id), maxExpiries);
  return ids;
}

describe('TimingWheel', () => {
  it('expires nothing a millisecond early and everything on time', () => {
    const wheel = new TimingWheel();
    wheel.arm(1, epoch + 30_000, epoch);
    expect(drain(wheel, epoch + 29_999)).toEqual([]);
    expect(drain(wheel, epoch + 30_000)).toEqual([1]);
    expect(wheel.size).toBe(0);
    expect(wheel.nextDue()).toBe(Infinity);
  });

  it('B12 keeps delays beyond 24.8 days, beyond 49.7 days and beyond a thousand years', () => {
    const wheel = new TimingWheel();
    const delays = [25 * day, 50 * day, 400_000 * day];
    delays.forEach((delay, id) => {
      wheel.arm(id, epoch + delay, epoch);
    });
    delays.forEach((delay, id) => {
      expect(drain(wheel, epoch + delay - 1)).toEqual([]);
      expect(drain(wheel, epoch + delay)).toEqual([id]);
    });
  });

  it('expires equal deadlines in the order in which they were armed', () => {
    const wheel = new TimingWheel();
    for (const id of [3, 1, 2]) wheel.arm(id, 5_000, 0);
    expect(drain(wheel, 5_000)).toEqual([3, 1, 2]);
  });

  it('refuses a deadline that is no time, and keeps the one before', () => {
    const wheel = new TimingWheel();
    wheel.arm(1, epoch + 10, epoch);
    expect(() => wheel.arm(1, Number.NaN, epoch)).toThrow(RangeError);
    expect(drain(wheel, epoch + 10)).toEqual([1]);
  });

  it('moves a timer that is armed again, and forgets one that is cancelled', () => {
    const wheel = new TimingWheel();
    wheel.arm(1, 100, 0);
    wheel.arm(1, 200, 0);
    wheel.arm(2, 100, 0);
    wheel.cancel(2);
    wheel.cancel(9);
    expect(wheel.dueOf(1)).toBe(200);
    expect(wheel.dueOf(2)).toBe(Infinity);
    expect(drain(wheel, 150)).toEqual([]);
    expect(drain(wheel, 200)).toEqual([1]);
  });

  it('rounds a fraction up, never down', () => {
    const wheel = new TimingWheel();
    wheel.arm(1, 10.25, 0);
    expect(drain(wheel, 10.5)).toEqual([]);
    expect(drain(wheel, 11)).toEqual([1]);
  });

  it('expires a passed deadline at the next advance, even at the same time', () => {
    const wheel = new TimingWheel();
    drain(wheel, 1_000);
    wheel.arm(1, 10, 1_000);
    expect(wheel.nextDue()).toBeLessThanOrEqual(1_000);
    expect(drain(wheel, 1_000)).toEqual([1]);
  });

  it('ignores a clock that runs backwards, and one that is not a number', () => {
    const wheel = new TimingWheel();
    wheel.arm(1, 2_000, 1_000);
    expect(drain(wheel, 500)).toEqual([]);
    expect(drain(wheel, Number.NaN)).toEqual([]);
    expect(drain(wheel, 2_000)).toEqual([1]);
  });

  it('lets the callback arm and cancel while it expires', () => {
    const wheel = new TimingWheel();
    const expired: number[] = [];
    wheel.arm(1, 10, 0);
    wheel.arm(2, 10, 0);
    wheel.advance(10, (id) => {
      expired.push(id);
      wheel.cancel(2);
      if (expired.length < 3) wheel.arm(1, 10, 10);
    });
    expect(expired).toEqual([1, 1, 1]);
  });

  it('stops at the cap, says that more is due, and keeps the order', () => {
    const wheel = new TimingWheel();
    for (let id = 0; id < 1_000; id += 1) wheel.arm(id, 100_000 + (id % 10), 0);
    const expired: number[] = [];
    while (wheel.size > 0) {
      expect(wheel.nextDue()).toBeLessThanOrEqual(200_000);
      const some = drain(wheel, 200_000, 7);
      expect(some.length).toBeLessThanOrEqual(7);
      expired.push(...some);
    }
    expect(expired.map((id) => id % 10)).toEqual([...expired.map((id) => id % 10)].sort((a, b) => a - b));
    expect(new Set(expired).size).toBe(1_000);
  });

  it('is empty and usable after clear', () => {
    const wheel = new TimingWheel();
    wheel.arm(1, 10, 0);
    wheel.clear();
    expect(wheel.size).toBe(0);
    expect(wheel.isArmed(1)).toBe(false);
    wheel.arm(1, 20, 0);
    expect(drain(wheel, 20)).toEqual([1]);
  });

  it('agrees with a sorted list on random traces', () => {
    const delay = fc.oneof(fc.nat(70), fc.nat(5_000), fc.nat(50 * day));
    const id = fc.nat(20);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('arm' as const), id, ms: delay }),
      fc.record({ kind: fc.constant('cancel' as const), id, ms: fc.constant(0) }),
      fc.record({ kind: fc.constant('advance' as const), id, ms: delay }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const wheel = new TimingWheel(4);
        const model = new Map<number, number>();
        let now = epoch;
        for (const { kind, id, ms } of steps) {
          if (kind === 'arm') {
            wheel.arm(id, now + ms, now);
            model.set(id, now + ms);
          } else if (kind === 'cancel') {
            wheel.cancel(id);
            model.delete(id);
          } else {
            now += ms;
            const due = [...model].filter(([, at]) => at <= now);
            const expired: [number, number][] = [];
            wheel.advance(now, (id, at) => expired.push([id, at]));
            expect(expired.map(([, at]) => at)).toEqual(due.map(([, at]) => at).sort((a, b) => a - b));
            expect(new Set(expired.map(([id]) => id))).toEqual(new Set(due.map(([id]) => id)));
            for (const [id] of due) model.delete(id);
          }
          expect(wheel.size).toBe(model.size);
          expect(wheel.nextDue()).toBeLessThanOrEqual(Math.min(...model.values(), Infinity));
        }
      }),
      { numRuns: propertyRuns() },
    );
  });
});
