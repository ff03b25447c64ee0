import { describe, expect, it } from 'vitest';
import type { ThresholdRule } from '../../src/operators/threshold.js';
import { drain, feed, hot, type Kernel, kernelOf, words } from './threshold-support.js';

const many = 3_000;

function firing(rules: readonly ThresholdRule[]): Kernel {
  const kernel = kernelOf(rules);
  for (let i = 0; i < many; i += 1) feed(kernel, 0, 90, { key: `k${i}` });
  return kernel;
}

/** Each portion that comes out until nothing is left to do now. */
function portions(kernel: Kernel, first: readonly unknown[], now: number): number[] {
  const sizes = [first.length];
  while (kernel.nextDue() <= now) sizes.push(kernel.advance(now).length);
  return sizes;
}

describe('a threshold whose rules are replaced', () => {
  it('ends a mass of states in bounded portions, each once, all as of that moment', () => {
    const kernel = firing([hot]);
    const first = kernel.setRules([], 5);
    expect(first.length).toBeLessThanOrEqual(500);
    const late = drain(kernel, 9);
    expect(new Set([...words(first), ...late]).size).toBe(many);
    expect(late.every((text) => text.endsWith('@5 rule_removed'))).toBe(true);
    expect(kernel.snapshot().entries).toEqual([]);
  });

  it('keeps a mass of states whose rule did not change, without a word', () => {
    const kernel = firing([hot]);
    expect(Math.max(...portions(kernel, kernel.setRules([{ ...hot }], 5), 5))).toBe(0);
    expect(feed(kernel, 6, 0, { key: `k${many - 1}` })).toEqual([`hot resolved k${many - 1} @6 cleared`]);
  });

  it('gives no wrong answer for a series that it did not come to yet', () => {
    const kernel = firing([hot]);
    const last = { key: `k${many - 1}` };
    kernel.setRules([{ ...hot, id: 'new', when: { op: '>', value: 95 } }], 5);
    expect(feed(kernel, 6, 99, last)).toEqual([
      `hot resolved ${last.key} @5 rule_removed`,
      `new firing ${last.key} @6 crossed`,
    ]);
    expect(drain(kernel, 7)).not.toContain(`hot resolved ${last.key} @5 rule_removed`);
  });

  it('lets no deadline of the old rules pass that came after them', () => {
    const pending = { ...hot, forMs: 10 };
    const kernel = firing([pending]);
    kernel.setRules([{ ...pending, forMs: 20 }], 5);
    expect(drain(kernel, 50)).toEqual([]);
    const other = firing([pending]);
    const early = words(other.setRules([], 15));
    expect([...early, ...drain(other, 15)]).toHaveLength(2 * many);
    expect(early.slice(0, 2)).toEqual(['hot firing k0 @10 held', 'hot resolved k0 @15 rule_removed']);
  });

  it('sees only the newest rules when sets come faster than it can follow', () => {
    const kernel = firing([hot]);
    kernel.setRules([], 5);
    const back = portions(kernel, kernel.setRules([hot], 6), 6);
    expect(Math.max(...back)).toBe(0);
    expect(feed(kernel, 7, 0, { key: `k${many - 1}` })).toEqual([`hot resolved k${many - 1} @7 cleared`]);
  });

  it('writes states that it did not come to yet into a snapshot, so that nothing open is lost', () => {
    const kernel = firing([hot]);
    const first = kernel.setRules([], 5);
    const restored = kernelOf([]);
    const gone = restored.restore(kernel.snapshot(), 6);
    expect(first.length + gone.length).toBe(many);
  });

  it('keeps rules of one series apart: what one does never ends another', () => {
    const kernel = kernelOf([hot, { ...hot, id: 'other', forMs: 10 }, { ...hot, id: 'third' }]);
    feed(kernel, 0, 90);
    expect(
      words(
        kernel.setRules(
          [
            { ...hot, id: 'third' },
            { ...hot, id: 'other', forMs: 10 },
          ],
          5,
        ),
      ),
    ).toEqual(['hot resolved a @5 rule_removed']);
    expect(drain(kernel, 10)).toEqual(['other firing a @10 held']);
    expect(feed(kernel, 11, 0)).toEqual(['third resolved a @11 cleared', 'other resolved a @11 cleared']);
  });
});
