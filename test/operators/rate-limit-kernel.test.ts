import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimitKernel } from '../../src/operators/rate-limit-kernel.js';
import type {
  RateLimitEvicted,
  RateLimitKernelOptions,
  RateLimitToken,
} from '../../src/operators/rate-limit-options.js';
import { propertyRuns } from '../support/property.js';
import { NaiveRateLimit } from './naive-rate-limit.js';

const minute = 60_000;
const perMinute = [{ max: 2, perMs: minute }];

function restored(kernel: RateLimitKernel<string>, options: RateLimitKernelOptions<string>) {
  return new RateLimitKernel<string>(options, JSON.parse(JSON.stringify(kernel.snapshot())));
}

function admits(kernel: RateLimitKernel<string>, times: readonly number[]): boolean[] {
  return times.map((at) => kernel.process('a', at).admitted);
}

describe('RateLimitKernel', () => {
  it('P11 counts an item while it is younger than the window, and not when it is as old', () => {
    const kernel = new RateLimitKernel<string>({ windows: perMinute });
    expect(admits(kernel, [0, 1, minute - 1, minute, minute, minute + 1])).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
  });

  it('P11 counts accepted items only', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 1, perMs: 10 }] });
    expect(admits(kernel, [0, 5, 9, 10, 15, 20])).toEqual([true, false, false, true, false, true]);
  });

  it('P11 keeps to all windows at once', () => {
    const windows = [
      { max: 2, perMs: 10 },
      { max: 3, perMs: 100 },
    ];
    const kernel = new RateLimitKernel<string>({ windows });
    expect(admits(kernel, [0, 0, 0, 10, 20, 99, 100])).toEqual([true, true, false, true, false, false, true]);
  });

  it('says when a key has room again', () => {
    const kernel = new RateLimitKernel<string>({ windows: perMinute });
    admits(kernel, [5, 7]);
    expect(kernel.peek('a', 10)).toMatchObject({ admitted: false, reason: 'window', retryAt: minute + 5 });
    expect(kernel.peek('a', minute + 5).admitted).toBe(true);
  });

  it('asks without using anything up', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 1, perMs: minute }] });
    for (let n = 0; n < 3; n += 1) expect(kernel.peek('a', n).admitted).toBe(true);
    expect(kernel.size).toBe(0);
  });

  it('P12 holds a tripped key back for the whole cooldown, and tells how many once it has room', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 1, perMs: 10 }], cooldownMs: minute });
    admits(kernel, [0, 5]);
    expect(kernel.process('a', 20)).toMatchObject({ admitted: false, reason: 'cooldown', retryAt: minute + 5 });
    expect(kernel.nextDue()).toBeLessThanOrEqual(minute + 5);
    expect(kernel.advance(minute + 4)).toEqual([]);
    const summary = { kind: 'reopened', key: 'a', heldBack: 2, trippedAt: 5, at: minute + 5, reason: 'room' };
    expect(kernel.advance(minute + 5)).toEqual([summary]);
    expect(kernel.advance(minute + 6)).toEqual([]);
    expect(kernel.process('a', minute + 6).admitted).toBe(true);
  });

  it('P12 reports one summary a trip, also when a window is full for longer than the cooldown', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 1, perMs: 100 }], cooldownMs: 10 });
    admits(kernel, [0, 1]);
    expect(kernel.process('a', 50)).toMatchObject({ reason: 'window', retryAt: 100 });
    expect(kernel.advance(99)).toEqual([]);
    expect(kernel.advance(100)).toMatchObject([{ heldBack: 2, trippedAt: 1 }]);
  });

  it('P12 without a cooldown nothing trips and there is no summary', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 1, perMs: 100 }] });
    admits(kernel, [0, 1, 2]);
    expect(kernel.advance(1_000)).toEqual([]);
    expect(kernel.flush(1_000)).toEqual([]);
  });

  it('P12 a refusal that is pardoned neither counts nor trips', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 1, perMs: 10 }], cooldownMs: minute });
    kernel.commit('a', 0);
    kernel.refuse('a', 1);
    kernel.pardon('a');
    expect(kernel.process('a', 10).admitted).toBe(true);
  });

  it('reports what is still held back when the stream ends', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 1, perMs: 10 }], cooldownMs: minute });
    admits(kernel, [0, 1, 2]);
    expect(kernel.flush(3)).toMatchObject([{ heldBack: 2, reason: 'complete' }]);
  });

  it('gives back what a release names, even after later items', () => {
    const kernel = new RateLimitKernel<string>({ windows: perMinute });
    const token = kernel.commit('a', 0);
    kernel.commit('a', 5);
    kernel.release(token);
    expect(admits(kernel, [6, 7])).toEqual([true, false]);
  });

  it('lets time stand still while the clock reads less than before', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 1, perMs: 100 }] });
    expect(admits(kernel, [1_000, 10, 1_099, 1_100])).toEqual([true, false, false, true]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %d as a time', (now) => {
    const kernel = new RateLimitKernel<string>({ windows: perMinute });
    expect(() => kernel.process('a', now)).toThrow(RangeError);
  });

  it('tells ages apart across the 32 bits in which it keeps times', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 2, perMs: 1_000 }] });
    const day = 86_400_000;
    admits(kernel, [0, 500]);
    for (let at = day; at < 60 * day; at += day) expect(kernel.process('a', at).admitted).toBe(true);
    expect(kernel.process('a', 2 ** 32 + 60 * day).admitted).toBe(true);
  });

  it('keeps a key tripped for a cooldown of months, however often it is asked, and then opens it', () => {
    const day = 86_400_000;
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 1, perMs: day }], cooldownMs: 60 * day });
    admits(kernel, [0, 1]);
    for (let at = day; at <= 60 * day; at += day / 2) expect(kernel.process('a', at).admitted).toBe(false);
    expect(kernel.process('a', 60 * day + 1).admitted).toBe(true);
    expect(kernel.advance(60 * day + 1)).toMatchObject([{ heldBack: 120 }]);
  });

  it('allows a burst of max with GCRA, then max in each window on the long run', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 4, perMs: 100 }], algorithm: 'gcra' });
    const admitted = Array.from({ length: 1_001 }, (_, at) => at).filter((at) => kernel.process('a', at).admitted);
    expect(admitted.slice(0, 6)).toEqual([0, 1, 2, 3, 25, 50]);
    expect(admitted).toHaveLength(4 + 40);
  });

  it('says exactly when GCRA has room', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 3, perMs: 100 }], algorithm: 'gcra' });
    admits(kernel, [0, 0, 0]);
    expect(kernel.process('a', 1)).toMatchObject({ admitted: false, retryAt: 34 });
    expect(admits(kernel, [33, 34])).toEqual([false, true]);
  });

  it('GCRA goes back to where it was when the last item is released', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 1, perMs: 100 }], algorithm: 'gcra' });
    kernel.release(kernel.commit('a', 0));
    expect(kernel.process('a', 0).admitted).toBe(true);
  });
});

