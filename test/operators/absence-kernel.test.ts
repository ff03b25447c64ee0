import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AbsenceKernel,
  type AbsenceKernelOptions,
  type AbsenceSnapshot,
  type AbsenceTransition,
} from '../../src/operators/absence.js';
import { propertyRuns } from '../support/property.js';
import { type Event, type Move, naiveAbsence, naiveEventAbsence, type Stamped } from './naive-absence.js';

type Kernel = AbsenceKernel<string>;

const absentMs = 10;
const days = 86_400_000;

function words(transitions: readonly AbsenceTransition<string>[]): string[] {
  return transitions.map((transition) => {
    const { kind, key, at } = transition;
    if (kind === 'absent') return `absent ${key} @${at}, last seen ${transition.lastSeenAt}`;
    if (kind === 'present') return `present ${key} @${at} after ${transition.gapMs}`;
    return `forgotten ${key} @${at}, ${transition.reason}`;
  });
}

/** Lets time pass as a timer would: each thing at its own moment. */
function until(kernel: Kernel, end: number): string[] {
  const said: string[] = [];
  while (kernel.nextDue() <= end) said.push(...words(kernel.advance(kernel.nextDue())));
  return said;
}

function watching(options: Partial<AbsenceKernelOptions> = {}, keys: readonly string[] = ['a']): Kernel {
  const kernel = new AbsenceKernel<string>({ absentMs, ...options });
  for (const key of keys) kernel.process(key, 0);
  return kernel;
}

function restored(kernel: Kernel, options: AbsenceKernelOptions): Kernel {
  return new AbsenceKernel(options, JSON.parse(JSON.stringify(kernel.snapshot())) as AbsenceSnapshot<string>);
}

