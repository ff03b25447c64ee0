import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/streams/pace.js';
import { Turns } from '../../src/streams/turns.js';
import { propertyRuns } from '../support/property.js';

describe('a pace', () => {
  it('P16 lets so many go at once, and each next one when the time of an earlier one is over', () => {
    const pace = new Pace({ max: 2, perMs: 1_000 });
    for (const at of [0, 100]) {
      expect(pace.waitMs(at)).toBe(0);
      pace.sending();
      pace.sent(at);
    }
    expect([pace.waitMs(100), pace.waitMs(999), pace.waitMs(1_000)]).toEqual([900, 1, 0]);
  });

  it('P16 counts what is on its way, which may arrive at any moment until it has ended', () => {
    const pace = new Pace({ max: 1, perMs: 1_000 });
    pace.sending();
    expect(pace.waitMs(5_000)).toBe(Number.POSITIVE_INFINITY);
    pace.sent(5_000);
    expect(pace.waitMs(5_000)).toBe(1_000);
  });

  it('P16 counts what was sent before a restart', () => {
    const pace = new Pace({ max: 2, perMs: 1_000 });
    pace.restore([400, -5_000, 200]);
    expect(pace.waitMs(500)).toBe(700);
  });

  it('P16 tells when the turn of a message comes at the earliest', () => {
    const pace = new Pace({ max: 2, perMs: 1_000 });
    expect([0, 1, 2, 3, 4].map((ahead) => pace.turnMs(ahead, 0))).toEqual([0, 0, 1_000, 1_000, 2_000]);
    pace.sending();
    pace.sent(100);
    expect([0, 1, 2, 3].map((ahead) => pace.turnMs(ahead, 300))).toEqual([0, 800, 1_000, 1_800]);
    pace.sending();
    expect([1, 2, 3].map((ahead) => pace.turnMs(ahead, 300))).toEqual([800, 1_000, 1_800]);
  });

  it('P16 never lets more than allowed arrive in any window, whenever in its attempt each arrives', () => {
    const attempts = fc.array(
      fc.record({
        pause: fc.integer({ min: 0, max: 400 }),
        takes: fc.integer({ min: 0, max: 300 }),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(attempts, fc.integer({ min: 1, max: 4 }), (all, max) => {
        const pace = new Pace({ max, perMs: 1_000 });
        const arrivals: number[] = [];
        let now = 0;
        for (const { pause, takes, part } of all) {
          now += pause;
          now += pace.waitMs(now);
          pace.sending();
          arrivals.push(now + part * takes);
          now += takes;
          pace.sent(now);
        }
        for (const [i, at] of arrivals.entries()) {
          expect(arrivals.slice(i).filter((other) => other - at < 1_000).length).toBeLessThanOrEqual(max);
        }
      }),
      { numRuns: propertyRuns() },
    );
  });
});

describe('turns', () => {
  it('P16 go by the order in which messages first came, and a message keeps its own', () => {
    const turns = new Turns();
    expect(['a', 'b', 'c', 'a'].map((id) => turns.ahead(id))).toEqual([0, 1, 2, 0]);
    turns.gone('a');
    turns.gone('a');
    expect(['b', 'c', 'd'].map((id) => turns.ahead(id))).toEqual([0, 1, 2]);
    for (const id of ['b', 'c', 'd']) turns.gone(id);
    expect([turns.size, turns.ahead('e')]).toEqual([0, 0]);
  });
});
