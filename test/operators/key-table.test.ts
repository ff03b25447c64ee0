import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyTable, noSlot } from '../../src/operators/key-table.js';
import { propertyRuns } from '../support/property.js';

describe('KeyTable', () => {
  it('keeps keys in order of use, as a Map would that is deleted from and set again', () => {
    const step = fc.tuple(fc.constantFrom('use', 'use', 'remove'), fc.integer({ min: 0, max: 150 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
        const table = new KeyTable<number>(1_000);
        const expected = new Map<number, number>();
        for (const [now, [what, key]] of steps.entries()) {
          const slot = table.find(key);
          expected.delete(key);
          if (what === 'use') expected.set(key, now);
          if (what === 'use' && slot === noSlot) table.add(key, now);
          if (what === 'use' && slot !== noSlot) table.touch(slot, now);
          if (what === 'remove' && slot !== noSlot) table.remove(slot);
        }
        const actual = Array.from(table, (slot) => [table.keyOf(slot), table.seenAt(slot)]);
        expect(actual).toEqual([...expected]);
        expect(table.size).toBe(expected.size);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('uses slots again, below its capacity', () => {
    const table = new KeyTable<number>(100);
    for (let key = 0; key < 10_000; key += 1) {
      if (table.full) table.remove(table.oldest());
      expect(table.add(key, key)).toBeLessThan(table.capacity);
    }
    expect(table.size).toBe(100);
    expect(table.capacity).toBe(101);
  });

  it('gives its memory back when the last key is removed', () => {
    const table = new KeyTable<number>(10_000);
    const initial = table.capacity;
    for (let key = 0; key < 5_000; key += 1) table.add(key, 0);
    expect(table.capacity).toBeGreaterThan(5_000);
    while (table.size > 0) table.remove(table.oldest());
    expect(table.capacity).toBe(initial);
  });
});