describe('a RateLimitKernel with more keys than it may remember', () => {
  const windows = [{ max: 1, perMs: minute }];

  it('F7 forgets the least recently used key and says so', () => {
    const evicted: RateLimitEvicted<string>[] = [];
    const onEvict = (notice: RateLimitEvicted<string>) => evicted.push(notice);
    const kernel = new RateLimitKernel<string>({ windows, maxKeys: 2, cooldownMs: 5, onEvict });
    for (const key of ['a', 'b', 'b', 'a', 'c']) kernel.process(key, 0);
    expect(evicted).toEqual([{ key: 'b', heldBack: 1, trippedAt: 0 }]);
    expect(kernel.size).toBe(2);
  });

  it('rejects new keys until an old one is idle', () => {
    const kernel = new RateLimitKernel<string>({ windows, maxKeys: 1, overflow: 'reject' });
    kernel.process('a', 0);
    expect(kernel.process('b', 1)).toMatchObject({ admitted: false, reason: 'max_keys', retryAt: minute });
    expect(kernel.process('b', minute).admitted).toBe(true);
  });

  it('throws when told to', () => {
    const kernel = new RateLimitKernel<string>({ windows, maxKeys: 1, overflow: 'error' });
    kernel.process('a', 0);
    expect(() => kernel.process('b', 1)).toThrow(/maxKeys/);
  });

  it('spreads keys that are due at one moment over calls, and asks for the next one at once', () => {
    const kernel = new RateLimitKernel<string>({ windows, cooldownMs: 10 });
    for (let n = 0; n < 2_000; n += 1) for (const at of [0, 0]) kernel.process(`${n}`, at);
    const reopened: number[] = [];
    while (kernel.nextDue() <= minute) reopened.push(kernel.advance(minute).length);
    expect(reopened.filter((count) => count > 0)).toEqual([500, 500, 500, 500]);
    const sizes: number[] = [];
    while (kernel.nextDue() <= 10 * minute) {
      kernel.advance(10 * minute);
      sizes.push(kernel.size);
    }
    expect(sizes).toEqual([1_500, 1_000, 500, 0]);
  });

  it('forgets idle keys without another event, and keeps tripped ones until they have reported', () => {
    const kernel = new RateLimitKernel<string>({ windows, cooldownMs: minute });
    kernel.process('a', 0);
    kernel.process('b', 0);
    kernel.process('b', 1);
    const notices: unknown[] = [];
    for (let due = kernel.nextDue(); due !== Infinity; due = kernel.nextDue()) notices.push(...kernel.advance(due));
    expect(notices).toMatchObject([{ key: 'b', heldBack: 1 }]);
    expect(kernel.size).toBe(0);
  });
});

