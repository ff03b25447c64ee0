import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShardedMap } from '../../../src/operators/parts/sharded-map.js';
import { propertyRuns } from '../../support/property.js';

const shared = [{}, [], Symbol('key'), null, undefined, Number.NaN, -0.5, 2 ** 40, ''];
const key = fc.oneof(fc.string({ maxLength: 5 }), fc.integer(), fc.constantFrom(...shared));
const step = fc.tuple(key, fc.boolean());

describe('ShardedMap', () => {
  it('holds what a Map would, whatever the keys are', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const map = new ShardedMap<unknown>();
        const expected = new Map<unknown, number>();
        for (const [value, [name, remove]] of steps.entries()) {
          const present = expected.has(name);
          if (present && remove) map.delete(name);
          if (present && remove) expected.delete(name);
          if (!present) map.add(name, value);
          if (!present) expected.set(name, value);
        }
        const names = steps.map(([name]) => name);
        expect(names.map((name) => map.get(name))).toEqual(names.map((name) => expected.get(name)));
        expect(map.size).toBe(expected.size);
      }),
      { numRuns: propertyRuns() },
    );
  });
});
