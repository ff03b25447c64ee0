import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AggregateKernel } from '../../src/operators/aggregate-kernel.js';
import type { Aggregated, AggregateEvicted, AggregateKernelOptions } from '../../src/operators/aggregate-options.js';
import { propertyRuns } from '../support/property.js';
import { NaiveAggregate } from './naive-aggregate.js';

const fns = ['count', 'sum', 'max', 'last', 'p50'] as const;
type Fn = (typeof fns)[number];
type Options = AggregateKernelOptions<string, Fn>;
type Kernel = AggregateKernel<string, Fn>;

const day = 86_400_000;

function sums(more: Partial<AggregateKernelOptions<string, 'sum'>> = {}, timed = false) {
  return new AggregateKernel<string, 'sum'>({ fns: ['sum'], windowMs: 100, ...more }, timed);
}

/** Everything that is due at `now`. */
function drained<F extends Fn | 'rate'>(kernel: AggregateKernel<string, F>, now: number): Aggregated<string, F>[] {
  const told = [...kernel.advance(now)];
  while (kernel.nextDue() <= now) told.push(...kernel.advance(now));
  return told;
}

function brief(windows: readonly Aggregated<string, 'sum'>[]): string[] {
  return windows.map(({ key, start, end, values, revision }) => `${key} ${start}-${end} ${values.sum} r${revision}`);
}

describe('AggregateKernel', () => {
  it('closes a window at its end and not a millisecond before, with the values from its start on', () => {
    const kernel = sums();
    kernel.process('a', 1, 100);
    kernel.process('a', 2, 199);
    expect(kernel.nextDue()).toBe(200);
    expect(drained(kernel, 199)).toEqual([]);
    kernel.process('a', 4, 200);
    expect(brief(drained(kernel, 200))).toEqual(['a 100-200 3 r0']);
    expect(brief(drained(kernel, 300))).toEqual(['a 200-300 4 r0']);
  });

  it('tells nothing of windows without values, and forgets a key that stays idle', () => {
    const kernel = sums({ everyMs: 50 });
    kernel.process('a', 1, 10);
    expect(brief(drained(kernel, 1_000))).toEqual(['a -50-50 1 r0', 'a 0-100 1 r0']);
    expect(kernel.size).toBe(0);
    expect(kernel.nextDue()).toBe(Infinity);
  });

  it('tells what is over when the next value comes late to a late timer, and not as part of the next window', () => {
    const kernel = sums();
    kernel.process('a', 1, 0);
    kernel.process('a', 2, 350);
    expect(brief(drained(kernel, 350))).toEqual(['a 0-100 1 r0']);
    expect(brief(drained(kernel, 400))).toEqual(['a 300-400 2 r0']);
  });

  it('B12 keeps windows of years', () => {
    const kernel = sums({ windowMs: 800 * day });
    kernel.process('a', 1, 790 * day);
    kernel.process('a', 2, 799 * day);
    expect(drained(kernel, 800 * day - 1)).toEqual([]);
    expect(brief(drained(kernel, 800 * day))).toEqual([`a 0-${800 * day} 3 r0`]);
  });

  it('says how much of the window the key was seen in', () => {
    const kernel = sums({ everyMs: 50 });
    kernel.process('a', 1, 25);
    kernel.process('a', 1, 110);
    expect(drained(kernel, 200).map(({ coverage }) => coverage)).toEqual([0.25, 0.75, 1, 1]);
  });

  it('tells only what changed, and anew once the key was forgotten', () => {
    const kernel = sums({ emit: 'change' });
    const told: string[] = [];
    for (const at of [0, 100, 200, 1_000]) {
      kernel.process('a', 5, at);
      told.push(...brief(drained(kernel, at + 99)));
    }
    told.push(...brief(drained(kernel, 1_100)));
    expect(told).toEqual(['a 0-100 5 r0', 'a 1000-1100 5 r0']);
  });

  it('tells the window that ends with each value, when told so', () => {
    const kernel = sums({ emit: 'event', panes: 100 });
    const told = [0, 50, 99, 100, 300].flatMap((at) => {
      kernel.process('a', 1, at);
      return drained(kernel, at);
    });
    expect(told.map(({ values }) => values.sum)).toEqual([1, 2, 3, 3, 1]);
    expect(told[3]).toMatchObject({ start: 1, end: 101, partial: false });
  });

  it('rejects numbers that are none, and counts on', () => {
    const kernel = sums();
    const said = [Number.NaN, Infinity, -Infinity, 1].map((value) => kernel.process('a', value, 0));
    expect(said).toEqual(['not_finite', 'not_finite', 'not_finite', 'counted']);
  });

  it.each([Number.NaN, Infinity])('refuses %d as a time of the clock', (now) => {
    expect(() => sums().process('a', 1, now)).toThrow(RangeError);
    expect(() => sums().advance(now)).toThrow(RangeError);
  });

  it('lets time stand still while the clock reads less than before', () => {
    const kernel = sums();
    kernel.process('a', 1, 150);
    kernel.process('a', 2, 20);
    expect(brief(drained(kernel, 200))).toEqual(['a 100-200 3 r0']);
  });

  it('tells open windows as partial ones when the stream ends, and starts anew after it', () => {
    const kernel = sums({ everyMs: 50 });
    kernel.process('a', 1, 60);
    expect(kernel.flush(75)).toMatchObject([{ start: 0, end: 100, partial: true, coverage: 0.15 }]);
    expect(kernel.size).toBe(0);
    expect(kernel.nextDue()).toBe(Infinity);
  });

  it('tells a window as partial until it is over, also when a value came in its last millisecond', () => {
    const kernel = sums({});
    kernel.process('a', 1, 99);
    expect(kernel.flush(99)).toMatchObject([{ end: 100, partial: true, coverage: 0.01 }]);
    const timed = sums({ latenessMs: 50 }, true);
    timed.process('a', 1, 120, 20);
    timed.process('a', 1, 120, 120);
    expect(timed.flush(120)).toMatchObject([
      { end: 100, partial: true, coverage: 0.8 },
      { end: 200, partial: true },
    ]);
  });

  it('tells many windows at one moment a bounded number at a time', () => {
    const kernel = new AggregateKernel<number, 'sum'>({ fns: ['sum'], windowMs: 60_000, everyMs: 1_000 });
    for (let key = 0; key < 20_000; key += 1) kernel.process(key, 1, 0);
    let told = 0;
    for (let turns = 0; kernel.nextDue() <= 1_000; turns += 1) {
      const some = kernel.advance(1_000).length;
      expect(some).toBeLessThanOrEqual(500);
      told += some;
      if (turns > 1_000) throw new Error('no end');
    }
    expect(told).toBe(20_000);
  });

  it('counts a value that comes while windows are still being told in its own window', () => {
    const kernel = sums({ maxKeys: 5_000 });
    for (let key = 0; key < 2_000; key += 1) kernel.process(`${key}`, 1, 0);
    kernel.advance(100);
    kernel.process('1999', 5, 101);
    const told = brief(drained(kernel, 101)).filter((window) => window.startsWith('1999 '));
    expect(told).toEqual(['1999 0-100 1 r0']);
    expect(brief(drained(kernel, 200))).toEqual(['1999 100-200 5 r0']);
  });
});

