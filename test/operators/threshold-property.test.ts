import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ThresholdTransition } from '../../src/operators/threshold.js';
import { propertyRuns } from '../support/property.js';
import { type Change, naiveThreshold } from './naive-threshold.js';
import { type Kernel, kernelOf, type Sample, sample } from './threshold-support.js';

function changesIn(transitions: readonly ThresholdTransition<Sample, string>[]): Change[] {
  return transitions.map(({ kind, rule, key, at, since }) => ({ rule: rule!.id, key, kind, at, since }));
}

describe('ThresholdKernel on random traces', () => {
  const comparison = fc.constantFrom(
    { op: '>', value: 5 } as const,
    { op: '<=', value: 3 } as const,
    { op: 'between', low: 3, high: 6 } as const,
  );
  const duration = fc.constantFrom(0, 0, 3, 10);
  const ruleOf = (id: string) =>
    fc.record({
      id: fc.constant(id),
      metric: fc.constantFrom('cpu', '*'),
      when: comparison,
      clear: fc.option(comparison, { nil: undefined }),
      forMs: duration,
      keepFiringForMs: duration,
      cooldownMs: duration,
    });
  const rules = fc
    .tuple(ruleOf('r0'), ruleOf('r1'), ruleOf('r2'))
    .map((all) => all.map(({ clear, ...rule }) => (clear === undefined ? rule : { ...rule, clear })));
  const step = fc.record({
    wait: fc.nat(6),
    key: fc.constantFrom('a', 'b', 'c'),
    value: fc.nat(8),
    advance: fc.boolean(),
  });
  const trace = fc.array(step, { minLength: 1, maxLength: 40 });

  function run(
    kernel: Kernel,
    steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
    from: number,
  ) {
    let now = from;
    const changes: Change[] = [];
    const note = (transitions: readonly ThresholdTransition<Sample, string>[]) => {
      changes.push(...changesIn(transitions));
    };
    for (const { wait, key, value, advance } of steps) {
      now += wait;
      if (advance) note(kernel.advance(now));
      note(kernel.process(sample(value, { key }), key, value, now));
    }
    return { now, changes, note };
  }

  const sorted = (changes: readonly Change[]) => changes.map((change) => JSON.stringify(change)).sort();

  it('agrees with a reference that looks at the whole history', () => {
    fc.assert(
      fc.property(rules, trace, (set, steps) => {
        const kernel = kernelOf(set);
        const { now, changes, note } = run(kernel, steps, 0);
        const end = now + 100;
        note(kernel.advance(end));
        expect(sorted(changes)).toEqual(sorted(naiveThreshold(set, steps, end)));
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('loses nothing by forgetting series at rest, and rejects only what finds no place', () => {
    fc.assert(
      fc.property(rules, trace, (set, steps) => {
        const refused = new Set<Sample>();
        const kernel = kernelOf(set, { maxKeys: 2, idleMs: 5, onReject: ({ value }) => refused.add(value) });
        const evaluated: { wait: number; key: string; value: number }[] = [];
        const changes: Change[] = [];
        let now = 0;
        for (const one of steps) {
          now += one.wait;
          const item = sample(one.value, { key: one.key });
          changes.push(
            ...changesIn(kernel.advance(now)),
            ...changesIn(kernel.process(item, item.key, item.value, now)),
          );
          evaluated.push(refused.has(item) ? { ...one, key: 'refused' } : one);
        }
        changes.push(...changesIn(kernel.advance(now + 100)));
        const expected = naiveThreshold(set, evaluated, now + 100).filter(({ key }) => key !== 'refused');
        expect(sorted(changes)).toEqual(sorted(expected));
        expect(kernel.size).toBeLessThanOrEqual(2);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('goes on from a snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(rules, trace, trace, (set, before, after) => {
        const kernel = kernelOf(set);
        const first = run(kernel, before, 0);
        const restored = kernelOf(set);
        const copy = JSON.parse(JSON.stringify(kernel.snapshot())) as ReturnType<Kernel['snapshot']>;
        expect(restored.restore(copy, first.now)).toEqual([]);
        const [going, gone] = [run(kernel, after, first.now), run(restored, after, first.now)];
        for (const [{ now, note }, one] of [
          [going, kernel],
          [gone, restored],
        ] as const)
          note(one.advance(now + 100));
        expect(sorted(gone.changes)).toEqual(sorted(going.changes));
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('loses no state when a set of equal rules in another order replaces the rules', () => {
    fc.assert(
      fc.property(rules, trace, trace, (set, before, after) => {
        const [kept, replaced] = [kernelOf(set), kernelOf(set)];
        const { now } = run(kept, before, 0);
        run(replaced, before, 0);
        expect(replaced.setRules(structuredClone(set).reverse(), now)).toEqual([]);
        expect(sorted(run(replaced, after, now).changes)).toEqual(sorted(run(kept, after, now).changes));
      }),
      { numRuns: propertyRuns() },
    );
  });
});
