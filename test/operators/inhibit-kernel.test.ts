import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  InhibitKernel,
  type InhibitNotice,
  type InhibitRule,
  type InhibitSnapshot,
} from '../../src/operators/inhibit.js';
import { propertyRuns } from '../support/property.js';
import { type InhibitEvent, type InhibitInput, NaiveInhibited, type NaiveInhibitOptions } from './naive-inhibit.js';
import { labelsArbitrary, matchersArbitrary } from './naive-matchers.js';

type Kernel = InhibitKernel<number, string>;

const day = 86_400_000;

/** Sources have `s: x`, targets `t: x`. */
function ruleOf(id: string, equal: readonly string[] = []): InhibitRule {
  return {
    id,
    source: [{ label: 's', op: '=', value: id }],
    target: [{ label: 't', op: '=', value: id }],
    equal,
  };
}

function kernelOf(rules: readonly InhibitRule[], options = {}): Kernel {
  const kernel = new InhibitKernel<number, string>(options);
  kernel.setRules(rules, 0);
  return kernel;
}

function inWords(notice: InhibitNotice<number, string>): string {
  if (notice.kind === 'expired') return `expired ${notice.key}`;
  if (notice.kind === 'inhibited') return `inhibited ${notice.value} by ${notice.by.map(({ rule }) => rule).join()}`;
  if (notice.kind === 'settled') return `settled ${notice.value}`;
  const reason = notice.kind === 'dropped' ? ` ${notice.reason}` : '';
  return `${notice.kind} ${notice.key} ${notice.value}${reason}`;
}

/** All that is due by `now`, as a timer would bring it about. */
function until(kernel: Kernel, now: number): string[] {
  const words: string[] = [];
  while (kernel.nextDue() <= now) words.push(...kernel.advance(now).map(inWords));
  return words;
}

function applied(kernel: Kernel, input: InhibitInput, value: number, now: number): string[] {
  if (input.kind === 'rules') {
    kernel.setRules(input.rules, now);
    return until(kernel, now);
  }
  const { outcome, by } = kernel.process(input.key, value, input.labels, input.isOpen, now);
  const words: string[] = [];
  if (outcome === 'passed') words.push(`passed ${value}`);
  if (outcome === 'inhibited') words.push(`inhibited ${value} by ${by.map(({ rule }) => rule).join()}`);
  return [...words, ...until(kernel, now)];
}

const rules: fc.Arbitrary<InhibitRule[]> = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('1', '2', '3', '4'),
    source: matchersArbitrary.map((all) => all.slice(0, 2)),
    target: matchersArbitrary.map((all) => all.slice(0, 2)),
    equal: fc.subarray(['a', 'b', 'c'], { maxLength: 2 }),
  }),
  { maxLength: 4, selector: ({ id }) => id },
);

const values = fc.record({
  kind: fc.constant('value' as const),
  key: fc.constantFrom('k', 'l', 'm', 'n', 'o'),
  labels: labelsArbitrary,
  isOpen: fc.constantFrom(true, true, false),
});
const inputs: fc.Arbitrary<InhibitInput> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rules' as const), rules }) },
  { weight: 6, arbitrary: values },
);

/** With equal times, and times that were set back. */
const traces = fc.array(fc.record({ at: fc.integer({ min: 0, max: 30 }), input: inputs }), {
  maxLength: 60,
  size: 'max',
});
const plans: fc.Arbitrary<NaiveInhibitOptions> = fc.record({
  settleMs: fc.constantFrom(0, 0, 3, 8),
  idleMs: fc.constantFrom(Infinity, 10),
  maxKeys: fc.constantFrom(2, 100),
});

function kernelFor({ settleMs, idleMs, maxKeys }: NaiveInhibitOptions, snapshot?: InhibitSnapshot<number, string>) {
  return new InhibitKernel<number, string>({ settleMs, maxKeys, ...(idleMs < Infinity && { idleMs }) }, snapshot);
}

