import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberPool } from '../../../src/operators/parts/number-pool.js';
import { SlotLists } from '../../../src/operators/parts/slot-lists.js';
import { propertyRuns } from '../../support/property.js';

const slot = fc.integer({ min: 0, max: 200 });
const list = fc.integer({ min: 0, max: 5 });
const moves = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('put' as const), slot, list }),
    fc.record({ kind: fc.constant('remove' as const), slot }),
    fc.record({ kind: fc.constant('pour' as const), list, into: list }).filter((move) => move.list !== move.into),
  ),
  { maxLength: 200, size: 'max' },
);

describe('SlotLists', () => {
  it('keep their order, and each slot in one list at most', () => {
    fc.assert(
      fc.property(moves, (all) => {
        const lists = new SlotLists();
        const naive: number[][] = Array.from({ length: 6 }, () => []);
        const leave = (slot: number) => {
          for (const [at, of] of naive.entries()) naive[at] = of.filter((one) => one !== slot);
        };
        for (const move of all) {
          if (move.kind === 'pour') {
            lists.pour(move.list, move.into);
            naive[move.into]!.push(...naive[move.list]!.splice(0));
          } else {
            leave(move.slot);
            if (move.kind === 'remove') lists.remove(move.slot);
            else {
              lists.put(move.slot, move.list);
              naive[move.list]!.push(move.slot);
            }
          }
        }
        const drained = naive.map((_, at) => drain(lists, at));
        expect(drained).toEqual(naive);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('are empty after they were cleared', () => {
    const lists = new SlotLists();
    lists.put(500, 3);
    lists.clear();
    expect(lists.isEmpty(3)).toBe(true);
    expect(lists.first(3)).toBe(-1);
  });
});

describe('NumberPool', () => {
  it('hands out no number twice, and again those that were given back', () => {
    const pool = new NumberPool();
    expect([pool.take(), pool.take(), pool.take()]).toEqual([1, 2, 3]);
    pool.giveBack(2);
    expect([pool.take(), pool.take()]).toEqual([2, 4]);
  });

  it('begins anew when all were given back', () => {
    const pool = new NumberPool();
    const taken = [pool.take(), pool.take()];
    for (const number of taken) pool.giveBack(number);
    expect(pool.take()).toBe(1);
  });
});

function drain(lists: SlotLists, list: number): number[] {
  const slots: number[] = [];
  for (let slot = lists.first(list); slot >= 0; slot = lists.first(list)) {
    slots.push(slot);
    lists.remove(slot);
  }
  return slots;
}
