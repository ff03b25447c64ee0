import fc from 'fast-check';
import {
  asyncScheduler,
  NEVER,
  type ObservableInput,
  of,
  type SchedulerLike,
  Subject,
  VirtualTimeScheduler,
} from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Conflated,
  type ConflateOptions,
  type ConflateSide,
  type ConflateSnapshot,
  conflate,
} from '../../src/operators/conflate.js';
import { StateHandle } from '../../src/operators/state-handle.js';
import {
  type ConformanceSubject,
  conformanceChecks,
  type ThrowingOptions,
} from '../../src/operators/testing/conformance.js';
import { checkDiagram } from '../../src/operators/testing/marbles.js';
import { bytesInUse } from '../support/heap.js';
import { propertyRuns } from '../support/property.js';
import { diagrams } from './diagrams/conflate.js';

interface Item {
  readonly key: string;
  readonly number: number;
  readonly time?: number;
}

type Options = ConflateOptions<Item, string>;

const keyOf = ({ key }: Item) => key;
const item = (key: string, number = 0, time?: number): Item => ({ key, number, ...(time !== undefined && { time }) });

/** A conflation in virtual time: what came out, what `side` said, and the means to feed it. */
function conflated(options: Omit<Options, 'scheduler' | 'side'>) {
  const scheduler = new VirtualTimeScheduler();
  const batches: (readonly Conflated<Item, string>[])[] = [];
  const notices: ConflateSide<Item, string>[] = [];
  const ends: unknown[] = [];
  const source$ = new Subject<Item>();
  const side = { next: (notice: ConflateSide<Item, string>) => void notices.push(notice) };
  const subscription = source$.pipe(conflate(keyOf, { ...options, scheduler, side })).subscribe({
    next: (batch) => batches.push(batch),
    error: (error: unknown) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  const at = (time: number, ...items: Item[]) => {
    scheduler.maxFrames = time;
    scheduler.schedule(() => undefined, time - scheduler.frame);
    scheduler.flush();
    for (const each of items) source$.next(each);
  };
  const keys = () => batches.map((batch) => batch.map(({ key }) => key).join(''));
  return { at, batches, keys, notices, ends, source$, subscription, scheduler };
}

describe('conflate', () => {
  it.each(diagrams.map((diagram) => [diagram.title, diagram] as const))('draws: %s', (_, diagram) => {
    checkDiagram(diagram);
  });

  it('emits one batch a drain, and none when nothing is pending', () => {
    const drain = new Subject<void>();
    const { at, source$, batches } = conflated({ drain, value: ({ number }) => number });
    drain.next();
    at(1, item('a', 4), item('b', 1), item('a', 2));
    drain.next();
    drain.next();
    expect(batches).toEqual([
      [
        { key: 'a', value: item('a', 2), count: 2, min: 2, max: 4 },
        { key: 'b', value: item('b', 1), count: 1, min: 1, max: 1 },
      ],
    ]);
    expect(source$.observed).toBe(true);
  });

  it('keeps a request that found nothing for the next value, when `leading`, and only one', () => {
    const drain = new Subject<void>();
    const { at, keys } = conflated({ drain, leading: true });
    drain.next();
    drain.next();
    at(5, item('a'), item('b'));
    expect(keys()).toEqual(['a']);
    drain.next();
    expect(keys()).toEqual(['a', 'b']);
  });

  it('drains at most once in `everyMs`, with and without `leading`', () => {
    for (const leading of [true, false]) {
      const { at, batches, scheduler } = conflated({ everyMs: 10, leading });
      const times: number[] = [];
      for (let now = 0; now < 100; now += 1) {
        const before = batches.length;
        at(now, item('a'));
        if (batches.length > before) times.push(scheduler.frame);
      }
      const gaps = times.slice(1).map((time, index) => time - times[index]!);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10);
      expect(times.length).toBeGreaterThanOrEqual(9);
    }
  });

  it('spreads a drain of many keys over turns of the loop', () => {
    const { at, source$, batches, scheduler } = conflated({ everyMs: 10 });
    for (let key = 0; key < 2_500; key += 1) source$.next(item(`key ${key}`));
    at(10);
    expect(batches.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
    expect(scheduler.frame).toBe(10);
  });

  it('gives a consumer that asks no more than it asked for', () => {
    const drain = new Subject<void>();
    const { source$, batches } = conflated({ drain });
    for (let key = 0; key < 2_500; key += 1) source$.next(item(`key ${key}`));
    for (const asked of [1, 2, 3, 4]) {
      drain.next();
      expect(batches).toHaveLength(Math.min(asked, 3));
    }
    expect(batches.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
  });

  it('holds what is pending when `drain` completes, until the source does', () => {
    const { at, source$, keys, ends } = conflated({ drain: of(1, 2) });
    at(1, item('a'));
    expect(keys()).toEqual([]);
    source$.complete();
    expect([keys(), ends]).toEqual([['a'], ['complete']]);
  });

  it('errors when `drain` does, and lets both go', () => {
    const error = new Error('of the drain');
    const drain = new Subject<void>();
    const { at, source$, keys, ends } = conflated({ drain });
    at(1, item('a'));
    drain.error(error);
    expect([keys(), ends, source$.observed]).toEqual([[], [error], false]);
  });

  it('releases `drain` when it is unsubscribed', () => {
    const drain = new Subject<void>();
    const { subscription } = conflated({ drain });
    subscription.unsubscribe();
    expect(drain.observed).toBe(false);
  });

  it('discards what is pending when the source errors', () => {
    const { at, source$, keys, ends } = conflated({ everyMs: 10 });
    at(1, item('a'));
    source$.error('broken');
    expect([keys(), ends]).toEqual([[], ['broken']]);
  });

  it('puts a drain whose timer is late ahead of the value', () => {
    const { at, source$, keys, scheduler } = conflated({ everyMs: 10 });
    at(0, item('a'));
    scheduler.frame = 50;
    source$.next(item('b'));
    expect(keys()).toEqual(['a']);
  });

  it('takes the value with the highest timestamp for the latest', () => {
    const { at, batches } = conflated({ everyMs: 10, timestamp: ({ time }) => time! });
    at(0, item('a', 1, 7), item('a', 2, 9), item('a', 3, 8));
    at(10);
    expect(batches).toEqual([[{ key: 'a', value: item('a', 2, 9), count: 3 }]]);
  });

  it('drops values whose number or timestamp is none, and says why', () => {
    const options: Options = { everyMs: 10, value: ({ number }) => number, timestamp: ({ time = 0 }) => time };
    const { at, notices, keys } = conflated(options);
    at(0, item('a', Number.NaN), item('b', 0, Infinity), item('c'));
    at(10);
    expect(notices).toMatchObject([
      { kind: 'rejected', key: 'a', reason: 'not_finite' },
      { kind: 'rejected', key: 'b', reason: 'not_a_time' },
    ]);
    expect(keys()).toEqual(['c']);
  });

  it('F7 a flood of new keys is bounded: what is pushed out, rejected or refused is named', () => {
    const flood = Array.from({ length: 1_000 }, (_, n) => item(`key ${n}`));
    const evicting = conflated({ everyMs: 10, maxKeys: 100 });
    evicting.at(0, ...flood);
    expect(evicting.notices[0]).toEqual({ kind: 'evicted', key: 'key 0', value: item('key 0'), count: 1 });
    expect(evicting.notices).toHaveLength(900);
    const rejecting = conflated({ everyMs: 10, maxKeys: 100, overflow: 'reject' });
    rejecting.at(0, ...flood);
    expect(rejecting.notices).toHaveLength(900);
    expect(rejecting.notices[0]).toEqual({
      kind: 'rejected',
      key: 'key 100',
      value: item('key 100'),
      reason: 'max_keys',
    });
    const strict = conflated({ everyMs: 10, maxKeys: 100, overflow: 'error', onError: 'skip' });
    strict.at(0, ...flood);
    expect(strict.ends).toEqual([expect.objectContaining({ name: 'RangeError' })]);
  });

  it('waits for longer than a host timer can', () => {
    const month = 30 * 86_400_000;
    const { at, keys } = conflated({ everyMs: month });
    at(0, item('a'));
    at(month - 1);
    expect(keys()).toEqual([]);
    at(month);
    expect(keys()).toEqual(['a']);
  });

  it('leaves nothing on the scheduler while nothing is pending', () => {
    const { at, source$, scheduler } = conflated({ everyMs: 10 });
    source$.next(item('a'));
    at(10);
    scheduler.maxFrames = Infinity;
    scheduler.flush();
    expect(scheduler.frame).toBe(10);
  });

  it('goes on from the state of an earlier subscription', () => {
    const handle = new StateHandle<ConflateSnapshot<Item, string>>();
    const first = conflated({ everyMs: 10, state: handle });
    first.at(3, item('a', 1), item('b', 2));
    const saved: ConflateSnapshot<Item, string> = JSON.parse(JSON.stringify(handle.snapshot()));
    first.subscription.unsubscribe();
    const second = conflated({ everyMs: 10, state: new StateHandle(saved) });
    second.at(12, item('a', 5));
    second.at(13);
    expect(second.batches).toEqual([
      [
        { key: 'a', value: item('a', 5), count: 2 },
        { key: 'b', value: item('b', 2), count: 1 },
      ],
    ]);
  });

  it('loses nothing: every value is counted in a batch, or goes to the side output with its reason', () => {
    const given = fc.record({
      leading: fc.boolean(),
      maxKeys: fc.integer({ min: 1, max: 4 }),
      maxPerDrain: fc.integer({ min: 1, max: 4 }),
      overflow: fc.constantFrom('evict' as const, 'reject' as const),
      everyMs: fc.integer({ min: 1, max: 20 }),
    });
    const trace = fc.array(fc.tuple(fc.nat(9), fc.constantFrom(...'abcdefgx')), { maxLength: 100, size: 'max' });
    fc.assert(
      fc.property(given, trace, (options, steps) => {
        const value = ({ key }: Item) => {
          if (key === 'x') throw new Error('of the value');
          return 1;
        };
        const { at, source$, batches, notices } = conflated({ ...options, value, onError: 'skip' });
        let now = 0;
        for (const [after, key] of steps) {
          now += after;
          at(now, item(key));
        }
        source$.complete();
        const counts = [...batches.flat(), ...notices].map((each) => ('count' in each ? each.count : 0));
        const others = notices.filter(({ kind }) => kind !== 'evicted').length;
        expect(counts.reduce((sum, count) => sum + count, 0) + others).toBe(steps.length);
      }),
      { numRuns: propertyRuns() },
    );
  });
});

describe('conflate refuses when it is created', () => {
  it.each<[string, unknown, string]>([
    ['neither a drain nor a time', {}, 'conflate must be given one of drain and everyMs'],
    ['both of them', { drain: NEVER, everyMs: 5 }, 'conflate must be given one of drain and everyMs'],
    ['a drain that is no stream', { drain: 5 }, 'conflate.drain must be an object, received 5'],
    ['a time of part of a millisecond', { everyMs: 0.5 }, 'conflate.everyMs must be a finite number'],
    ['a time that never comes', { everyMs: Infinity }, 'conflate.everyMs must be a finite number'],
    [
      'leading that is no boolean',
      { everyMs: 5, leading: 'yes' },
      'conflate.leading must be true or false, received "yes"',
    ],
    [
      'a drain of nothing',
      { everyMs: 5, maxPerDrain: 0 },
      'conflate.maxPerDrain must be an integer from 1 to 16777216, received 0',
    ],
    ['no keys', { everyMs: 5, maxKeys: 0 }, 'conflate.maxKeys must be an integer from 1'],
    ['an unknown overflow', { everyMs: 5, overflow: 'drop' }, 'conflate.overflow must be one of'],
    ['a value that is no function', { everyMs: 5, value: 1 }, 'conflate.value must be a function'],
    ['a timestamp that is no function', { everyMs: 5, timestamp: 1 }, 'conflate.timestamp must be a function'],
    ['an unknown error policy', { everyMs: 5, onError: 'ignore' }, 'conflate.onError'],
    ['a side output that is a function', { everyMs: 5, side: () => {} }, 'conflate.side.next must be a function'],
  ])('%s', (_, options, message) => {
    expect(() => conflate(keyOf, options as Options)).toThrow(message);
  });

  it('a key that is no function, and no options at all', () => {
    expect(() => conflate('key' as never, { everyMs: 5 })).toThrow('conflate.key must be a function');
    expect(() => conflate(keyOf, undefined as never)).toThrow('conflate must be an object');
  });
});

const values = ['a', 'b', 'c'] as const;

function throwingAt(name: 'key' | 'value' | 'timestamp') {
  return (error: Error, options: ThrowingOptions) => {
    const check = (callback: string) => (value: string) => {
      if (callback === name && value === 'b') throw error;
      return callback === 'key' ? value : 1;
    };
    return conflate(check('key'), {
      everyMs: 5,
      value: check('value') as () => number,
      timestamp: check('timestamp') as () => number,
      ...options,
    });
  };
}

function everyCallback(scheduler: SchedulerLike, drain?: ObservableInput<unknown>) {
  const source = drain === undefined ? { everyMs: 5 } : { drain, leading: true };
  return conflate((value: string) => value, { ...source, value: () => 1, timestamp: () => 1, scheduler });
}

const subjects: Readonly<Record<string, ConformanceSubject<string, unknown>>> = {
  'conflate, every so often': {
    create: (scheduler) => everyCallback(scheduler),
    values,
    emits: 'later',
    throwing: { key: throwingAt('key'), value: throwingAt('value'), timestamp: throwingAt('timestamp') },
  },
  'conflate, asked once': { create: (scheduler) => everyCallback(scheduler, of(1)), values, emits: 'later' },
};

for (const [name, subject] of Object.entries(subjects)) {
  describe(`${name}, keeps the contract of an operator: it`, () => {
    for (const { title, run } of conformanceChecks(subject)) it(title, run);
  });
}

describe('conflate, asked by its consumer inside next', () => {
  it('answers each request in turn, with what came meanwhile', () => {
    const source$ = new Subject<string>();
    const drain = new Subject<void>();
    const seen: string[] = [];
    const identity = (value: string) => value;
    source$.pipe(conflate(identity, { drain, leading: true, scheduler: asyncScheduler })).subscribe((batch) => {
      seen.push(batch.map(({ key }) => key).join(''));
      if (seen.length === 1) for (const value of ['b', 'c']) source$.next(value);
      drain.next();
    });
    drain.next();
    source$.next('a');
    expect(seen).toEqual(['a', 'bc']);
  });
});

describe('the memory of conflate', () => {
  const keys = 50_000;
  const start = () => {
    const scheduler = new VirtualTimeScheduler();
    const source$ = new Subject<string>();
    const subscription = source$.pipe(conflate((key) => key, { everyMs: 10, scheduler })).subscribe();
    return { scheduler, source$, subscription };
  };
  const flood = (source$: Subject<string>) => {
    for (let key = 0; key < keys; key += 1) source$.next(`key ${key}`);
  };

  // What the first run compiles stays, and is not what is measured.
  beforeAll(() => {
    const { source$, scheduler } = start();
    flood(source$);
    scheduler.flush();
  });

  it('returns to its base when all keys are drained, without another value', () => {
    const { scheduler, source$ } = start();
    const base = bytesInUse();
    flood(source$);
    expect(bytesInUse() - base).toBeGreaterThan(40 * keys);
    scheduler.flush();
    expect(bytesInUse() - base).toBeLessThan(512 * 1024);
    expect(source$.observed).toBe(true);
  });

  it('returns to its base when it is unsubscribed', () => {
    const base = bytesInUse();
    const { source$, subscription } = start();
    flood(source$);
    subscription.unsubscribe();
    expect(bytesInUse() - base).toBeLessThan(512 * 1024);
    expect(subscription.closed).toBe(true);
  });
});
