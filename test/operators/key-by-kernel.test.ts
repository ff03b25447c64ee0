import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyByKernel, type KeyByKernelOptions, type KeyBySnapshot } from '../../src/operators/key-by.js';
import { propertyRuns } from '../support/property.js';
import { type Arrival, naiveKeyBy } from './naive-key-by.js';

const options: KeyByKernelOptions = { idleMs: 10 };

/** Uses a key, and opens it when it is not open, as a caller would. */
function use(kernel: KeyByKernel<string>, key: string, now: number): number {
  const slot = kernel.process(key, now);
  if (slot !== 0 && !kernel.isIdle(slot)) return slot;
  if (slot !== 0) kernel.close(slot);
  const surplus = kernel.surplus();
  if (surplus !== 0) kernel.close(surplus);
  return kernel.open(key, now);
}

function idleKeys(kernel: KeyByKernel<string>, now: number): string[] {
  const keys: string[] = [];
  for (let slot = kernel.advance(now); slot !== 0; slot = kernel.advance(now)) {
    keys.push(kernel.keyOf(slot));
    kernel.close(slot);
  }
  return keys;
}

function restored(kernel: KeyByKernel<string>, limits: KeyByKernelOptions): KeyByKernel<string> {
  return new KeyByKernel(limits, JSON.parse(JSON.stringify(kernel.snapshot())) as KeyBySnapshot<string>);
}

describe('KeyByKernel', () => {
  it('keeps the slot of a key until it is closed, and names it 0 when it is not open', () => {
    const kernel = new KeyByKernel<string>(options);
    expect(kernel.process('a', 0)).toBe(0);
    const slot = kernel.open('a', 0);
    expect(kernel.process('a', 5)).toBe(slot);
    expect([kernel.keyOf(slot), kernel.seenAt(slot), kernel.size]).toEqual(['a', 5, 1]);
    kernel.close(slot);
    expect([kernel.process('a', 6), kernel.size]).toEqual([0, 0]);
  });

  it('names the keys that are idle, the one that was idle for longest first', () => {
    const kernel = new KeyByKernel<string>(options);
    for (const [at, key] of ['a', 'b', 'c', 'a'].entries()) use(kernel, key, at);
    expect(kernel.nextDue()).toBe(11);
    expect(idleKeys(kernel, 10)).toEqual([]);
    expect(idleKeys(kernel, 12)).toEqual(['b', 'c']);
    expect(kernel.nextDue()).toBe(13);
    expect(idleKeys(kernel, 13)).toEqual(['a']);
    expect(kernel.nextDue()).toBe(Infinity);
  });

  it('does not wake a key that has become idle: it ends first', () => {
    const kernel = new KeyByKernel<string>(options);
    const slot = kernel.open('a', 0);
    expect(kernel.process('a', 10)).toBe(slot);
    expect(kernel.isIdle(slot)).toBe(true);
    expect(idleKeys(kernel, 10)).toEqual(['a']);
  });

  it('beyond maxKeys names the least recently used key, or has no room, or throws', () => {
    const kernels = (['evict', 'reject', 'error'] as const).map((overflow) => {
      const kernel = new KeyByKernel<string>({ ...options, maxKeys: 2, overflow });
      for (const key of ['a', 'b', 'a']) use(kernel, key, 0);
      return kernel;
    });
    expect(kernels.map((kernel) => kernel.surplus())).toEqual([kernels[0]!.process('b', 0), 0, 0]);
    expect(kernels[1]!.open('c', 0)).toBe(0);
    expect(() => kernels[2]!.open('c', 0)).toThrow('keyBy: more than 2 keys (maxKeys)');
  });

  it('B12 waits for forty days', () => {
    const idleMs = 40 * 86_400_000;
    const kernel = new KeyByKernel<string>({ idleMs });
    kernel.open('a', 0);
    expect(kernel.nextDue()).toBe(idleMs);
    expect([idleKeys(kernel, idleMs - 1), idleKeys(kernel, idleMs)]).toEqual([[], ['a']]);
  });

  it('lets time stand still while the clock reads less than before, and refuses what is no time', () => {
    const kernel = new KeyByKernel<string>(options);
    use(kernel, 'a', 1_000);
    use(kernel, 'a', 5);
    expect(kernel.nextDue()).toBe(1_010);
    for (const bad of [Number.NaN, Infinity]) expect(() => kernel.process('a', bad)).toThrow(RangeError);
  });

  it('refuses a snapshot of another version, and of one with too many keys keeps the last used', () => {
    const kernel = new KeyByKernel<string>(options);
    for (const [at, key] of ['a', 'b', 'c'].entries()) use(kernel, key, at);
    expect(() => restored({ snapshot: () => ({ version: 3 }) } as never, options)).toThrow('version 3');
    expect(restored(kernel, { ...options, maxKeys: 2 }).snapshot().keys).toEqual([
      ['b', 1],
      ['c', 2],
    ]);
  });
});

const arrival = fc.record({
  after: fc.oneof(fc.constant(0), fc.nat(6), fc.integer({ min: -5, max: 30 })),
  key: fc.constantFrom('a', 'b', 'c', 'd'),
});

const plan = fc.record({
  limits: fc.record({
    idleMs: fc.integer({ min: 1, max: 20 }),
    maxKeys: fc.integer({ min: 1, max: 4 }),
    overflow: fc.constantFrom('evict' as const, 'reject' as const),
  }),
  arrivals: fc.array(arrival, { maxLength: 100, size: 'max' }).map((steps) => {
    let at = 0;
    return steps.map(({ after, key }, value): Arrival => {
      at = Math.max(0, at + after);
      return { at, key, value };
    });
  }),
  cut: fc.nat(100),
});

describe('on random traces, KeyByKernel', () => {
  it('ends the same keys as one that asks them all, over a restart', () => {
    fc.assert(
      fc.property(plan, ({ limits, arrivals, cut }) => {
        let kernel = new KeyByKernel<string>(limits);
        const held = new Map<string, number[]>();
        const ended: string[] = [];
        const dropped: number[] = [];
        const end = (key: string) => {
          ended.push(`${key}: ${held.get(key)!.join(' ')}`);
          held.delete(key);
        };
        for (const [index, { at, key, value }] of arrivals.entries()) {
          if (index === cut) kernel = restored(kernel, limits);
          for (const idle of idleKeys(kernel, at)) end(idle);
          const surplus = kernel.process(key, at) === 0 ? kernel.surplus() : 0;
          if (surplus !== 0) end(kernel.keyOf(surplus));
          if (use(kernel, key, at) === 0) dropped.push(value);
          else held.set(key, [...(held.get(key) ?? []), value]);
        }
        for (const key of idleKeys(kernel, 10_000)) end(key);
        expect({ ended, dropped }).toEqual(naiveKeyBy(arrivals, limits));
      }),
      { numRuns: propertyRuns() },
    );
  });
});
