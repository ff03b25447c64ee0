import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ThresholdRule, ThresholdTransition } from '../../src/operators/threshold.js';
import { propertyRuns } from '../support/property.js';
import { type Change, naiveThreshold, type Point } from './naive-threshold.js';
import { type Kernel, kernelOf, type Sample, sample } from './threshold-support.js';

type Transitions = readonly ThresholdTransition<Sample, string>[];

const comparison = fc.constantFrom(
  { op: '>', value: 5 } as const,
  { op: '<=', value: 3 } as const,
  { op: 'between', low: 3, high: 6 } as const,
);
const duration = fc.constantFrom(0, 0, 3, 10);
const times = { forMs: duration, keepFiringForMs: duration, cooldownMs: duration };
const single = { when: comparison, clear: fc.option(comparison, { nil: undefined }) };
const levels = fc.constantFrom(
  [
    { name: 'low', when: { op: '>', value: 3 }, clear: { op: '<', value: 2 } },
    { name: 'high', when: { op: '>', value: 5 }, clear: { op: '<', value: 4 } },
    { name: 'top', when: { op: '>', value: 6 }, clear: { op: '<', value: 5 } },
  ] as const,
  [
    { name: 'low', when: { op: '>', value: 2 } },
    { name: 'high', when: { op: 'between', low: 3, high: 6 } },
  ] as const,
);
const dataless = { staleAfterMs: fc.constantFrom(4, 12, 300_000), noData: fc.constantFrom('keep', 'resolve', 'alert') };
const window = fc.record({
  fn: fc.constantFrom('avg', 'sum', 'max', 'count', 'delta', 'rate'),
  overMs: fc.constantFrom(1, 7, 20),
});
const votes = fc.constantFrom([2, 3] as const, [3, 3] as const, [1, 4] as const, [4, 32] as const, [1, 1] as const);
const flap = fc.record({ window: fc.constantFrom(3, 7, 33), high: fc.constant(0.317), low: fc.constant(0.173) });
const maybe = <V>(arbitrary: fc.Arbitrary<V>) => fc.option(arbitrary, { nil: undefined });

/** Kinds of rules, each with one or more features. */
const kinds: Readonly<Record<string, fc.Arbitrary<object>>> = {
  'plain rules': fc.record({ ...single, ...times }),
  'rules with levels': fc.record({ levels, ...times }),
  'rules about data that does not come': fc.record({ ...single, ...times, ...dataless }),
  'rules that count samples': fc.record({ ...single, ...times, nOf: votes }),
  'rules over windows': fc.record({ ...single, ...times, window }),
  'rules that damp flapping': fc.record({ ...single, ...times, flap }),
  'rules of every kind': fc.record({
    levels,
    ...times,
    ...dataless,
    nOf: maybe(votes),
    window: maybe(window),
    flap: maybe(flap),
  }),
};

const withoutUndefined = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, field]) => field));

function rulesOf(kind: fc.Arbitrary<object>): fc.Arbitrary<ThresholdRule[]> {
  const metric = fc.constantFrom('cpu', '*');
  return fc
    .array(fc.tuple(metric, kind), { minLength: 3, maxLength: 3 })
    .map((all) =>
      all.map(
        ([metric, fields], i) => ({ id: `r${i}`, metric, ...withoutUndefined(fields) }) as unknown as ThresholdRule,
      ),
    );
}

interface Step {
  readonly wait: number;
  readonly key: string;
  readonly value: number;
  readonly advance: boolean;
}

