import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DedupeKernel } from '../../src/operators/dedupe-kernel.js';
import type { DedupeEvicted, DedupeKernelOptions } from '../../src/operators/dedupe-options.js';
import { propertyRuns } from '../support/property.js';
import { NaiveDedupe } from './naive-dedupe.js';

function admits(kernel: DedupeKernel<string>, times: readonly number[]): boolean[] {
  return times.map((at) => kernel.process('a', at).admitted);
}

function restored(kernel: DedupeKernel<string>, options: DedupeKernelOptions<string>) {
  return new DedupeKernel<string>(options, JSON.parse(JSON.stringify(kernel.snapshot())));
}

describe('DedupeKernel', () => {
  it('P13 drops copies while the first one is younger than the window', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 300 });
    expect(admits(kernel, [0, 1, 299, 300, 599, 600])).toEqual([true, false, false, true, false, true]);
  });

  it('measures from the latest copy when told so', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 10, from: 'last' });
    expect(admits(kernel, [0, 9, 18, 27, 37])).toEqual([true, false, false, false, true]);
  });

  it('closes a window at its maxAgeMs, at that moment and also after a restart', () => {
    const options = { windowMs: 10, from: 'last', maxAgeMs: 15 } as const;
    const kernel = new DedupeKernel<string>(options);
    expect(admits(kernel, [0, 9, 12])).toEqual([true, false, false]);
    for (const each of [kernel, restored(kernel, options)]) {
      expect(each.nextDue()).toBeLessThanOrEqual(15);
      expect(each.advance(14)).toEqual([]);
      expect(each.nextDue()).toBe(15);
      expect(each.advance(15)).toMatchObject([{ key: 'a', count: 3, reason: 'expired' }]);
      expect([each.size, each.nextDue()]).toEqual([0, Infinity]);
    }
  });

  it('makes room of a window that is over by its age, whoever was used since', () => {
    const kernel = new DedupeKernel<string>({
      windowMs: 10,
      from: 'last',
      maxAgeMs: 12,
      maxKeys: 2,
      overflow: 'reject',
    });
    kernel.process('a', 0);
    kernel.process('b', 5);
    kernel.process('a', 9);
    expect(kernel.process('c', 11).reason).toBe('max_keys');
    expect(kernel.process('c', 12).admitted).toBe(true);
  });

  it('tells of what a smaller maxKeys leaves out of a state, open or over', () => {
    const options = { windowMs: 10 };
    const kernel = new DedupeKernel<string>(options);
    for (const [key, at] of [
      ['a', 0],
      ['a', 1],
      ['b', 4],
      ['c', 9],
    ] as const)
      kernel.process(key, at);
    kernel.peek('a', 12);
    const evicted: DedupeEvicted<string>[] = [];
    const onEvict = (one: DedupeEvicted<string>) => void evicted.push(one);
    const smaller = restored(kernel, { ...options, maxKeys: 1, onEvict });
    expect(evicted).toEqual([{ key: 'b', count: 1, firstAt: 4 }]);
    expect(smaller.advance(12)).toMatchObject([{ key: 'a', count: 2, reason: 'expired' }]);
  });

  it('does not take a clock that was set back for idleness of event time', () => {
    const eventTime = { latenessMs: 5_000, idleTimeoutMs: 100, maxFutureMs: Infinity };
    const kernel = new DedupeKernel<string>({ windowMs: 10, eventTime });
    kernel.process('a', 100_000, 100_000);
    expect(kernel.process('b', 50_000, 100_001).admitted).toBe(true);
    expect(kernel.process('c', 50_001, 100_002).admitted).toBe(true);
  });

  it('lets a chatty key through once it is older than maxAgeMs', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 10, from: 'last', maxAgeMs: 25 });
    expect(admits(kernel, [0, 9, 18, 24, 25, 34])).toEqual([true, false, false, false, true, false]);
  });

  it('P13 counts the copies and says when the next one passes', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 100 });
    kernel.process('a', 5);
    kernel.process('a', 6);
    expect(kernel.process('a', 7)).toMatchObject({ reason: 'duplicate', count: 3, firstAt: 5, retryAt: 105 });
  });

  it('tells once how many copies a window had, when it is over', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 100 });
    admits(kernel, [0, 1, 2]);
    kernel.process('b', 3);
    expect(kernel.nextDue()).toBe(100);
    expect(kernel.advance(99)).toEqual([]);
    expect(kernel.advance(100)).toEqual([{ kind: 'closed', key: 'a', count: 3, firstAt: 0, reason: 'expired' }]);
    expect(kernel.advance(1_000)).toEqual([]);
    expect(kernel.size).toBe(0);
  });

  it('forgets a key when told, so that its next copy passes', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 100 });
    admits(kernel, [0, 1]);
    kernel.forget('a');
    expect(kernel.process('a', 2).admitted).toBe(true);
    expect(kernel.advance(2)).toMatchObject([{ key: 'a', count: 2, reason: 'forgotten' }]);
  });

  it('takes a commit back, unless another window has started since', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 100 });
    const first = kernel.commit('a', 0);
    kernel.release(first);
    expect(kernel.process('a', 1).admitted).toBe(true);
    kernel.release(first);
    expect(kernel.process('a', 2).admitted).toBe(false);
  });

  it('takes a counted copy back', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 100 });
    kernel.commit('a', 0);
    kernel.refuse('a', 1);
    kernel.pardon('a');
    expect(kernel.process('a', 2).count).toBe(2);
  });

  it('reports counted copies when the stream ends', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 100 });
    admits(kernel, [0, 1]);
    kernel.process('b', 1);
    expect(kernel.flush(2)).toMatchObject([{ key: 'a', count: 2, reason: 'complete' }]);
  });

  it('F7 beyond maxKeys forgets the window that ends first, and says so', () => {
    const evicted: DedupeEvicted<string>[] = [];
    const onEvict = (notice: DedupeEvicted<string>) => evicted.push(notice);
    const kernel = new DedupeKernel<string>({ windowMs: 100, maxKeys: 2, onEvict });
    for (const [at, key] of ['a', 'a', 'b', 'c'].entries()) kernel.process(key, at);
    expect(evicted).toEqual([{ key: 'a', count: 2, firstAt: 0 }]);
    expect(kernel.size).toBe(2);
  });

  it('spreads windows that end at one moment over calls, and asks for the next one at once', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 100 });
    for (let n = 0; n < 2_000; n += 1) for (const at of [0, 0]) kernel.process(`${n}`, at);
    const closed: number[] = [];
    while (kernel.nextDue() <= 100) closed.push(kernel.advance(100).length);
    expect(closed).toEqual([500, 500, 500, 500]);
    expect(kernel.size).toBe(0);
  });

  it('beyond maxKeys rejects new keys, or throws, when told so', () => {
    const rejecting = new DedupeKernel<string>({ windowMs: 100, maxKeys: 1, overflow: 'reject' });
    rejecting.process('a', 0);
    expect(rejecting.process('b', 1)).toMatchObject({ admitted: false, reason: 'max_keys', retryAt: 100 });
    expect(rejecting.process('b', 100).admitted).toBe(true);
    const throwing = new DedupeKernel<string>({ windowMs: 100, maxKeys: 1, overflow: 'error' });
    throwing.process('a', 0);
    expect(() => throwing.process('b', 1)).toThrow(/maxKeys/);
  });

  it('lets time stand still while the clock reads less than before, and refuses what is no time', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 100 });
    expect(admits(kernel, [1_000, 10, 1_099, 1_100])).toEqual([true, false, false, true]);
    expect(() => kernel.process('a', Number.NaN)).toThrow(RangeError);
  });
});

