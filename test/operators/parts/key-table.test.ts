import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyTable, noSlot } from '../../../src/operators/parts/key-table.js';
import { propertyRuns } from '../../support/property.js';

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

  it('keeps the cells of a key apart from those of others, through growth, and clears them for a new key', () => {
    const table = new KeyTable<number>(1_000, 2);
    for (let key = 0; key < 500; key += 1) {
      const slot = table.add(key, key);
      table.setCell(slot, 0, key);
      table.setCell(slot, 1, -key);
    }
    const cells = Array.from(table, (slot) => [table.seenAt(slot), table.cell(slot, 0), table.cell(slot, 1)]);
    expect(cells).toEqual(Array.from({ length: 500 }, (_, key) => [key, key, -key]));
    table.remove(table.find(7));
    expect(table.cell(table.add(1_000, 0), 1)).toBe(0);
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