describe('AbsenceKernel', () => {
  it('declares a key absent once, when it was silent for absentMs', () => {
    const kernel = watching();
    kernel.process('a', 4);
    expect(until(kernel, 1_000)).toEqual(['absent a @14, last seen 4']);
  });

  it('says when a key comes back, and how long it was silent', () => {
    const kernel = watching();
    kernel.process('a', 25);
    expect(kernel.take()).toEqual([
      { kind: 'absent', key: 'a', at: 10, lastSeenAt: 0, reason: 'silent' },
      { kind: 'present', key: 'a', at: 25, gapMs: 25, lastSeenAt: 0, absentAt: 10 },
    ]);
    expect(until(kernel, 100)).toEqual(['absent a @35, last seen 25']);
  });

  it('does the same whether its timer is early, late, or does not come', () => {
    const [timely, untimely] = [watching(), watching()];
    const said = [3, 20, 21].flatMap((at) => {
      const before = until(timely, at);
      timely.process('a', at);
      untimely.process('a', at);
      return [...before, ...words(timely.take())];
    });
    expect(words(untimely.take())).toEqual(said);
  });

  it('knows an expected key that was never seen, after its grace', () => {
    const kernel = new AbsenceKernel<string>({ absentMs, graceMs: 30 });
    kernel.expect(['a', 'b', 'b'], 5);
    kernel.process('a', 20);
    expect(kernel.advance(35)).toEqual([
      { kind: 'absent', key: 'a', at: 30, lastSeenAt: 20, reason: 'silent' },
      { kind: 'absent', key: 'b', at: 35, lastSeenAt: undefined, reason: 'never_seen' },
    ]);
    kernel.process('b', 40);
    expect(words(kernel.take())).toEqual(['present b @40 after 35']);
  });

  it('forgets a key that is expected no more if it was never seen, and watches it on if it was', () => {
    const kernel = new AbsenceKernel<string>({ absentMs });
    kernel.expect(['a', 'b', 'c'], 0);
    kernel.process('a', 1);
    until(kernel, 10);
    kernel.expect(['c'], 11);
    expect(words(kernel.take())).toEqual(['absent a @11, last seen 1', 'forgotten b @11, unexpected']);
    expect(kernel.size).toBe(2);
  });

  it('forgets an absent key after forgetAfterMs, but never one that is expected', () => {
    const kernel = watching({ forgetAfterMs: 100 }, ['a', 'b']);
    kernel.expect(['b'], 0);
    expect(until(kernel, 1_000)).toEqual([
      'absent a @10, last seen 0',
      'absent b @10, last seen 0',
      'forgotten a @110, expired',
    ]);
    kernel.expect([], 1_000);
    expect(words(kernel.take())).toEqual(['forgotten b @1000, unexpected']);
    expect(kernel.nextDue()).toBe(Infinity);
  });

  it('counts forgetAfterMs from the moment that a key became absent, when it is expected no more before that', () => {
    const kernel = watching({ forgetAfterMs: 100 });
    kernel.expect(['a'], 0);
    until(kernel, 50);
    kernel.expect([], 50);
    expect(until(kernel, 1_000)).toEqual(['forgotten a @110, expired']);
  });

  it('forgets a key when told, and says so if it was absent', () => {
    const kernel = watching({}, ['a', 'b']);
    expect(kernel.forget('a', 5)).toBe(true);
    expect(kernel.forget('a', 5)).toBe(false);
    until(kernel, 20);
    kernel.forget('b', 30);
    expect(kernel.take()).toEqual([
      { kind: 'forgotten', key: 'b', at: 30, lastSeenAt: 0, absentAt: 10, reason: 'told' },
    ]);
    expect(kernel.size).toBe(0);
  });

  it('declares nobody absent while paused, nor for one absentMs after', () => {
    const kernel = watching({}, ['a', 'b']);
    kernel.pause(5);
    expect(kernel.nextDue()).toBe(Infinity);
    expect(kernel.advance(500)).toEqual([]);
    kernel.resume(500);
    kernel.process('b', 505);
    expect(until(kernel, 1_000)).toEqual(['absent a @510, last seen 0', 'absent b @515, last seen 505']);
  });

  it('starts the grace of the never seen, and the time to forget, no earlier than after a pause', () => {
    const kernel = watching({ forgetAfterMs: 50, graceMs: 3 });
    until(kernel, 20);
    kernel.expect(['n'], 20);
    kernel.pause(21);
    kernel.resume(100);
    expect(until(kernel, 1_000)).toEqual(['absent n @110, last seen undefined', 'forgotten a @150, expired']);
  });

  it('hears keys come back during a pause, and takes a second pause or resume for none', () => {
    const kernel = watching();
    until(kernel, 10);
    kernel.resume(12);
    kernel.pause(15);
    kernel.pause(16);
    kernel.process('a', 17);
    expect(words(kernel.take())).toEqual(['present a @17 after 17']);
  });

  it('keeps what it watches: beyond maxKeys a new key is not watched, or it throws', () => {
    const kernel = watching({ maxKeys: 1 });
    expect(kernel.process('b', 1)).toBe('max_keys');
    expect(kernel.expect(['a', 'c'], 1)).toEqual(['c']);
    const strict = watching({ maxKeys: 1, overflow: 'error' });
    expect(() => strict.process('b', 1)).toThrow('absence: more than 1 keys (maxKeys)');
    expect(() => strict.expect(['c'], 1)).toThrow(RangeError);
  });

  it('B12 waits for forty days', () => {
    const kernel = watching({ absentMs: 40 * days, forgetAfterMs: Infinity });
    expect(until(kernel, 400 * days)).toEqual([`absent a @${40 * days}, last seen 0`]);
  });

  it('lets time stand still while the clock reads less than before, and refuses what is no time', () => {
    const kernel = new AbsenceKernel<string>({ absentMs });
    kernel.process('a', 1_000);
    kernel.process('a', 3);
    expect(kernel.advance(1_009)).toEqual([]);
    expect(words(kernel.advance(1_010))).toEqual(['absent a @1010, last seen 1000']);
    for (const bad of [Number.NaN, Infinity]) expect(() => kernel.process('a', bad)).toThrow(RangeError);
  });

  it('says what is due when the stream ends, and invents nothing', () => {
    const kernel = watching({}, ['a', 'b']);
    kernel.process('b', 5);
    expect(words(kernel.flush(12))).toEqual(['absent a @10, last seen 0']);
  });

  it('tells silences in the order in which they came about, however late the timer is', () => {
    const kernel = watching({}, ['a', 'b', 'c']);
    kernel.process('b', 3);
    kernel.process('a', 9);
    expect(words(kernel.advance(100)).map((text) => text.slice(7, 8))).toEqual(['c', 'b', 'a']);
  });

  it('looks at a bounded number of keys in one turn, and misses none', () => {
    const kernel = new AbsenceKernel<number>({ absentMs, maxKeys: 10_000 });
    for (let key = 0; key < 10_000; key += 1) kernel.process(key, 0);
    const turns: number[] = [];
    while (kernel.nextDue() <= 10) turns.push(kernel.advance(10).length);
    expect(Math.max(...turns)).toBeLessThanOrEqual(500);
    expect(turns.reduce((sum, count) => sum + count, 0)).toBe(10_000);
    // A value during such a backlog does a small part of it, its own key included.
    for (let key = 0; key < 10_000; key += 1) kernel.process(key, 11);
    kernel.take();
    kernel.process(5_000, 21);
    expect(kernel.take().length).toBeLessThan(20);
  });

  it('refuses a snapshot of another version, of another kind of time, and one with too many keys', () => {
    const snapshot = watching({}, ['a', 'b']).snapshot();
    expect(() => new AbsenceKernel({ absentMs }, { ...snapshot, version: 2 as 1 })).toThrow('version 2');
    expect(() => new AbsenceKernel({ absentMs, maxKeys: 1 }, snapshot)).toThrow('maxKeys');
    expect(() => new AbsenceKernel({ absentMs, eventTime: {} }, snapshot)).toThrow('event time');
  });
});

