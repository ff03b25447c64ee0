import fc from 'fast-check';
import { BehaviorSubject, NEVER, of, Subject, throwError, VirtualTimeScheduler } from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AbsenceOptions,
  type AbsenceSide,
  type AbsenceSnapshot,
  type AbsenceTransition,
  absence,
} from '../../src/operators/absence.js';
import { StateHandle } from '../../src/operators/state-handle.js';
import { type ConformanceSubject, conformanceChecks } from '../../src/operators/testing/conformance.js';
import { checkDiagram } from '../../src/operators/testing/marbles.js';
import { bytesInUse } from '../support/heap.js';
import { propertyRuns } from '../support/property.js';
import { diagrams } from './diagrams/absence.js';

interface Beat {
  readonly key: string;
  readonly at?: number;
}

type Options = AbsenceOptions<Beat, string>;

const keyOf = ({ key }: Beat) => key;
const timestamp = ({ at }: Beat) => at ?? 0;

/** In virtual time: what came out, what `side` said, and the means to feed it. */
function watched(options: Partial<Options> = {}) {
  const scheduler = new VirtualTimeScheduler();
  const transitions: AbsenceTransition<string>[] = [];
  const notices: AbsenceSide<Beat, string>[] = [];
  const ends: unknown[] = [];
  const source$ = new Subject<Beat>();
  const side = { next: (notice: AbsenceSide<Beat, string>) => void notices.push(notice) };
  const subscription = source$.pipe(absence(keyOf, { absentMs: 10, scheduler, side, ...options })).subscribe({
    next: (transition) => transitions.push(transition),
    error: (error: unknown) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  const at = (time: number, ...beats: Beat[]) => {
    scheduler.maxFrames = time;
    scheduler.schedule(() => undefined, time - scheduler.frame);
    scheduler.flush();
    for (const beat of beats) source$.next(beat);
  };
  const said = () => transitions.map(({ kind, key, at: when }) => `${kind} ${key} @${when}`);
  return { at, said, transitions, notices, ends, source$, subscription, scheduler };
}

describe('absence', () => {
  for (const diagram of diagrams) it(diagram.title, () => checkDiagram(diagram));

  it('discards keys whose time has not come when the source completes: an absence is never invented', () => {
    const { at, source$, said, ends } = watched();
    at(0, { key: 'a' });
    at(9);
    source$.complete();
    expect([said(), ends]).toEqual([[], ['complete']]);
  });

  it('says what is due before it completes, also when the timer is late', () => {
    const { at, source$, said, ends, scheduler } = watched();
    at(0, { key: 'a' });
    scheduler.frame = 12;
    source$.complete();
    expect([said(), ends]).toEqual([['absent a @10'], ['complete']]);
  });

  it('takes expected keys as a set, and as a stream of sets of which each takes the place of the one before', () => {
    const inventory$ = new BehaviorSubject<Iterable<string>>(['a', 'b']);
    const { at, said } = watched({ expected: inventory$ });
    at(5);
    inventory$.next(new Set(['b', 'c']));
    at(100);
    expect(said()).toEqual(['absent b @10', 'absent c @15']);
    const fixed = watched({ expected: new Set(['x']) });
    fixed.at(100);
    expect(fixed.said()).toEqual(['absent x @10']);
  });

  it('names expected keys that find no room, and values of new keys, on the side', () => {
    const { at, notices } = watched({ expected: ['a', 'b'], maxKeys: 1 });
    at(1, { key: 'c' });
    expect(notices).toEqual([
      { kind: 'unwatched', key: 'b', reason: 'max_keys' },
      { kind: 'rejected', key: 'c', value: { key: 'c' }, reason: 'max_keys' },
    ]);
  });

  it('errors beyond maxKeys when told so, whoever brings the key', () => {
    const strict = watched({ maxKeys: 1, overflow: 'error' });
    strict.at(0, { key: 'a' }, { key: 'b' });
    const expecting = watched({ expected: ['a', 'b'], maxKeys: 1, overflow: 'error' });
    for (const { ends } of [strict, expecting]) {
      expect(ends).toEqual([expect.objectContaining({ message: 'absence: more than 1 keys (maxKeys)' })]);
    }
  });

  it('treats a set of expected keys that throws like a callback that throws', () => {
    const error = new Error('of the set');
    const expected = of({
      [Symbol.iterator]: () => {
        throw error;
      },
    });
    expect(watched({ expected }).ends).toEqual([error]);
    const { notices, ends } = watched({ expected, onError: 'skip' });
    expect([notices, ends]).toEqual([[{ kind: 'failed', value: undefined, error }], []]);
  });

  it.each(['expected', 'forget', 'pause'] as const)('errors when %s does', (input) => {
    const error = new Error('of the input');
    const { ends, source$ } = watched({ [input]: throwError(() => error) });
    expect([ends, source$.observed]).toEqual([[error], false]);
  });

  it('goes by event time when values have a time of their own, and names what does not count', () => {
    const { at, said, notices } = watched({ timestamp, latenessMs: 2, maxFutureMs: 1_000 });
    at(0, { key: 'a', at: 500 }, { key: 'b', at: 512 }, { key: 'a', at: 400 }, { key: 'c', at: 9_999 });
    at(0, { key: 'c', at: Number.NaN });
    expect(said()).toEqual(['absent a @510']);
    expect(notices.map((notice) => ('reason' in notice ? notice.reason : notice.kind))).toEqual([
      'late',
      'future',
      'not_a_time',
    ]);
  });

  it('goes on with the clock when event time stands still', () => {
    const { at, said } = watched({ timestamp, idleTimeoutMs: 100 });
    at(1_000, { key: 'a', at: 700 });
    at(5_000);
    expect(said()).toEqual(['absent a @710']);
  });

  it('goes on from the state of an earlier subscription, and does not take the time between for silence', () => {
    const state = new StateHandle<AbsenceSnapshot<string>>();
    const first = watched({ state });
    first.at(0, { key: 'a' }, { key: 'b' });
    first.at(5, { key: 'b' });
    first.at(12);
    const saved = JSON.parse(JSON.stringify(state.snapshot())) as AbsenceSnapshot<string>;
    const scheduler = new VirtualTimeScheduler();
    scheduler.frame = 1_000;
    const said: unknown[] = [];
    NEVER.pipe(
      absence<Beat, string>(keyOf, { absentMs: 10, forgetAfterMs: 100, scheduler, state: new StateHandle(saved) }),
    ).subscribe(({ kind, key, at }) => said.push([kind, key, at]));
    scheduler.flush();
    expect(first.said()).toEqual(['absent a @10']);
    expect(said).toEqual([
      ['absent', 'b', 1_010],
      ['forgotten', 'a', 1_100],
      ['forgotten', 'b', 1_110],
    ]);
  });

  it('says everything in order when its consumer feeds the source inside next', () => {
    const { at, source$, said, subscription, scheduler } = watched();
    const outer = new Subject<Beat>();
    const seen: string[] = [];
    outer.pipe(absence(keyOf, { absentMs: 10, scheduler })).subscribe(({ kind, key }) => {
      seen.push(`${kind} ${key}`);
      if (kind === 'absent') outer.next({ key });
    });
    for (const key of ['a', 'b']) outer.next({ key });
    at(10);
    expect(seen).toEqual(['absent a', 'absent b', 'present a', 'present b']);
    expect([said(), source$.observed, subscription.closed]).toEqual([[], true, false]);
  });

  it('leaves nothing on the scheduler, and its inputs unobserved, when it is unsubscribed', () => {
    const inputs = { expected: new Subject<string[]>(), forget: new Subject<string>(), pause: new Subject<boolean>() };
    const { at, subscription, scheduler, said } = watched(inputs);
    at(0, { key: 'a' });
    subscription.unsubscribe();
    scheduler.maxFrames = Infinity;
    scheduler.flush();
    expect([scheduler.frame, said()]).toEqual([0, []]);
    expect(Object.values(inputs).map(({ observed }) => observed)).toEqual([false, false, false]);
  });

  it('loses no value: each is counted, or named on the side', () => {
    const beat = fc.record({ key: fc.constantFrom('a', 'b', 'c'), at: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(beat, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (beats, maxKeys) => {
        const state = new StateHandle<AbsenceSnapshot<string>>();
        const { source$, notices } = watched({ maxKeys, timestamp, idleTimeoutMs: Infinity, state });
        for (const one of beats) source$.next(one);
        const keys = new Set(
          beats.filter((one) => !notices.some((notice) => 'value' in notice && notice.value === one)),
        );
        const watchedKeys = state.snapshot()!.keys.map(({ key }) => key);
        expect(new Set([...keys].map(({ key }) => key))).toEqual(new Set(watchedKeys));
        expect(notices.every(({ kind }) => kind === 'rejected')).toBe(true);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it.each<[string, Partial<Options>, string]>([
    ['no absentMs', { absentMs: undefined as never }, 'absence.absentMs must be a finite number of milliseconds, 1 or'],
    [
      'an absentMs of 0',
      { absentMs: 0 },
      'absence.absentMs must be a finite number of milliseconds, 1 or more, received 0',
    ],
    ['a negative grace', { graceMs: -1 }, 'absence.graceMs'],
    ['NaN to forget after', { forgetAfterMs: Number.NaN }, 'absence.forgetAfterMs'],
    ['no keys', { maxKeys: 0 }, 'absence.maxKeys'],
    [
      'eviction',
      { overflow: 'evict' as never },
      "absence.overflow must be one of 'reject', 'error', received \"evict\"",
    ],
    ['an unknown late policy', { onLate: 'update' as never }, "absence.onLate must be one of 'drop', 'arrival'"],
    ['a timestamp that is no function', { timestamp: 5 as never }, 'absence.timestamp must be a function'],
    ['a negative lateness', { timestamp, latenessMs: -1 }, 'absence.latenessMs'],
    ['expected keys that are no set of keys', { expected: 5 as never }, 'absence.expected must be an object'],
    ['keys to forget that are no stream', { forget: 5 as never }, 'absence.forget must be an object'],
    ['a pause that is no stream', { pause: true as never }, 'absence.pause must be an object'],
    ['an unknown error policy', { onError: 'ignore' as never }, 'absence.onError'],
  ])('refuses %s when it is created', (_, options, message) => {
    expect(() => absence(keyOf, { absentMs: 10, ...options })).toThrow(message);
    expect(() => absence('key' as never, { absentMs: 10 })).toThrow(TypeError);
    expect(() => absence(keyOf, undefined as never)).toThrow('absence must be an object');
  });
});

const beats: readonly [Beat, Beat, Beat] = [
  { key: 'a', at: 0 },
  { key: 'b', at: 100 },
  { key: 'c', at: 300 },
];

function throwingAt(bad: Beat, error: Error): (beat: Beat) => Beat {
  return (beat) => {
    if (beat === bad) throw error;
    return beat;
  };
}

const subjects: Readonly<Record<string, ConformanceSubject<Beat, unknown>>> = {
  absence: {
    create: (scheduler) => absence(keyOf, { absentMs: 10, forgetAfterMs: 100, scheduler }),
    values: beats,
    emits: 'later',
    throwing: {
      key: (error, options) => {
        const check = throwingAt(beats[1], error);
        return absence((beat) => keyOf(check(beat)), { absentMs: 10, forgetAfterMs: 100, ...options });
      },
    },
  },
  'absence, in event time': {
    create: (scheduler) => absence(keyOf, { absentMs: 10, forgetAfterMs: 100, timestamp, scheduler }),
    values: beats,
    emits: 'later',
    throwing: {
      timestamp: (error, options) => {
        const check = throwingAt(beats[1], error);
        const stamp = (beat: Beat) => timestamp(check(beat));
        return absence(keyOf, { absentMs: 10, forgetAfterMs: 100, timestamp: stamp, ...options });
      },
    },
  },
};

for (const [name, subject] of Object.entries(subjects)) {
  describe(`${name} keeps the contract of an operator: it`, () => {
    for (const { title, run } of conformanceChecks(subject)) it(title, run);
  });
}

describe('the memory of absence', () => {
  const keys = 50_000;
  const slack = 512 * 1024;

  function flooded(onBase: (base: number) => void = () => {}) {
    const scheduler = new VirtualTimeScheduler();
    const source$ = new Subject<Beat>();
    const subscription = source$.pipe(absence(keyOf, { absentMs: 10, forgetAfterMs: 100, scheduler })).subscribe();
    onBase(bytesInUse());
    for (let key = 0; key < keys; key += 1) source$.next({ key: `key ${key}` });
    return { scheduler, source$, subscription };
  }

  // What the first run compiles stays, and is not what is measured.
  beforeAll(() => {
    const { scheduler, subscription } = flooded();
    scheduler.flush();
    subscription.unsubscribe();
  });

  it('returns to its base when all keys were forgotten, without another value', () => {
    let base = 0;
    const { scheduler, source$ } = flooded((bytes) => {
      base = bytes;
    });
    expect(bytesInUse() - base).toBeGreaterThan(40 * keys);
    scheduler.flush();
    expect(bytesInUse() - base).toBeLessThan(slack);
    expect(source$.observed).toBe(true);
  });

  it('returns to its base when it is unsubscribed', () => {
    let base = 0;
    const { subscription } = flooded((bytes) => {
      base = bytes;
    });
    subscription.unsubscribe();
    expect(bytesInUse() - base).toBeLessThan(slack);
    expect(subscription.closed).toBe(true);
  });
});