describe('an AggregateKernel of values that bring their own times', () => {
  const limits = { latenessMs: 20, maxFutureMs: 1_000, idleTimeoutMs: 500 } as const;

  it('closes a window when the newest time has passed it by the lateness, with what came out of order', () => {
    const kernel = sums(limits, true);
    for (const at of [90, 110, 85, 119]) kernel.process('a', 1, 1_000, at);
    expect(drained(kernel, 1_000)).toEqual([]);
    kernel.process('a', 1, 1_000, 120);
    expect(brief(drained(kernel, 1_000))).toEqual(['a 0-100 2 r0']);
  });

  it('closes it after a silence', () => {
    const kernel = sums(limits, true);
    kernel.process('a', 1, 1_000, 90);
    expect(kernel.nextDue()).toBe(1_500);
    expect(brief(drained(kernel, 1_500))).toEqual(['a 0-100 1 r0']);
  });

  it('rejects what is late, from the future, or of no time', () => {
    const kernel = sums(limits, true);
    const said = [500, 350, 1_100, 3_000, Number.NaN, Infinity, -1, 1e300].map((at) =>
      kernel.process('a', 1, 1_000, at),
    );
    const nots = ['not_a_time', 'not_a_time', 'not_a_time', 'not_a_time'];
    expect(said).toEqual(['counted', 'late', 'counted', 'future', ...nots]);
  });

  it('counts a value in those of its windows that are open', () => {
    const kernel = sums({ everyMs: 50, maxFutureMs: Infinity }, true);
    kernel.process('a', 1, 0, 100);
    expect(kernel.process('a', 1, 0, 75)).toBe('counted');
    kernel.process('b', 1, 0, 1_000);
    expect(brief(drained(kernel, 0)).filter((window) => window.startsWith('a'))).toEqual([
      'a 50-150 2 r0',
      'a 100-200 1 r0',
    ]);
  });

  it('tells a closed window again with onLate update, while it is held', () => {
    const kernel = sums({ onLate: 'update', reviseMs: 150, maxFutureMs: Infinity }, true);
    kernel.process('a', 1, 0, 50);
    kernel.process('a', 1, 0, 210);
    const said = [60, 70, 150, 40].map((at) => kernel.process('a', 1, 0, at));
    expect(said).toEqual(['counted', 'counted', 'counted', 'counted']);
    expect(brief(drained(kernel, 0))).toEqual([
      'a 0-100 1 r0',
      'a 0-100 2 r1',
      'a 0-100 3 r2',
      'a 100-200 1 r0',
      'a 0-100 4 r3',
    ]);
    kernel.process('a', 1, 0, 260);
    expect(kernel.process('a', 1, 0, 99)).toBe('late');
  });
});