describe('AbsenceKernel in event time', () => {
  const eventTime = { latenessMs: 5, idleTimeoutMs: 100, maxFutureMs: 1_000 };
  const kernelAt = (limits: AbsenceKernelOptions['eventTime'] = eventTime, more: Partial<AbsenceKernelOptions> = {}) =>
    new AbsenceKernel<string>({ absentMs, eventTime: limits, ...more });

  it('goes by the times of the values: a key is absent when no value may come that shows it lived', () => {
    const kernel = kernelAt();
    kernel.process('a', 1_000, 500);
    kernel.process('b', 1_001, 514);
    expect(kernel.take()).toEqual([]);
    kernel.process('b', 1_001, 515);
    expect(words(kernel.take())).toEqual(['absent a @510, last seen 500']);
  });

  it('never tells a gap that a value fills in time, whatever the order of arrival', () => {
    const kernel = kernelAt();
    for (const at of [500, 512, 506]) kernel.process('a', 1_000, at);
    expect(kernel.take()).toEqual([]);
  });

  it.each([
    ['late', 480],
    ['future', 2_001],
    ['not_a_time', Number.NaN],
  ] as const)('does not count a value that is %s', (reason, at) => {
    const kernel = kernelAt();
    kernel.process('a', 1_000, 500);
    expect(kernel.process('b', 1_000, at)).toBe(reason);
    expect(kernel.size).toBe(1);
  });

  it('counts a late value at the earliest time that is not late, when told so', () => {
    const kernel = kernelAt(eventTime, { onLate: 'arrival' });
    kernel.process('a', 1_000, 500);
    expect(kernel.process('b', 1_000, 400)).toBe('seen');
    kernel.process('a', 1_000, 509);
    expect(kernel.take()).toEqual([]);
    kernel.process('a', 1_000, 518);
    expect(words(kernel.take())).toEqual(['absent b @505, last seen 495']);
  });

  it('goes on with the clock on a quiet stream', () => {
    const kernel = kernelAt();
    kernel.process('a', 1_000, 500);
    expect(kernel.nextDue()).toBe(1_100);
    expect(until(kernel, 2_000)).toEqual(['absent a @510, last seen 500']);
  });

  it('starts with the clock when a source is dead from the start, so that the never seen are noticed', () => {
    const kernel = kernelAt();
    kernel.expect(['a'], 1_000);
    expect(kernel.nextDue()).toBe(1_100);
    expect(until(kernel, 5_000)).toEqual(['absent a @1105, last seen undefined']);
  });

  it('counts the grace of the never seen from the first value on', () => {
    const kernel = kernelAt();
    kernel.expect(['a', 'b'], 1_000);
    kernel.process('b', 1_050, 300);
    kernel.process('b', 1_051, 309);
    expect(kernel.take()).toEqual([]);
    kernel.process('b', 1_051, 310);
    expect(words(kernel.take())).toEqual(['absent a @305, last seen undefined']);
  });

  it('does not take a pause for idleness: what was held up meanwhile is not late', () => {
    const kernel = kernelAt();
    kernel.process('a', 1_000, 1_000);
    kernel.pause(1_001);
    kernel.resume(9_000);
    expect(kernel.process('a', 9_000, 1_002)).toBe('seen');
    expect(kernel.advance(9_050)).toEqual([]);
  });

  it('says the same as one that asks every key after every value', () => {
    const value = fc.record({ key: fc.constantFrom('a', 'b', 'c'), at: fc.integer({ min: 0, max: 200 }) });
    const sorted = fc.array(value, { maxLength: 60, size: 'max' }).map((values) => values.sort((a, b) => a.at - b.at));
    const shaken = fc
      .tuple(sorted, fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 60, maxLength: 60, size: 'max' }))
      .map(([values, shifts]): Stamped[] =>
        values
          .map((one, index) => ({ ...one, arrival: one.at + shifts[index]! }))
          .sort((a, b) => a.arrival - b.arrival),
      );
    fc.assert(
      fc.property(shaken, fc.integer({ min: 1, max: 40 }), fc.nat(20), fc.nat(60), (values, silence, late, cut) => {
        const options = {
          absentMs: silence,
          forgetAfterMs: Infinity,
          eventTime: { latenessMs: late, idleTimeoutMs: Infinity, maxFutureMs: Infinity },
        };
        let kernel = new AbsenceKernel<string>(options);
        const said = values.flatMap(({ key, at }, index) => {
          if (index === cut) kernel = restored(kernel, options);
          const verdict = kernel.process(key, 7, at);
          const before = words(kernel.take());
          return verdict === 'late' ? [...before, `late ${key}`] : before;
        });
        expect(said.sort()).toEqual(naiveEventAbsence(values, silence, late).sort());
      }),
      { numRuns: propertyRuns() },
    );
  });
});