const trace = fc.array(
  fc.record<Step>({
    wait: fc.oneof({ weight: 6, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(30) }),
    key: fc.constantFrom('a', 'b', 'c'),
    value: fc.nat(8),
    advance: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
);

function changesIn(transitions: Transitions): Change[] {
  return transitions.map(({ kind, rule, key, at, since, reason, ...rest }) => ({
    ...{ rule: rule!.id, key, kind, at, since, level: 'level' in rest ? rest.level : undefined },
    ...(reason === 'no_data' && { noData: true as const }),
  }));
}

class Run {
  readonly changes: Change[] = [];
  readonly points: Point[] = [];
  now: number;
  private readonly kernel: Kernel;

  constructor(kernel: Kernel, now = 0) {
    this.kernel = kernel;
    this.now = now;
  }

  feed(steps: readonly Step[]): this {
    for (const { wait, key, value, advance } of steps) {
      this.now += wait;
      if (advance) this.note(this.kernel.advance(this.now));
      this.points.push({ at: this.now, key, value });
      this.note(this.kernel.process(sample(value, { key }), key, value, this.now));
    }
    return this;
  }

  end(): this {
    this.now += 100;
    while (this.kernel.nextDue() <= this.now) this.note(this.kernel.advance(this.now));
    return this;
  }

  note(transitions: Transitions): void {
    this.changes.push(...changesIn(transitions));
  }
}

const sorted = (changes: readonly Change[]) => changes.map((change) => JSON.stringify(change)).sort();
const runs = { numRuns: propertyRuns() };
const copyOf = <V>(value: V): V => JSON.parse(JSON.stringify(value)) as V;

describe.each(Object.entries(kinds))('ThresholdKernel on random traces, with %s,', (_, kind) => {
  const rules = rulesOf(kind);

  it('agrees with a reference that looks at the whole history', () => {
    fc.assert(
      fc.property(rules, trace, (set, steps) => {
        const { now, changes, points } = new Run(kernelOf(set)).feed(steps).end();
        expect(sorted(changes)).toEqual(sorted(naiveThreshold(set, points, now)));
      }),
      runs,
    );
  });

  it('goes on from a snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(rules, trace, trace, (set, before, after) => {
        const kernel = kernelOf(set);
        const restored = kernelOf(set);
        const { now } = new Run(kernel).feed(before);
        expect(restored.restore(copyOf(kernel.snapshot()), now)).toEqual([]);
        const gone = new Run(restored, now).feed(after).end();
        const going = new Run(kernel, now).feed(after).end();
        expect(sorted(gone.changes)).toEqual(sorted(going.changes));
        expect(restored.snapshot().entries.length).toBe(kernel.snapshot().entries.length);
      }),
      runs,
    );
  });

  it('loses no state when a set of equal rules in another order replaces the rules', () => {
    fc.assert(
      fc.property(rules, trace, trace, (set, before, after) => {
        const [kept, replaced] = [kernelOf(set), kernelOf(set)];
        const one = new Run(kept).feed(before);
        const other = new Run(replaced).feed(before);
        other.note(replaced.setRules(structuredClone(set).reverse(), other.now));
        expect(sorted(other.feed(after).end().changes)).toEqual(sorted(one.feed(after).end().changes));
      }),
      runs,
    );
  });

  it('goes by the times of the values when they bring some, in whatever order series come', () => {
    const late = fc.array(fc.nat(8), { minLength: 60, maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(rules, trace, late, (set, steps, delays) => {
        const refused = new Set<Sample>();
        const kernel = kernelOf(set, {
          eventTime: { latenessMs: 5, idleTimeoutMs: Infinity },
          onNotice: (notice) => notice.kind === 'rejected' && refused.add(notice.value),
        });
        const run = new Run(kernel);
        const counted: Point[] = [];
        let mark = 0;
        let time = 100;
        steps.forEach(({ wait, key, value }, index) => {
          time += wait;
          const at = time - delays[index]!;
          const item = sample(value, { key });
          run.note(kernel.process(item, key, value, 1_000_000 + index, at));
          if (refused.has(item)) return;
          counted.push({ at, key, value });
          mark = Math.max(mark, at - 5);
        });
        // What a value of the series itself shows to be over has come about, event time or not.
        const ends = (key: string) => Math.max(mark, ...counted.filter((one) => one.key === key).map(({ at }) => at));
        const expected = naiveThreshold(set, counted, Math.max(...counted.map(({ at }) => at)));
        expect(sorted(run.changes)).toEqual(sorted(expected.filter(({ key, at }) => at <= ends(key))));
      }),
      runs,
    );
  });
});

describe('ThresholdKernel on random traces', () => {
  it('loses nothing by forgetting series at rest, and rejects only what finds no place', () => {
    const rules = rulesOf(kinds['rules with levels']!);
    fc.assert(
      fc.property(rules, trace, (set, steps) => {
        const refused = new Set<Sample>();
        const onNotice = (notice: { kind: string; value?: Sample }) => refused.add(notice.value!);
        const kernel = kernelOf(set, { maxKeys: 2, idleMs: 5, onNotice });
        const run = new Run(kernel);
        const counted: Point[] = [];
        for (const { wait, key, value } of steps) {
          run.now += wait;
          const item = sample(value, { key });
          run.note(kernel.advance(run.now));
          run.note(kernel.process(item, key, value, run.now));
          if (!refused.has(item)) counted.push({ at: run.now, key, value });
          expect(kernel.size).toBeLessThanOrEqual(2);
        }
        run.end();
        const expected = counted.length === 0 ? [] : naiveThreshold(set, counted, run.now);
        expect(sorted(run.changes)).toEqual(sorted(expected));
      }),
      runs,
    );
  });
});
