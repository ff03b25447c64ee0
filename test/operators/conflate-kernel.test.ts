import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConflateKernel } from '../../src/operators/conflate-kernel.js';
import type { ConflateKernelOptions } from '../../src/operators/conflate-options.js';
import { propertyRuns } from '../support/property.js';
import { NaiveConflate, type NaiveConflateOptions } from './naive-conflate.js';

type Options = ConflateKernelOptions<string, string>;

function restored(kernel: ConflateKernel<string, string>, options: Options) {
  return new ConflateKernel<string, string>(options, JSON.parse(JSON.stringify(kernel.snapshot())));
}

/** Puts each letter of `keys` as a key, all at one time. */
function holding(keys: string, options: Options = {}) {
  const kernel = new ConflateKernel<string, string>(options);
  for (const key of keys) kernel.put(key, key, 0);
  return kernel;
}

const keysOf = (batch: readonly { readonly key: string }[]) => batch.map(({ key }) => key).join('');

describe('ConflateKernel', () => {
  it('hands out the latest value of each key once, with count, min and max', () => {
    const kernel = new ConflateKernel<string, string>();
    kernel.put('a', 'low', 1, 3);
    kernel.put('a', 'high', 2, 7);
    kernel.put('a', 'last', 3, 5);
    expect(kernel.drain(10, 4)).toEqual([{ key: 'a', value: 'last', count: 3, min: 3, max: 7 }]);
    expect(kernel.drain(10, 5)).toEqual([]);
  });

  it('knows neither min nor max of values without numbers', () => {
    expect(holding('aa').drain(1, 0)).toEqual([{ key: 'a', value: 'a', count: 2 }]);
  });

  it('goes round: keys that a drain leaves over are first at the next, however busy the others are', () => {
    const kernel = holding('abcd');
    expect(keysOf(kernel.drain(2, 0))).toBe('ab');
    for (const key of 'abab') kernel.put(key, key, 1);
    expect(keysOf(kernel.drain(3, 1))).toBe('cda');
  });

  it('takes the value with the highest time for the latest, and the one put last of equal ones', () => {
    const kernel = new ConflateKernel<string, string>();
    for (const [value, time] of [
      ['x', 5],
      ['y', 9],
      ['z', 9],
      ['late', 7],
    ] as const)
      kernel.put('a', value, 0, 0, time);
    expect(kernel.drain(1, 0)).toMatchObject([{ value: 'z', count: 4 }]);
  });

  it('takes what comes later for the latest, also when the clock was set back', () => {
    const kernel = new ConflateKernel<string, string>();
    kernel.put('a', 'before', 1_000);
    kernel.put('a', 'after', 10);
    expect(kernel.drain(1, 10)).toMatchObject([{ value: 'after' }]);
  });

  it('drains every `everyMs` while anything is pending, and is not due while nothing is', () => {
    const kernel = holding('ab', { everyMs: 100, maxPerDrain: 1 });
    expect(kernel.nextDue()).toBe(100);
    expect(kernel.advance(99)).toEqual([]);
    expect([keysOf(kernel.advance(100)), kernel.nextDue()]).toEqual(['a', 200]);
    expect([keysOf(kernel.advance(200)), kernel.nextDue()]).toEqual(['b', Infinity]);
  });

  it('keeps one demand that found nothing for the next value, when `leading`', () => {
    for (const leading of [true, false]) {
      const kernel = new ConflateKernel<string, string>({ leading });
      kernel.demand(1);
      kernel.demand(2);
      kernel.put('a', 'a', 5);
      expect(kernel.nextDue()).toBe(leading ? 5 : Infinity);
      expect(keysOf(kernel.advance(5))).toBe(leading ? 'a' : '');
      kernel.put('b', 'b', 6);
      expect(kernel.nextDue()).toBe(Infinity);
    }
  });

  it('waits for longer than a host timer can', () => {
    const month = 30 * 86_400_000;
    const kernel = holding('a', { everyMs: month });
    expect(kernel.advance(month - 1)).toEqual([]);
    expect(keysOf(kernel.advance(month))).toBe('a');
  });

  it('drains a million keys in batches that are bounded, one after the other, in order', () => {
    const maxKeys = 1_000_000;
    const kernel = new ConflateKernel<number, number>({ everyMs: 10, maxKeys });
    for (let key = 0; key < maxKeys; key += 1) kernel.put(key, key, 0);
    let drained = 0;
    while (kernel.nextDue() <= 10) {
      const batch = kernel.advance(10);
      expect(batch.length).toBeLessThanOrEqual(1_000);
      expect(batch[0]!.key).toBe(drained);
      drained += batch.length;
    }
    expect([drained, kernel.size]).toEqual([maxKeys, 0]);
  });

  it('F7 gives the key up that has been pending for longest, and says all that it held', () => {
    const evicted: unknown[] = [];
    const kernel = holding('aab', { maxKeys: 2, onEvict: (gone) => evicted.push(gone) });
    kernel.put('c', 'c', 1);
    expect(evicted).toEqual([{ key: 'a', value: 'a', count: 2 }]);
    expect(keysOf(kernel.drain(9, 1))).toBe('bc');
  });

  it('F7 a flood of new keys does not put the drain off', () => {
    const kernel = new ConflateKernel<string, string>({ everyMs: 10, maxKeys: 1 });
    for (let now = 0; now < 10; now += 1) kernel.put(`key ${now}`, '', now);
    expect(kernel.nextDue()).toBe(10);
  });

  it('F7 rejects or throws beyond maxKeys, when told so; pending keys go on', () => {
    const rejecting = holding('a', { maxKeys: 1, overflow: 'reject' });
    expect([rejecting.put('b', 'b', 0), rejecting.put('a', 'a', 0)]).toEqual([false, true]);
    const strict = holding('a', { maxKeys: 1, overflow: 'error' });
    expect(() => strict.put('b', 'b', 0)).toThrow('conflate: more than 1 keys pending (maxKeys)');
  });

  it.each([Number.NaN, Infinity])('refuses %s as the time', (now) => {
    const kernel = new ConflateKernel<string, string>({});
    expect(() => kernel.put('a', 'a', now)).toThrow(RangeError);
    expect(() => kernel.advance(now)).toThrow(RangeError);
  });

  it('refuses a state of another version, or of more keys than it may hold', () => {
    const saved = holding('ab').snapshot();
    expect(() => new ConflateKernel({}, { ...saved, version: 2 as never })).toThrow('version 2');
    expect(() => new ConflateKernel({ maxKeys: 1, overflow: 'reject' }, saved)).toThrow('more than 1 keys');
  });

  it('does what keeping every value does, on any trace, also when restored in the middle', () => {
    const options = fc.record({
      everyMs: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      leading: fc.boolean(),
      maxPerDrain: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      maxKeys: fc.integer({ min: 1, max: 5 }),
      overflow: fc.constantFrom('evict' as const, 'reject' as const),
    });
    const step = fc.record({
      after: fc.integer({ min: -3, max: 12 }),
      does: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...'abcdefg') },
        { weight: 1, arbitrary: fc.constantFrom('demand', 'advance', 'restore') },
      ),
      number: fc.integer({ min: -5, max: 5 }),
      late: fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 80, size: 'max' }), (given, steps) => {
        const evicted: unknown[] = [];
        const kernelOptions: Options = { ...given, onEvict: (gone) => evicted.push(gone) };
        const naive = new NaiveConflate(given as NaiveConflateOptions);
        let kernel = new ConflateKernel<string, string>(kernelOptions);
        let now = 0;
        for (const [index, { after, does, number, late }] of steps.entries()) {
          now = Math.max(0, now + after);
          const time = late === undefined ? undefined : now + late;
          if (does === 'restore') kernel = restored(kernel, kernelOptions);
          else if (does === 'demand') {
            kernel.demand(now);
            naive.demand(now);
          } else if (does !== 'advance') {
            const value = `value ${index}`;
            expect(kernel.put(does, value, now, number, time)).toBe(naive.put(does, value, now, number, time));
          }
          expect(kernel.advance(now)).toEqual(naive.advance(now));
        }
        expect(kernel.size).toBe(naive.keys().length);
        expect(evicted).toEqual(naive.evicted);
      }),
      { numRuns: propertyRuns() },
    );
  });
});
