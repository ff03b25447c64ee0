import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conflation, noMore } from '../../../src/operators/parts/conflation.js';
import { propertyRuns } from '../../support/property.js';

function slotsOf(conflation: Conflation): number[] {
  const slots: number[] = [];
  for (let slot = conflation.first(); slot !== noMore; slot = conflation.after(slot)) slots.push(slot);
  return slots;
}

function contentOf(conflation: Conflation): unknown[] {
  return slotsOf(conflation).map((slot) => [
    slot,
    conflation.time(slot),
    conflation.value(slot),
    conflation.count(slot),
    conflation.min(slot),
    conflation.max(slot),
  ]);
}

describe('Conflation', () => {
  it('keeps latest, count, lowest and highest of each slot, in the order of first change', () => {
    const conflation = new Conflation();
    for (const [slot, number] of [
      [7, 3],
      [0, 1],
      [7, 9],
      [7, 5],
    ] as const)
      conflation.put(slot, 10, number);
    expect(contentOf(conflation)).toEqual([
      [7, 10, 5, 3, 3, 9],
      [0, 10, 1, 1, 1, 1],
    ]);
  });

  it('says whether a number is the latest: a lower time than that of the latest counts, and no more', () => {
    const conflation = new Conflation();
    expect([10, 5, 10, 11].map((time, number) => conflation.put(1, time, number))).toEqual([true, false, true, true]);
    expect(contentOf(conflation)).toEqual([[1, 11, 3, 4, 0, 3]]);
  });

  it('merges an outcome like the numbers that it stands for', () => {
    const [one, other, all] = [new Conflation(), new Conflation(), new Conflation()];
    for (const [time, number] of [
      [1, 4],
      [3, 2],
    ] as const)
      for (const to of [one, all]) to.put(0, time, number);
    for (const [time, number] of [
      [2, 9],
      [2, 3],
    ] as const)
      for (const to of [other, all]) to.put(0, time, number);
    one.merge(0, other.time(0), other.value(0), other.count(0), other.min(0), other.max(0));
    expect(contentOf(one)).toEqual(contentOf(all));
  });

  it('knows nothing of slots that it never saw', () => {
    const conflation = new Conflation();
    conflation.remove(1_000);
    conflation.clear();
    expect([conflation.count(1_000), conflation.size, conflation.first()]).toEqual([0, 0, noMore]);
  });

  it('clones into another that goes its own way', () => {
    const conflation = new Conflation();
    conflation.put(3, 1, 1);
    const copy = conflation.clone();
    copy.put(4, 2, 2);
    conflation.clear();
    expect([slotsOf(conflation), slotsOf(copy)]).toEqual([[], [3, 4]]);
  });

  it('does what a list of all numbers does, under any sequence of operations', () => {
    const slot = fc.nat(12);
    const operation = fc.oneof(
      { weight: 12, arbitrary: fc.record({ put: slot, at: fc.nat(20), number: fc.nat(9) }) },
      { weight: 3, arbitrary: fc.record({ remove: slot }) },
      { weight: 1, arbitrary: fc.constant({ clear: true }) },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 100, size: 'max' }), (operations) => {
        const conflation = new Conflation();
        let kept = new Map<number, { at: number; number: number }[]>();
        for (const step of operations) {
          if ('put' in step) {
            conflation.put(step.put, step.at, step.number);
            kept.set(step.put, [...(kept.get(step.put) ?? []), step]);
          } else if ('remove' in step) {
            conflation.remove(step.remove);
            kept.delete(step.remove);
          } else {
            conflation.clear();
            kept = new Map();
          }
        }
        expect(conflation.size).toBe(kept.size);
        expect(contentOf(conflation)).toEqual([...kept].map(([slot, puts]) => [slot, ...outcome(puts)]));
      }),
      { numRuns: propertyRuns() },
    );
  });
});

function outcome(puts: readonly { at: number; number: number }[]): number[] {
  const newest = Math.max(...puts.map(({ at }) => at));
  const numbers = puts.map(({ number }) => number);
  const latest = puts.findLast(({ at }) => at === newest)!.number;
  return [newest, latest, puts.length, Math.min(...numbers), Math.max(...numbers)];
}