const step = fc.record({
  key: fc.constantFrom('a', 'a', 'b'),
  after: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10 }), fc.integer({ min: -10, max: 30 })),
  what: fc.constantFrom('process', 'process', 'process', 'advance', 'restore', 'forget', 'commit and release'),
});

const plan = fc
  .record({
    windowMs: fc.integer({ min: 1, max: 80 }),
    more: fc.integer({ min: 0, max: 80 }),
    from: fc.constantFrom('first' as const, 'last' as const),
    steps: fc.array(step, { maxLength: 120, size: 'max' }),
  })
  .map(({ windowMs, more, from, steps }) => ({ options: { windowMs, from, maxAgeMs: windowMs + more }, steps }));

describe('DedupeKernel by event time', () => {
  const eventTime = { latenessMs: 50, idleTimeoutMs: 1_000, maxFutureMs: 500 };

  it('tells copies by their own times, whenever and in whatever order they come', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 100, eventTime });
    const admitted = [1_000, 1_099, 980, 1_100, 1_090].map((at) => kernel.process('a', 5_000, at).admitted);
    expect(admitted).toEqual([true, false, false, true, false]);
  });

  it('drops what is late, what is too far in the future, and what is no time, and lets none of it move time', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 100, eventTime });
    kernel.process('a', 5_000, 5_000);
    const reasons = [4_949, 5_501, Number.NaN].map((at) => kernel.process('b', 5_000, at).reason);
    expect(reasons).toEqual(['late', 'future', 'not_a_time']);
    expect(kernel.process('b', 5_000, 4_950).reason).toBe('admitted');
  });

  it('closes a window when the watermark comes past it, by newer items or with the clock when none come', () => {
    const kernel = new DedupeKernel<string>({ windowMs: 100, eventTime });
    kernel.process('a', 5_000, 5_000);
    kernel.process('a', 5_000, 5_010);
    kernel.process('b', 5_200, 5_149);
    expect(kernel.advance(5_200)).toEqual([]);
    kernel.process('b', 5_200, 5_150);
    expect(kernel.nextDue()).toBeLessThanOrEqual(5_200);
    expect(kernel.advance(5_200)).toMatchObject([{ key: 'a', count: 2, reason: 'expired' }]);
    expect(kernel.nextDue()).toBeGreaterThanOrEqual(5_200 + eventTime.idleTimeoutMs);
    expect(kernel.advance(kernel.nextDue())).toMatchObject([{ key: 'b', count: 2 }]);
    expect(kernel.size).toBe(0);
  });

  it('checks its limits', () => {
    expect(() => new DedupeKernel({ windowMs: 1, eventTime: { latenessMs: -1 } })).toThrow('dedupe.latenessMs');
  });
});