describe('on random traces, AbsenceKernel', () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const beat: fc.Arbitrary<Move> = fc.record({ kind: fc.constant('beat' as const), key });
  const move: fc.Arbitrary<Move> = fc.oneof(
    { weight: 6, arbitrary: beat },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('expect' as const), keys: fc.uniqueArray(key) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), key }) },
    { weight: 2, arbitrary: fc.constantFrom<Move>({ kind: 'pause' }, { kind: 'resume' }, { kind: 'wait' }) },
  );
  const step = fc.record({ after: fc.oneof(fc.constant(0), fc.nat(12), fc.integer({ min: -5, max: 40 })), move });
  const plan = fc.record({
    options: fc.record({
      absentMs: fc.integer({ min: 1, max: 20 }),
      graceMs: fc.integer({ min: 1, max: 30 }),
      forgetAfterMs: fc.integer({ min: 1, max: 40 }),
    }),
    events: fc.array(step, { maxLength: 60, size: 'max' }).map((steps): Event[] => {
      let at = 0;
      return steps.map(({ after, move }) => {
        at = Math.max(0, at + after);
        return { at, move };
      });
    }),
    isTimely: fc.boolean(),
    cut: fc.nat(60),
  });

  /** What is said on the way. */
  function apply(kernel: Kernel, { at, move }: Event): readonly AbsenceTransition<string>[] {
    if (move.kind === 'beat') kernel.process(move.key, at);
    else if (move.kind === 'expect') kernel.expect(move.keys, at);
    else if (move.kind === 'forget') kernel.forget(move.key, at);
    else if (move.kind === 'pause') kernel.pause(at);
    else if (move.kind === 'resume') kernel.resume(at);
    else return kernel.advance(at);
    return kernel.take();
  }

  const end = 5_000;

  it('says the same as a walk through every millisecond, over a restart, and with a timer that is late', () => {
    fc.assert(
      fc.property(plan, ({ options, events, isTimely, cut }) => {
        let kernel = new AbsenceKernel<string>(options);
        const said = events.flatMap((event, index) => {
          if (index === cut) kernel = restored(kernel, options);
          const before = isTimely ? until(kernel, event.at) : [];
          return [...before, ...words(apply(kernel, event))];
        });
        said.push(...words(kernel.advance(end)), ...until(kernel, end));
        expect(said.sort()).toEqual(naiveAbsence(events, options, end).sort());
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('follows each absence by a return, a forgetting, or neither when it is still open', () => {
    fc.assert(
      fc.property(plan, ({ options, events }) => {
        const kernel = new AbsenceKernel<string>(options);
        const said = [...events.flatMap((event) => apply(kernel, event)), ...kernel.flush(end)];
        const open = kernel.snapshot().keys.filter(({ absentAt }) => absentAt !== undefined);
        const count = (kind: string) => said.filter((transition) => transition.kind === kind).length;
        expect(count('absent')).toBe(count('present') + count('forgotten') + open.length);
      }),
      { numRuns: propertyRuns() },
    );
  });
});