/** Few, and so many that a ring grows once and twice. */
const max = fc.oneof({ arbitrary: fc.integer({ min: 1, max: 5 }), weight: 3 }, fc.integer({ min: 30, max: 160 }));
const window = fc.record({ max, perMs: fc.integer({ min: 1, max: 120 }) });
const step = fc.record({
  key: fc.constantFrom('a', 'a', 'b'),
  // Equal times are frequent, and some go back.
  after: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 8 }), fc.integer({ min: -10, max: 40 })),
  what: fc.constantFrom('process', 'process', 'process', 'advance', 'restore', 'commit', 'release'),
});
const plan = fc.record({
  windows: fc.array(window, { minLength: 1, maxLength: 3 }),
  cooldownMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 })),
  burst: fc.constantFrom(1, 1, 1, 20),
  steps: fc.array(step, { maxLength: 120, size: 'max' }),
});

describe('of a key that trips, RateLimitKernel', () => {
  it('names the end of the cooldown to the very value that trips it', () => {
    const kernel = new RateLimitKernel<string>({ windows: [{ max: 1, perMs: 10 }], cooldownMs: 50 });
    kernel.process('a', 0);
    expect(kernel.process('a', 5)).toMatchObject({ reason: 'window', retryAt: 55 });
    expect(kernel.process('a', 55)).toMatchObject({ admitted: true });
  });

  it('tells what was held back when a smaller maxKeys leaves the key out of a state', () => {
    const options = { windows: [{ max: 1, perMs: 10 }], cooldownMs: 50 };
    const kernel = new RateLimitKernel<string>(options);
    for (const key of ['a', 'a', 'a', 'b', 'c']) kernel.process(key, 5);
    const evicted: unknown[] = [];
    const smaller = restored(kernel, { ...options, maxKeys: 1, onEvict: (one) => evicted.push(one) });
    expect(evicted).toEqual([
      { key: 'a', heldBack: 2, trippedAt: 5 },
      { key: 'b', heldBack: 0 },
    ]);
    expect([smaller.size, smaller.peek('c', 6).admitted]).toEqual([1, false]);
  });
});