describe('on random traces, DedupeKernel', () => {
  it('P13 decides and counts as one that forgets nothing would, over snapshots and restores', () => {
    fc.assert(
      fc.property(plan, ({ options, steps }) => {
        const naive = new NaiveDedupe(options);
        let kernel = new DedupeKernel<string>(options);
        let clock = 1_000_000;
        let now = Number.NEGATIVE_INFINITY;
        const said: unknown[] = [];
        const expected: unknown[] = [];
        for (const { key, after, what } of steps) {
          clock += after;
          now = Math.max(now, clock);
          if (what === 'process') {
            const { admitted, count, firstAt } = kernel.process(key, clock);
            said.push({ admitted, count, firstAt });
            expected.push(naive.process(key, now));
          } else {
            kernel.advance(clock);
          }
          if (what === 'restore') {
            expected.push(kernel.nextDue());
            kernel = restored(kernel, options);
            said.push(kernel.nextDue());
          }
          if (what === 'forget') {
            kernel.forget(key);
            naive.forget(key);
          }
          const admits = what === 'commit and release' && kernel.peek(key, clock).admitted;
          if (admits) kernel.release(kernel.commit(key, clock));
        }
        expect(said).toEqual(expected);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('by event time decides and counts as one that forgets nothing would, over snapshots and restores', () => {
    const latenesses = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(plan, latenesses, fc.integer({ min: -60, max: 20 }), ({ options, steps }, latenessMs, lag) => {
        const eventTime = { latenessMs, idleTimeoutMs: Infinity, maxFutureMs: Infinity };
        const naive = new NaiveDedupe({ ...options, latenessMs });
        let kernel = new DedupeKernel<string>({ ...options, eventTime });
        let at = 1_000_000;
        const said: unknown[] = [];
        const expected: unknown[] = [];
        for (const [index, { key, after, what }] of steps.entries()) {
          at += after;
          const clock = 1_000_000 + index;
          if (what === 'restore') kernel = restored(kernel, { ...options, eventTime });
          if (what === 'advance') kernel.advance(clock);
          const time = index % 3 === 0 ? at + lag : at;
          const { admitted, reason, count, firstAt } = kernel.process(key, clock, time);
          if (naive.inTime(time)) {
            said.push({ admitted, count, firstAt });
            expected.push(naive.process(key, time));
          } else {
            said.push(reason);
            expected.push('late');
          }
        }
        expect(said).toEqual(expected);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('F7 pushes out what was unused for longest, and decides about the others as if there was room', () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 3 }), ({ options, steps }, maxKeys) => {
        const naive = new NaiveDedupe(options);
        const touched = new Map<string, number>();
        const kernel = new DedupeKernel<string>({
          ...options,
          maxKeys,
          onEvict: ({ key }) => {
            expect(key).toBe([...touched.keys()].find((name) => naive.isCopy(name, now)));
            naive.forget(key);
          },
        });
        let now = 0;
        for (const [index, { key, after }] of steps.entries()) {
          now += Math.max(0, after);
          const name = index % 2 === 0 ? key : `${index % 7}`;
          const { admitted } = kernel.process(name, now);
          expect(admitted).toBe(naive.process(name, now).admitted);
          if (admitted || options.from === 'last') touched.delete(name);
          touched.set(name, now);
          expect(kernel.size).toBeLessThanOrEqual(maxKeys);
        }
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('loses no copy: each is counted in one closed window', () => {
    fc.assert(
      fc.property(plan, ({ options, steps }) => {
        const kernel = new DedupeKernel<string>(options);
        let now = 0;
        let duplicates = 0;
        let closed = 0;
        const tally = (counts: readonly { count: number }[]) => {
          for (const { count } of counts) closed += count - 1;
        };
        for (const { key, after, what } of steps) {
          now += Math.max(0, after);
          if (what === 'process' && !kernel.process(key, now).admitted) duplicates += 1;
          if (what === 'forget') kernel.forget(key);
          if (what === 'advance') tally(kernel.advance(now));
        }
        tally(kernel.flush(now));
        expect(closed).toBe(duplicates);
        expect(kernel.nextDue()).toBe(Infinity);
      }),
      { numRuns: propertyRuns() },
    );
  });
});
