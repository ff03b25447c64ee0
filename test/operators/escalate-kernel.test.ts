import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EscalateKernel,
  type EscalateStep,
  type EscalationCatchUp,
  type EscalationLadder,
} from '../../src/operators/escalate.js';
import { propertyRuns } from '../support/property.js';
import { type Event, type Move, naiveEscalate } from './naive-escalate.js';

type Kernel = EscalateKernel<string, string>;

const minute = 60_000;
const ladder: EscalationLadder = { steps: [{ afterMs: 5 * minute }, { afterMs: 10 * minute }] };

/** `a 1 @300000`. */
function words(steps: readonly EscalateStep<string, string>[]): string[] {
  return steps.map(({ key, level, at }) => `${key} ${level} @${at}`);
}

/** Lets time pass as a timer would: each step at its own moment. */
function until(kernel: Kernel, end: number): string[] {
  const all: string[] = [];
  while (kernel.nextDue() <= end) all.push(...words(kernel.advance(kernel.nextDue())));
  return all;
}

function opened(plan: EscalationLadder, options?: { catchUp: EscalationCatchUp }, now = 0): Kernel {
  const kernel = new EscalateKernel<string, string>(options);
  kernel.open('item', 'a', plan, now);
  return kernel;
}

describe('EscalateKernel', () => {
  it('takes no step early for an acknowledgement that had ended before it came', () => {
    const kernel = opened(ladder);
    kernel.acknowledge('a', 4 * minute, minute);
    expect(until(kernel, 10 * minute)).toEqual([`a 1 @${5 * minute}`]);
  });

  it('refuses times that are none', () => {
    const kernel = opened(ladder);
    expect(() => kernel.acknowledge('a', 0, Number.NaN)).toThrow(/escalate\.acknowledge\.until.*NaN/);
    expect(() => kernel.acknowledge('a', 0, 'soon' as never)).toThrow(TypeError);
    const position = { level: 0, nextAt: Infinity };
    expect(() => kernel.open('item', 'a', { ...ladder, position }, 0)).toThrow(/position\.nextAt.*Infinity/);
    expect(until(kernel, 5 * minute)).toEqual([`a 1 @${5 * minute}`]);
  });

  it('P41 takes each level after its own delay, counted from the one before', () => {
    const kernel = opened(ladder);
    expect(until(kernel, 60 * minute)).toEqual([`a 1 @${5 * minute}`, `a 2 @${15 * minute}`]);
    expect(kernel.size).toBe(0);
    expect(kernel.nextDue()).toBe(Infinity);
  });

  it('P41 repeats the last level up to `max`, and stops early at a smaller one', () => {
    const levels = (max: number) => until(opened({ ...ladder, max }), 60 * minute);
    expect(levels(4)).toEqual([5, 15, 25, 35].map((at, i) => `a ${i + 1} @${at * minute}`));
    expect(levels(1)).toEqual([`a 1 @${5 * minute}`]);
  });

  it('says which item, which level, when it was due and when it came', () => {
    const kernel = opened(ladder);
    expect(kernel.advance(6 * minute)).toEqual([
      {
        kind: 'step',
        key: 'a',
        item: 'item',
        level: 1,
        step: { afterMs: 5 * minute },
        dueAt: 5 * minute,
        at: 6 * minute,
      },
    ]);
  });

  it('P41 acknowledging stops the clock, and resuming lets it go on with the time that was left', () => {
    const kernel = opened(ladder);
    expect(kernel.acknowledge('a', 2 * minute)).toBe(true);
    expect(until(kernel, 1_000 * minute)).toEqual([]);
    expect(kernel.resume('a', 100 * minute)).toBe(true);
    expect(until(kernel, 104 * minute)).toEqual([`a 1 @${103 * minute}`]);
  });

  it('P41 an acknowledgement ends by itself at its `until`; the last one given counts', () => {
    const kernel = opened(ladder);
    kernel.acknowledge('a', 2 * minute, 10 * minute);
    kernel.acknowledge('a', 3 * minute, 20 * minute);
    expect(until(kernel, 60 * minute)).toEqual([`a 1 @${23 * minute}`, `a 2 @${33 * minute}`]);
  });

  it('P41 resolving ends the ladder', () => {
    const kernel = opened(ladder);
    expect(kernel.resolve('a')).toBe(true);
    expect(until(kernel, 60 * minute)).toEqual([]);
    expect(kernel.size).toBe(0);
  });

  it('answers false for moves of a key that is not open, and for a resume while the clock runs', () => {
    const kernel = opened(ladder);
    expect(kernel.resume('a', 0)).toBe(false);
    expect(kernel.acknowledge('b', 0)).toBe(false);
    expect(kernel.resume('b', 0)).toBe(false);
    expect(kernel.resolve('b')).toBe(false);
  });

  it('starts anew when an open key is opened again', () => {
    const kernel = opened(ladder);
    expect(until(kernel, 6 * minute)).toHaveLength(1);
    kernel.open('again', 'a', ladder, 6 * minute);
    expect(kernel.size).toBe(1);
    expect(until(kernel, 60 * minute)).toEqual([`a 1 @${11 * minute}`, `a 2 @${21 * minute}`]);
  });

  it('P41 goes on at a position, and has nothing to do at the end of the ladder', () => {
    const at = (position: EscalationLadder['position'] & object) => until(opened({ ...ladder, position }), 60 * minute);
    expect(at({ level: 1, nextAt: 3 * minute })).toEqual([`a 2 @${3 * minute}`]);
    expect(at({ level: 1 })).toEqual([`a 2 @${10 * minute}`]);
    expect(at({ level: 1, leftMs: 5 })).toEqual([]);
    expect(at({ level: 1, leftMs: 5, until: 100 })).toEqual(['a 2 @105']);
    expect(at({ level: 2 })).toEqual([]);
  });

  it.each([
    ['shift', ['a 1 @100', 'a 2 @110', 'a 3 @120', 'a 4 @130']],
    ['latest', ['a 3 @100', 'a 4 @105']],
    ['all', ['a 1 @100', 'a 2 @100', 'a 3 @100', 'a 4 @105']],
    ['skip', ['a 4 @105']],
  ] as const)('P41 after a downtime, catchUp %s takes what was overdue as it says', (catchUp, steps) => {
    const position = { level: 0, nextAt: 75 };
    const kernel = opened({ steps: [{ afterMs: 10 }], max: 4, position }, { catchUp }, 100);
    const overdue = words(kernel.advance(100));
    expect([...overdue, ...until(kernel, 1_000)]).toEqual(steps);
  });

  it.each(['latest', 'skip'] as const)(
    'catchUp %s ends a ladder that is overdue to its end, without counting it out',
    (catchUp) => {
      const endless: EscalationLadder = {
        steps: [{ afterMs: 1 }],
        max: 2 ** 31 - 1,
        position: { level: 0, nextAt: 1 },
      };
      const kernel = opened(endless, { catchUp }, 2 ** 31);
      expect(words(kernel.advance(2 ** 31))).toEqual(catchUp === 'latest' ? [`a ${2 ** 31 - 1} @${2 ** 31}`] : []);
      expect(kernel.size).toBe(0);
    },
  );

  it('B12 keeps a delay of forty days', () => {
    const days = 40 * 24 * 60 * minute;
    const kernel = opened({ steps: [{ afterMs: days }] });
    expect(until(kernel, days - 1)).toEqual([]);
    expect(until(kernel, days)).toEqual([`a 1 @${days}`]);
  });

  it('B12 spreads steps that are due at one moment over portions, each taken once', () => {
    const kernel = new EscalateKernel<string, string>();
    for (let i = 0; i < 5_000; i += 1) kernel.open('', `${i}`, ladder, 0);
    const keys = new Set<string>();
    while (kernel.nextDue() <= 5 * minute) {
      const portion = kernel.advance(5 * minute);
      expect(portion.length).toBeLessThanOrEqual(1_000);
      for (const { key } of portion) keys.add(key);
    }
    expect(keys.size).toBe(5_000);
  });

  it('never forgets what is open: beyond `maxKeys` an opening is refused, or throws', () => {
    const kernel = new EscalateKernel<string, string>({ maxKeys: 1 });
    expect(kernel.open('', 'a', ladder, 0)).toBe(true);
    expect(kernel.open('', 'b', ladder, 0)).toBe(false);
    expect(kernel.open('', 'a', ladder, 1)).toBe(true);
    const strict = new EscalateKernel<string, string>({ maxKeys: 1, overflow: 'error' });
    strict.open('', 'a', ladder, 0);
    expect(() => strict.open('', 'b', ladder, 0)).toThrow('escalate: more than 1 open (maxKeys)');
    expect(until(kernel, 60 * minute)).toHaveLength(2);
  });

  it.each<[string, EscalationLadder]>([
    ['escalate.ladder.steps must not be empty', { steps: [] }],
    [
      'escalate.ladder.steps[0].afterMs must be a finite number of milliseconds, 1 or more',
      { steps: [{ afterMs: 0 }] },
    ],
    ['escalate.ladder.max', { ...ladder, max: 0 }],
    ['escalate.ladder.position.level', { ...ladder, position: { level: -1 } }],
    ['escalate.ladder.position.nextAt', { ...ladder, position: { level: 0, nextAt: Number.NaN } }],
    ['escalate.ladder.position.leftMs', { ...ladder, position: { level: 0, leftMs: -1 } }],
  ])('refuses a ladder that breaks %s', (message, bad) => {
    const kernel = new EscalateKernel<string, string>();
    expect(() => kernel.open('', 'a', bad, 0)).toThrow(message);
    expect(kernel.size).toBe(0);
  });

  it('refuses a snapshot of another version, and one with too many keys', () => {
    const kernel = new EscalateKernel<string, string>({ maxKeys: 1 });
    const entries = ['a', 'b'].map((key) => ({ key, ...ladder }));
    expect(() => kernel.restore({ version: 2 as 1, entries: [] }, 0)).toThrow(RangeError);
    expect(() => kernel.restore({ version: 1, entries }, 0)).toThrow('maxKeys');
  });

  describe('on random traces', () => {
    const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 1, max: 8 }) }), { minLength: 1, maxLength: 3 });
    const move: fc.Arbitrary<Move> = fc.oneof(
      fc.record({ kind: fc.constant('open' as const), steps, max: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant('acknowledge' as const), forMs: fc.integer({ min: 1, max: 20 }) }),
      fc.constant({ kind: 'resume' as const }),
      fc.constant({ kind: 'resolve' as const }),
    );
    const history: fc.Arbitrary<Event[]> = fc
      .array(fc.record({ wait: fc.nat(6), key: fc.constantFrom('a', 'b'), move }), { maxLength: 30 })
      .map((moves) => {
        let at = 0;
        return moves.map(({ wait, key, move }) => {
          at += wait;
          return { at, key, move };
        });
      });

    function play(kernel: Kernel, events: readonly Event[]): string[] {
      return events.flatMap(({ at, key, move }) => {
        const before = until(kernel, at);
        if (move.kind === 'open') kernel.open('', key, move, at);
        else if (move.kind === 'acknowledge') kernel.acknowledge(key, at, at + move.forMs);
        else if (move.kind === 'resume') kernel.resume(key, at);
        else kernel.resolve(key);
        return before;
      });
    }

    it('agrees with a walk through every millisecond', () => {
      fc.assert(
        fc.property(history, (events) => {
          const kernel = new EscalateKernel<string, string>();
          const steps = [...play(kernel, events), ...until(kernel, 400)];
          expect(steps.sort()).toEqual(naiveEscalate(events, 400).sort());
        }),
        { numRuns: propertyRuns() },
      );
    });

    it('goes on from a snapshot as if nothing had happened', () => {
      fc.assert(
        fc.property(history, fc.nat(30), (events, cut) => {
          const [going, gone] = [new EscalateKernel<string, string>(), new EscalateKernel<string, string>()];
          play(going, events.slice(0, cut));
          const at = events[cut - 1]?.at ?? 0;
          gone.restore(JSON.parse(JSON.stringify(going.snapshot())) as ReturnType<Kernel['snapshot']>, at);
          const rest = events.slice(cut);
          const [expected, actual] = [going, gone].map((kernel) =>
            [...play(kernel, rest), ...until(kernel, 400)].sort(),
          );
          expect(actual).toEqual(expected);
        }),
        { numRuns: propertyRuns() },
      );
    });
  });
});