describe('on random traces, RateLimitKernel', () => {
  it('P11 P12 decides as a list of all accepted times would, over snapshots and restores', () => {
    fc.assert(
      fc.property(plan, ({ windows, cooldownMs, burst, steps }) => {
        const options = { windows, cooldownMs };
        const naive = new NaiveRateLimit(windows, cooldownMs);
        let kernel = new RateLimitKernel<string>(options);
        let clock = 1_000_000;
        let now = Number.NEGATIVE_INFINITY;
        const tokens: RateLimitToken<string>[] = [];
        const said: unknown[] = [];
        const expected: unknown[] = [];
        for (const { key, after, what } of steps) {
          clock += after;
          now = Math.max(now, clock);
          const reopened = kernel
            .advance(clock)
            .map((notice) => `${notice.key} ${notice.heldBack} ${notice.trippedAt}`);
          said.push([...reopened].sort());
          expected.push(naive.reopened(now));
          if (what === 'restore') kernel = restored(kernel, options);
          for (let n = 0; what === 'process' && n < burst; n += 1) {
            const { admitted, retryAt } = kernel.process(key, clock);
            said.push({ admitted, retryAt });
            expected.push(naive.process(key, now));
          }
          if (what === 'commit' && kernel.peek(key, clock).admitted) {
            tokens.push(kernel.commit(key, clock));
            naive.process(key, now);
          }
          const token = what === 'release' ? tokens.shift() : undefined;
          if (token !== undefined) {
            kernel.release(token);
            naive.release(token.key, token.at);
          }
        }
        expect(said).toEqual(expected);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('F7 pushes out what was unused for longest, and decides about the others as if there was room', () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 3 }), ({ windows, cooldownMs, steps }, maxKeys) => {
        const naive = new NaiveRateLimit(windows, cooldownMs);
        const used = new Map<string, number>();
        const kernel = new RateLimitKernel<string>({
          windows,
          cooldownMs,
          maxKeys,
          onEvict: ({ key }) => {
            expect([...used.keys()].indexOf(key)).toBe(used.size - maxKeys);
            naive.forget(key);
          },
        });
        let now = 0;
        for (const [index, { key, after }] of steps.entries()) {
          now += Math.max(0, after);
          const name = index % 2 === 0 ? key : `${index % 7}`;
          naive.reopened(now);
          kernel.advance(now);
          expect(kernel.process(name, now).admitted).toBe(naive.process(name, now).admitted);
          used.delete(name);
          used.set(name, now);
          expect(kernel.size).toBeLessThanOrEqual(maxKeys);
        }
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('with GCRA never passes more than a burst and the long-run rate in any stretch of time', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 150, size: 'max' });
    fc.assert(
      fc.property(window, gaps, ({ max, perMs }, steps) => {
        const kernel = new RateLimitKernel<string>({ windows: [{ max, perMs }], algorithm: 'gcra' });
        let now = 0;
        const admitted: number[] = [];
        for (const gap of steps) {
          now += gap;
          if (kernel.process('a', now).admitted) admitted.push(now);
        }
        const excess = admitted.flatMap((start, from) =>
          admitted.slice(from).map((end, more) => more + 1 - max - ((end - start) * max) / perMs),
        );
        expect(Math.max(0, ...excess)).toBe(0);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('with GCRA never gives more room after a release than if the item had never been', () => {
    const gap = fc.integer({ min: 0, max: 20 });
    const items = fc.array(fc.tuple(gap, fc.boolean()), { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(window, items, ({ max, perMs }, steps) => {
        const options: RateLimitKernelOptions<string> = { windows: [{ max, perMs }], algorithm: 'gcra' };
        const kernel = new RateLimitKernel<string>(options);
        const without = new RateLimitKernel<string>(options);
        const released = [];
        let now = 0;
        for (const [after, keep] of steps) {
          now += after;
          if (!kernel.peek('a', now).admitted) continue;
          const token = kernel.commit('a', now);
          if (keep) without.commit('a', now);
          else released.push(token);
        }
        for (const token of released) kernel.release(token);
        expect(kernel.peek('a', now).retryAt).toBeGreaterThanOrEqual(without.peek('a', now).retryAt);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('with GCRA goes on after a restore as it would have without', () => {
    const windows = fc.array(window, { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(windows, fc.array(step, { maxLength: 80, size: 'max' }), (limits, steps) => {
        const options: RateLimitKernelOptions<string> = { windows: limits, algorithm: 'gcra', cooldownMs: 30 };
        const straight = new RateLimitKernel<string>(options);
        let kernel = new RateLimitKernel<string>(options);
        let now = 1_700_000_000_000;
        const said: unknown[] = [];
        const expected: unknown[] = [];
        for (const { key, after, what } of steps) {
          now += after;
          if (what === 'restore') kernel = restored(kernel, options);
          said.push({ ...kernel.process(key, now) }, kernel.advance(now));
          expected.push({ ...straight.process(key, now) }, straight.advance(now));
        }
        expect(said).toEqual(expected);
      }),
      { numRuns: propertyRuns() },
    );
  });
});
