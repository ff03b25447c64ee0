import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RecordMonoid, TwoStacks } from '../../../src/operators/parts/two-stacks.js';
import { propertyRuns } from '../../support/property.js';

/** Composition of x → a·x + b, each as `[1, a, b]`, modulo a prime: associative, not commutative, without an inverse of 0. */
const prime = 9_973;
const affine: RecordMonoid = {
  width: 3,
  merge(records, at, other, from) {
    if (other[from] === 0) return;
    const [a, b] = records[at] === 0 ? [1, 0] : [records[at + 1]!, records[at + 2]!];
    records[at] = 1;
    records[at + 1] = (a * other[from + 1]!) % prime;
    records[at + 2] = (b * other[from + 1]! + other[from + 2]!) % prime;
  },
};

function together(records: readonly (readonly number[])[]): number[] {
  const [a, b] = records.reduce(([a = 1, b = 0], [, c = 1, d = 0]) => [(a * c) % prime, (b * c + d) % prime], [1, 0]);
  return records.length === 0 ? [0] : [1, a!, b!];
}

describe('TwoStacks', () => {
  it('folds nothing to the neutral record', () => {
    const queue = new TwoStacks(affine);
    const all = Float64Array.of(1, 2, 3);
    queue.fold(all, 0);
    expect(all[0]).toBe(0);
    queue.push(Float64Array.of(1, 2, 3), 0);
    queue.clear();
    queue.fold(all, 0);
    expect(all[0]).toBe(0);
    expect(queue.size).toBe(0);
  });

  it('folds what is in the queue, in its order, at every moment of a random trace', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('push' as const), a: fc.nat(99), b: fc.nat(99) }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('shift' as const), a: fc.constant(0), b: fc.constant(0) }),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const queue = new TwoStacks(affine);
        const list: number[][] = [];
        for (const { kind, a, b } of steps) {
          if (kind === 'push') {
            queue.push(Float64Array.of(9, 1, a, b), 1);
            list.push([1, a, b]);
          } else if (list.length > 0) {
            queue.shift();
            list.shift();
          }
          const all = new Float64Array(3);
          queue.fold(all, 0);
          expect(queue.size).toBe(list.length);
          expect([...all.subarray(0, list.length === 0 ? 1 : 3)]).toEqual(together(list));
        }
      }),
      { numRuns: propertyRuns() },
    );
  });
});
