import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Blocks, noBlock } from '../../../src/operators/parts/blocks.js';
import { bytesInUse } from '../../support/heap.js';
import { propertyRuns } from '../../support/property.js';

const sizes = [3, 2_000, 20_000];

function fill(blocks: Blocks, block: number, value: number): void {
  const start = blocks.start(block);
  blocks.page(block).fill(value, start, start + blocks.size(block));
}

function contents(blocks: Blocks, block: number): Set<number> {
  const start = blocks.start(block);
  return new Set(blocks.page(block).subarray(start, start + blocks.size(block)));
}

describe('Blocks', () => {
  it('keeps blocks apart, whichever are given back and taken again', () => {
    const step = fc.record({ nth: fc.constantFrom(1, 1, 2, 2, 2, 3), give: fc.nat(9), back: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const blocks = new Blocks(sizes);
        const taken: { block: number; value: number }[] = [];
        for (const [value, { nth, give, back }] of steps.entries()) {
          if (back && give < taken.length) {
            blocks.give(taken[give]!.block);
            taken.splice(give, 1);
          } else {
            const block = blocks.take(nth);
            expect(block).not.toBe(noBlock);
            expect([blocks.nth(block), blocks.size(block)]).toEqual([nth, sizes[nth - 1]]);
            fill(blocks, block, value);
            taken.push({ block, value });
          }
        }
        for (const { block, value } of taken) expect(contents(blocks, block)).toEqual(new Set([value]));
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('gives memory back page by page, before the last block is', () => {
    const blocks = new Blocks([1_000]);
    const base = bytesInUse();
    const taken = Array.from({ length: 4_000 }, () => blocks.take(1));
    expect(bytesInUse() - base).toBeGreaterThan(4_000 * 4_000);
    for (const block of taken.slice(1)) blocks.give(block);
    expect(bytesInUse() - base).toBeLessThan(1_000_000);
    expect(blocks.take(1)).not.toBe(taken[0]);
  });
});