describe('an AggregateKernel with more keys, or values, than it may keep', () => {
  it('F7 forgets the least recently used key and tells its open windows', () => {
    const evicted: AggregateEvicted<string, 'sum'>[] = [];
    const kernel = sums({ maxKeys: 2, onEvict: (notice) => evicted.push(notice) });
    for (const key of ['a', 'b', 'a', 'c']) kernel.process(key, 1, 10);
    expect(evicted).toMatchObject([{ key: 'b', windows: [{ start: 0, end: 100, count: 1, partial: true }] }]);
    expect(brief(drained(kernel, 100)).sort()).toEqual(['a 0-100 2 r0', 'c 0-100 1 r0']);
  });

  it('F7 rejects new keys, or throws, when told to', () => {
    const rejecting = sums({ maxKeys: 1, overflow: 'reject' });
    expect(['a', 'b', 'a'].map((key) => rejecting.process(key, 1, 0))).toEqual(['counted', 'max_keys', 'counted']);
    const strict = sums({ maxKeys: 1, overflow: 'error' });
    strict.process('a', 1, 0);
    expect(() => strict.process('b', 1, 0)).toThrow(/maxKeys/);
  });

  it('rejects values beyond maxEvents in exact mode', () => {
    const kernel = sums({ mode: 'exact', maxEvents: 2 });
    expect([0, 1, 2].map((at) => kernel.process('a', 1, at))).toEqual(['counted', 'counted', 'max_events']);
    expect(brief(drained(kernel, 100))).toEqual(['a 0-100 2 r0']);
  });

  it('goes on with figures that are no number, and that were not taken yet', () => {
    const options = { fns: ['rate'], windowMs: 100, emit: 'event' } as const;
    const before = new AggregateKernel<string, 'rate'>(options);
    before.process('a', 1, 10);
    const saved = JSON.parse(JSON.stringify(before.snapshot()));
    const after = new AggregateKernel<string, 'rate'>(options, false, saved);
    expect(after.advance(10)).toMatchObject([{ values: { rate: Number.NaN } }]);
  });

  it('loses nothing of a state with more values than maxEvents, and rejects more', () => {
    const options = { fns: ['sum'], windowMs: 100, mode: 'exact' } as const;
    const before = new AggregateKernel<string, 'sum'>(options);
    for (const value of [1, 2, 3]) before.process('a', value, 10);
    const after = new AggregateKernel<string, 'sum'>({ ...options, maxEvents: 2 }, false, before.snapshot());
    expect(after.process('a', 4, 20)).toBe('max_events');
    expect(after.advance(100)).toMatchObject([{ count: 3, values: { sum: 6 } }]);
  });

  it('goes on only from a state of the same windows and version', () => {
    const snapshot = sums().snapshot();
    expect(() => new AggregateKernel({ fns: ['sum'], windowMs: 99 }, false, snapshot)).toThrow(/cannot be continued/);
    const other = { ...snapshot, version: 2 } as unknown as typeof snapshot;
    expect(() => new AggregateKernel({ fns: ['sum'], windowMs: 100 }, false, other)).toThrow(/version 2/);
  });
});