/** What each side says at each step, sorted, because what comes at the same moment has no order. */
function bothSides(events: readonly InhibitEvent[], plan: NaiveInhibitOptions, restartAt = -1) {
  let kernel = kernelFor(plan);
  const naive = new NaiveInhibited(plan);
  const [seen, expected]: [string[], string[]] = [[], []];
  const noRules: InhibitEvent = { at: 0, input: { kind: 'rules', rules: [] } };
  let now = 0;
  let set: readonly InhibitRule[] = [];
  for (const [value, { at, input }] of [noRules, ...events, { ...noRules, at: 60 }].entries()) {
    if (value === restartAt) {
      kernel = kernelFor(plan, JSON.parse(JSON.stringify(kernel.snapshot())));
      kernel.setRules(set, now);
    }
    for (now; now < at; ) {
      now += 1;
      seen.push(...until(kernel, now).sort());
      expected.push(...naive.pass(now).sort());
    }
    kernel.advance(now);
    seen.push(...applied(kernel, input, value, at).sort());
    expected.push(...naive.apply(input, value, now).sort());
    if (input.kind === 'rules') set = input.rules;
  }
  return { seen, expected, kernel };
}

describe('InhibitKernel', () => {
  it('does what comparing all sources with all values under all rules would do', () => {
    fc.assert(
      fc.property(traces, plans, (events, plan) => {
        const { seen, expected } = bothSides(events, plan);
        expect(seen).toEqual(expected);
      }),
      { numRuns: propertyRuns() * 2 },
    );
  });

  it('goes on from a snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(traces, plans, fc.nat(61), (events, plan, restartAt) => {
        const { seen, expected } = bothSides(events, plan, restartAt);
        expect(seen).toEqual(expected);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('loses nothing: what came in passed, settled or was inhibited, and then released, dropped or rejected', () => {
    fc.assert(
      fc.property(traces, plans, (events, plan) => {
        const { seen, kernel } = bothSides(events, plan);
        const count = (kind: string) => seen.filter((word) => word.startsWith(kind)).length;
        const came = events.filter(({ input }) => input.kind === 'value').length;
        expect(count('passed') + count('settled') + count('inhibited')).toBe(came);
        expect(count('released') + count('dropped') + count('rejected')).toBe(count('inhibited'));
        expect(kernel.heldSize).toBe(0);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it('mutes targets with the same `equal` labels only, and says by which rule and source', () => {
    const kernel = kernelOf([ruleOf('x', ['zone', 'rack'])]);
    kernel.open('switch', { s: 'x', zone: '1', rack: '23' }, 0);
    expect(kernel.by({ t: 'x', zone: '1', rack: '23' })).toEqual([{ rule: 'x', source: 'switch' }]);
    expect(kernel.by({ t: 'x', zone: '12', rack: '3' })).toEqual([]);
    expect(kernel.by({ t: 'x' })).toEqual([]);
  });

  it('takes a label that both lack for equal', () => {
    const kernel = kernelOf([ruleOf('x', ['zone'])]);
    kernel.open('switch', { s: 'x' }, 0);
    expect(kernel.by({ t: 'x' })).toEqual([{ rule: 'x', source: 'switch' }]);
    expect(kernel.by({ t: 'x', zone: '' })).toEqual([{ rule: 'x', source: 'switch' }]);
  });

  it('names the source that is open for longest, and the next one when that closes', () => {
    const kernel = kernelOf([ruleOf('x')]);
    for (const key of ['first', 'second', 'third']) kernel.open(key, { s: 'x' }, 0);
    kernel.close('second', 0);
    expect(kernel.by({ t: 'x' })).toEqual([{ rule: 'x', source: 'first' }]);
    kernel.close('first', 0);
    expect(kernel.by({ t: 'x' })).toEqual([{ rule: 'x', source: 'third' }]);
    kernel.close('third', 0);
    expect(kernel.by({ t: 'x' })).toEqual([]);
  });

  it('mutes what matches both sides by a pure source only: never by itself, nor by another of its kind', () => {
    const kernel = kernelOf([ruleOf('x')]);
    const both = { s: 'x', t: 'x' };
    expect(kernel.process('one', 1, both, true, 0).outcome).toBe('passed');
    expect(kernel.process('two', 2, both, true, 0).outcome).toBe('passed');
    expect(kernel.process('target', 3, { t: 'x' }, true, 0).by).toEqual([{ rule: 'x', source: 'one' }]);
    kernel.open('pure', { s: 'x' }, 0);
    expect(kernel.process('one', 4, both, true, 0).by).toEqual([{ rule: 'x', source: 'pure' }]);
    kernel.close('pure', 0);
    expect(until(kernel, 0)).toEqual(['released one 4']);
  });

  it('forgets a source of which nothing is heard for `idleMs`', () => {
    const kernel = kernelOf([ruleOf('x')], { idleMs: 40 * day });
    kernel.open('switch', { s: 'x' }, 0);
    kernel.process('t', 1, { t: 'x' }, true, 0);
    kernel.open('switch', { s: 'x' }, 10);
    expect(until(kernel, 40 * day + 9)).toEqual([]);
    expect(until(kernel, 40 * day + 10)).toEqual(['expired switch', 'released t 1']);
    expect(kernel.size).toBe(0);
  });

  it('lets wait what comes behind a target that waits, so that the order of a key is kept', () => {
    const kernel = kernelOf([ruleOf('x')], { settleMs: 5 });
    expect(kernel.process('t', 1, { t: 'x' }, true, 0).outcome).toBe('waiting');
    expect(kernel.process('t', 2, { other: 'label' }, false, 3).outcome).toBe('waiting');
    expect(kernel.process('u', 3, { other: 'label' }, true, 3).outcome).toBe('passed');
    expect(until(kernel, 5)).toEqual(['settled 1']);
    expect(until(kernel, 8)).toEqual(['settled 2']);
    expect(kernel.nextDue()).toBe(Infinity);
  });

  it('lets `settleMs` be longer than a host timer can wait', () => {
    const kernel = kernelOf([ruleOf('x')], { settleMs: 40 * day });
    kernel.process('t', 1, { t: 'x' }, true, 0);
    expect(until(kernel, 40 * day - 1)).toEqual([]);
    expect(until(kernel, 40 * day)).toEqual(['settled 1']);
  });

  it('releases and settles nothing of a snapshot before the first rules', () => {
    const snapshot: InhibitSnapshot<number, string> = {
      version: 1,
      sources: [['switch', { s: 'x' }, 0]],
      kept: [['t', 1, { t: 'x' }]],
      waiting: [['u', 2, { t: 'x' }, true, 5]],
    };
    const kernel = new InhibitKernel<number, string>({}, snapshot);
    expect(kernel.nextDue()).toBe(Infinity);
    kernel.setRules([ruleOf('x')], 10);
    expect(until(kernel, 10)).toEqual(['inhibited 2 by x']);
    kernel.close('switch', 10);
    expect(until(kernel, 10)).toEqual(['released t 1', 'released u 2']);
  });

  it('lets the first rules decide whether a source of a snapshot is one, whatever it has said since', () => {
    const snapshot: InhibitSnapshot<number, string> = {
      version: 1,
      sources: [
        ['switch', { s: 'x' }, 0],
        ['other', { s: 'x' }, 0],
      ],
      kept: [],
      waiting: [],
    };
    const kernel = new InhibitKernel<number, string>({}, snapshot);
    kernel.process('switch', 1, { s: 'x', severity: 'high' }, true, 5);
    kernel.process('other', 2, { severity: 'low' }, true, 5);
    expect(kernel.size).toBe(2);
    kernel.setRules([ruleOf('x')], 10);
    expect(kernel.size).toBe(1);
    expect(kernel.by({ t: 'x' })).toEqual([{ rule: 'x', source: 'switch' }]);
  });

  it('keeps the rules before when a set is bad, and names what is wrong', () => {
    const kernel = kernelOf([ruleOf('x')]);
    kernel.open('switch', { s: 'x' }, 0);
    const bad: readonly [unknown, string][] = [
      [[{ ...ruleOf('y'), source: [] }], 'rules[0].source must not be empty'],
      [[{ ...ruleOf('y'), target: undefined }], 'rules[0].target must be an array'],
      [[{ ...ruleOf('y'), equal: 'zone' }], 'rules[0].equal must be an array of labels'],
      [[{ ...ruleOf('y'), equal: [''] }], 'rules[0].equal[0] must not be empty'],
      [[ruleOf('y'), ruleOf('y')], 'rules[1].id must be unique, received "y" twice'],
      ['none', 'rules must be an array'],
    ];
    for (const [set, problem] of bad) expect(() => kernel.setRules(set as InhibitRule[], 1)).toThrow(problem);
    expect(kernel.by({ t: 'x' })).toHaveLength(1);
  });

  it('refuses options and snapshots that it cannot go on with', () => {
    const empty = { version: 1, sources: [], kept: [], waiting: [] } as const;
    expect(() => new InhibitKernel({ settleMs: -1 })).toThrow('inhibit.settleMs must be a finite number');
    expect(() => new InhibitKernel({ idleMs: 0 })).toThrow('inhibit.idleMs must be a finite number');
    expect(() => new InhibitKernel({ overflow: 'evict' as 'error' })).toThrow('inhibit.overflow must be one of');
    expect(() => new InhibitKernel({}, { ...empty, version: 2 as 1 })).toThrow('a state of version 2 cannot be read');
    const sources = [['k', {}, 0] as const, ['l', {}, 0] as const];
    expect(() => new InhibitKernel({ maxKeys: 1 }, { ...empty, sources })).toThrow('more than 1 keys (maxKeys)');
  });

  it('throws beyond `maxKeys` when `overflow` is `error`', () => {
    const kernel = kernelOf([ruleOf('x')], { maxKeys: 1, overflow: 'error' });
    kernel.open('one', { s: 'x' }, 0);
    expect(() => kernel.open('two', { s: 'x' }, 0)).toThrow('inhibit: more than 1 sources open (maxKeys)');
    kernel.process('t', 1, { t: 'x' }, true, 0);
    expect(() => kernel.process('u', 2, { t: 'x' }, true, 0)).toThrow('inhibit: more than 1 values kept (maxKeys)');
  });

  it('stands still while the clock reads less than before, and refuses what is no time', () => {
    const kernel = kernelOf([ruleOf('x')], { settleMs: 5 });
    kernel.process('t', 1, { t: 'x' }, true, 10);
    kernel.process('u', 2, { t: 'x' }, true, 0);
    expect(until(kernel, 15)).toEqual(['settled 1', 'settled 2']);
    for (const now of [Number.NaN, Infinity]) expect(() => kernel.open('k', {}, now)).toThrow(RangeError);
  });

  it('releases what nothing mutes any more when the stream ends, also when the timer is late', () => {
    const kernel = kernelOf([ruleOf('x')], { idleMs: 10 });
    kernel.open('switch', { s: 'x' }, 0);
    kernel.process('t', 1, { t: 'x' }, true, 5);
    expect(kernel.flush(12).map(inWords)).toEqual(['expired switch', 'released t 1']);
  });

  it('decides all that waits when the stream ends, and drops what is muted', () => {
    const kernel = kernelOf([ruleOf('x', ['zone'])], { settleMs: 5 });
    kernel.process('t', 1, { t: 'x', zone: '1' }, true, 0);
    kernel.process('u', 2, { t: 'x', zone: '2' }, true, 0);
    kernel.open('switch', { s: 'x', zone: '2' }, 1);
    expect(kernel.flush(2).map(inWords)).toEqual(['settled 1', 'inhibited 2 by x', 'dropped u 2 complete']);
  });

  it('spreads a mass release over many short turns', () => {
    const kernel = kernelOf([ruleOf('x')]);
    kernel.open('switch', { s: 'x' }, 0);
    for (let at = 0; at < 10_000; at += 1) kernel.process(`t${at}`, at, { t: 'x' }, true, 0);
    kernel.close('switch', 1);
    let released = 0;
    for (; kernel.nextDue() <= 1; ) {
      const notices = kernel.advance(1);
      expect(notices.length).toBeLessThanOrEqual(250);
      released += notices.length;
    }
    expect(released).toBe(10_000);
  });
});