const shapes = fc
  .record({
    windowMs: fc.constantFrom(1, 5, 12, 20, 60),
    every: fc.integer({ min: 1, max: 60 }),
    offsetMs: fc.integer({ min: -30, max: 30 }),
    emit: fc.constantFrom('tick', 'tick', 'change', 'event'),
    mode: fc.constantFrom('panes', 'exact'),
    panes: fc.integer({ min: 1, max: 15 }),
    onLate: fc.constantFrom('drop', 'update'),
    reviseMs: fc.nat(50),
    latenessMs: fc.nat(30),
    idleTimeoutMs: fc.nat(90),
    maxKeys: fc.constantFrom(2, 100),
    timed: fc.boolean(),
  })
  .map(({ every, timed, ...shape }) => {
    const isEvent = shape.emit === 'event';
    const everyMs = isEvent ? undefined : Math.min(every, shape.windowMs);
    const onLate = isEvent ? 'drop' : shape.onLate;
    return { timed, options: { ...shape, everyMs, onLate, fns, maxFutureMs: 50 } as Options };
  });
const step = fc.record({
  key: fc.constantFrom('a', 'a', 'b', 'c'),
  value: fc.integer({ min: 0, max: 3 }),
  after: fc.oneof(fc.constant(0), fc.nat(9), fc.integer({ min: -10, max: 20 }), fc.nat(200)),
  ago: fc.oneof(fc.constant(0), fc.nat(25), fc.integer({ min: -60, max: 150 }), fc.constant(Number.NaN)),
  restore: fc.nat(9).map((one) => one === 0),
});

function sorted(windows: readonly Aggregated<string, Fn>[]): unknown[] {
  return windows
    .map(({ values, ...window }) => ({ ...window, ...values, p50: Math.round(values.p50) }))
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

describe('on random traces, AggregateKernel', () => {
  it('tells what a list of all values would, conserves them, and goes on from a snapshot', () => {
    fc.assert(
      fc.property(shapes, fc.array(step, { maxLength: 80, size: 'max' }), ({ options, timed }, steps) => {
        const naive = new NaiveAggregate(options, timed);
        const evicted: unknown[] = [];
        const onEvict = ({ key, windows }: AggregateEvicted<string, Fn>) => evicted.push(key, ...sorted(windows));
        let kernel: Kernel = new AggregateKernel({ ...options, onEvict }, timed);
        let clock = 1_000;
        for (const { key, value, after, ago, restore } of steps) {
          clock += after;
          if (restore) {
            const snapshot = JSON.parse(JSON.stringify(kernel.snapshot()));
            kernel = new AggregateKernel({ ...options, onEvict }, timed, snapshot);
          }
          const told = drained(kernel, clock);
          const verdict = kernel.process(key, value, clock, clock - ago);
          told.push(...drained(kernel, clock));
          const expected = naive.process(key, value, clock, clock - ago);
          expect({ verdict, told: sorted(told) }).toEqual({
            verdict: expected.verdict,
            told: sorted(expected.told),
          });
        }
        expect(evicted).toEqual(naive.evicted.flatMap((notice) => [notice.key, ...sorted(notice.windows)]));
        expect(sorted(kernel.flush(clock))).toEqual(sorted(naive.flush(clock)));
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('counts each value once: in told, evicted and last windows, or in what it rejects', () => {
    const tumbling = shapes.map(({ timed, options }) => {
      const { everyMs: _, ...others } = options;
      return { timed, options: { ...others, emit: 'tick', onLate: 'drop' } as Options };
    });
    fc.assert(
      fc.property(tumbling, fc.array(step, { maxLength: 80, size: 'max' }), ({ options, timed }, steps) => {
        const windows: Aggregated<string, Fn>[] = [];
        const onEvict = (evicted: AggregateEvicted<string, Fn>) => windows.push(...evicted.windows);
        const kernel = new AggregateKernel<string, Fn>({ ...options, onEvict }, timed);
        let clock = 1_000;
        let counted = 0;
        for (const { key, value, after, ago } of steps) {
          clock += after;
          if (kernel.process(key, value, clock, clock - ago) === 'counted') counted += 1;
          windows.push(...kernel.advance(clock));
        }
        windows.push(...kernel.flush(clock));
        expect(windows.reduce((sum, { count }) => sum + count, 0)).toBe(counted);
      }),
      { numRuns: propertyRuns() },
    );
  });
});
