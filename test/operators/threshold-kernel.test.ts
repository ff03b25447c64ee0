import { describe, expect, it } from 'vitest';
import type { ThresholdRule } from '../../src/operators/threshold.js';
import { drain, feed, hot, type Kernel, kernelOf, words } from './threshold-support.js';

describe('ThresholdKernel', () => {
  it('P31 fires once when the level is crossed and resolves once when it no longer holds', () => {
    const kernel = kernelOf([hot]);
    expect(feed(kernel, 0, 80)).toEqual([]);
    expect(feed(kernel, 1, 81)).toEqual(['hot firing a @1 crossed']);
    expect(feed(kernel, 2, 99)).toEqual([]);
    expect(feed(kernel, 3, 80)).toEqual(['hot resolved a @3 cleared']);
    expect(feed(kernel, 4, 10)).toEqual([]);
  });

  it.each([
    [{ op: '>', value: 5 }, [6], [5, 4]],
    [{ op: '>=', value: 5 }, [5, 6], [4]],
    [{ op: '<', value: 5 }, [4], [5, 6]],
    [{ op: '<=', value: 5 }, [4, 5], [6]],
    [{ op: '==', value: 5 }, [5], [4, 6]],
    [{ op: '!=', value: 5 }, [4, 6], [5]],
    [{ op: 'between', low: 2, high: 5 }, [2, 3, 5], [1, 6]],
    [{ op: 'outside', low: 2, high: 5 }, [1, 6], [2, 3, 5]],
  ] as const)('P31 compares by %o', (when, holding, others) => {
    for (const value of holding) expect(feed(kernelOf([{ ...hot, when }]), 0, value)).toHaveLength(1);
    for (const value of others) expect(feed(kernelOf([{ ...hot, when }]), 0, value)).toEqual([]);
  });

  it('P31 does not fire when the level is crossed for less than `for`', () => {
    const kernel = kernelOf([{ ...hot, forMs: 30 }]);
    feed(kernel, 0, 90);
    expect(drain(kernel, 29)).toEqual([]);
    expect(feed(kernel, 29, 70)).toEqual([]);
    expect(drain(kernel, 1_000)).toEqual([]);
  });

  it('P31 fires at the exact end of `for`, without another value', () => {
    const kernel = kernelOf([{ ...hot, forMs: 30 }]);
    feed(kernel, 100, 90);
    feed(kernel, 110, 95);
    expect(drain(kernel, 129)).toEqual([]);
    expect(drain(kernel, 5_000)).toEqual(['hot firing a @130 held']);
  });

  it('P31 fires before it evaluates a value that arrives after the end of `for`', () => {
    const kernel = kernelOf([{ ...hot, forMs: 30 }]);
    feed(kernel, 0, 90);
    expect(feed(kernel, 40, 10)).toEqual(['hot firing a @30 held', 'hot resolved a @40 cleared']);
  });

  it('P31 stays firing between the two levels of a hysteresis', () => {
    const kernel = kernelOf([{ ...hot, clear: { op: '<', value: 70 } }]);
    feed(kernel, 0, 90);
    expect(feed(kernel, 1, 75)).toEqual([]);
    expect(feed(kernel, 2, 85)).toEqual([]);
    expect(feed(kernel, 3, 69)).toEqual(['hot resolved a @3 cleared']);
    expect(feed(kernel, 4, 75)).toEqual([]);
  });

  it('goes on firing where `when` and `clear` both hold', () => {
    const kernel = kernelOf([{ ...hot, clear: { op: '<', value: 90 } }]);
    expect([85, 85, 85].flatMap((value, now) => feed(kernel, now, value))).toEqual(['hot firing a @0 crossed']);
    expect(feed(kernel, 3, 80)).toEqual(['hot resolved a @3 cleared']);
  });

  it('P39 resolves only after the condition stayed clear for `keepFiringFor`', () => {
    const kernel = kernelOf([{ ...hot, keepFiringForMs: 50 }]);
    feed(kernel, 0, 90);
    expect(feed(kernel, 10, 10)).toEqual([]);
    expect(feed(kernel, 40, 90)).toEqual([]);
    expect(drain(kernel, 100)).toEqual([]);
    expect(feed(kernel, 110, 10)).toEqual([]);
    expect(drain(kernel, 1_000)).toEqual(['hot resolved a @160 cleared']);
  });

  it('P35 does not fire again within the cooldown, and opens at its end when the condition still holds', () => {
    const kernel = kernelOf([{ ...hot, cooldownMs: 100 }]);
    feed(kernel, 0, 90);
    feed(kernel, 10, 10);
    expect(feed(kernel, 20, 90)).toEqual([]);
    expect(drain(kernel, 99)).toEqual([]);
    expect(drain(kernel, 100)).toEqual(['hot firing a @100 cooldown_over']);
  });

  it('P35 does not fire at the end of the cooldown when the condition ended before', () => {
    const kernel = kernelOf([{ ...hot, cooldownMs: 100 }]);
    feed(kernel, 0, 90);
    feed(kernel, 10, 10);
    feed(kernel, 20, 90);
    feed(kernel, 30, 10);
    expect(drain(kernel, 1_000)).toEqual([]);
    expect(feed(kernel, 1_001, 90)).toEqual(['hot firing a @1001 crossed']);
  });

  it('P35 counts the cooldown for each rule and series alone', () => {
    const kernel = kernelOf([
      { ...hot, cooldownMs: 100 },
      { ...hot, id: 'hotter', when: { op: '>', value: 85 } },
    ]);
    feed(kernel, 0, 90);
    feed(kernel, 1, 10);
    expect(feed(kernel, 2, 90)).toEqual(['hotter firing a @2 crossed']);
    expect(feed(kernel, 3, 90, { key: 'b' })).toEqual(['hot firing b @3 crossed', 'hotter firing b @3 crossed']);
  });

  it('P34 applies the rules whose metric, source and labels match, in their order', () => {
    const rule = (id: string, metric: string, match: Record<string, string> = {}): ThresholdRule => ({
      ...hot,
      id,
      metric,
      match,
    });
    const kernel = kernelOf([
      rule('other', 'memory'),
      rule('wild', 'c*'),
      rule('exact', 'cpu'),
      rule('source', 'cpu', { source: 'web-*' }),
      rule('wrong source', 'cpu', { source: 'db-*' }),
      rule('label', 'cpu', { region: 'eu', source: 'web-1' }),
      rule('wrong label', 'cpu', { region: 'us' }),
      rule('missing label', 'cpu', { team: 'a' }),
      rule('any label', 'cpu', { team: '*' }),
      rule('not a label', 'cpu', { constructor: 'a' }),
      { ...rule('disabled', 'cpu'), enabled: false },
    ]);
    const fired = feed(kernel, 0, 99, { labels: { region: 'eu' } }).map((text) => text.split(' firing')[0]);
    expect(fired).toEqual(['wild', 'exact', 'source', 'label', 'any label']);
  });

  it('refuses what is not a finite number, and says so', () => {
    const rejected: unknown[] = [];
    const kernel = kernelOf([hot], {
      onNotice: (notice) => notice.kind === 'rejected' && rejected.push([notice.reason, notice.value.value]),
    });
    expect(feed(kernel, 0, Number.NaN)).toEqual([]);
    expect(feed(kernel, 0, Infinity)).toEqual([]);
    expect(rejected).toEqual([
      ['not_finite', Number.NaN],
      ['not_finite', Infinity],
    ]);
    expect(kernel.size).toBe(0);
  });

  it('stands still while the clock runs backwards', () => {
    const kernel = kernelOf([{ ...hot, forMs: 30 }]);
    feed(kernel, 100, 90);
    expect(feed(kernel, 10, 90)).toEqual([]);
    expect(drain(kernel, 130)).toEqual(['hot firing a @130 held']);
    expect(feed(kernel, 50, 10)).toEqual(['hot resolved a @130 cleared']);
  });

  it('P33 keeps the state of rules that did not change when the set is replaced, whatever their order', () => {
    const first: ThresholdRule = { ...hot, id: 'first', forMs: 30 };
    const kernel = kernelOf([first, hot]);
    feed(kernel, 0, 90);
    const other: ThresholdRule = { ...hot, id: 'new', when: { op: '>', value: 85 } };
    expect(words(kernel.setRules([hot, other, { ...first }], 10))).toEqual([]);
    expect(feed(kernel, 20, 90)).toEqual(['new firing a @20 crossed']);
    expect(drain(kernel, 30)).toEqual(['first firing a @30 held']);
    expect(feed(kernel, 40, 0)).toEqual([
      'hot resolved a @40 cleared',
      'new resolved a @40 cleared',
      'first resolved a @40 cleared',
    ]);
  });

  it.each([
    ['removed', []],
    ['disabled', [{ ...hot, enabled: false }]],
    ['changed so that it no longer matches', [{ ...hot, match: { source: 'db-*' } }]],
  ])('P39 resolves what fires under a rule that was %s', (_, rules) => {
    const kernel = kernelOf([hot]);
    feed(kernel, 0, 90);
    expect(words(kernel.setRules(rules, 5))).toEqual(['hot resolved a @5 rule_removed']);
    expect(feed(kernel, 6, 90)).toEqual([]);
    expect(kernel.snapshot().entries).toEqual([]);
  });

  it('says nothing of a removed rule that had not fired', () => {
    const kernel = kernelOf([{ ...hot, forMs: 30 }]);
    feed(kernel, 0, 90);
    expect(words(kernel.setRules([], 5))).toEqual([]);
    expect(drain(kernel, 100)).toEqual([]);
  });

  it('P33 keeps a firing state under a changed rule, and lets a pending one start anew', () => {
    const slow: ThresholdRule = { ...hot, id: 'slow', forMs: 30 };
    const kernel = kernelOf([hot, slow]);
    feed(kernel, 0, 90);
    const raised = { op: '>', value: 95 } as const;
    expect(
      words(
        kernel.setRules(
          [
            { ...hot, when: raised },
            { ...slow, forMs: 40 },
          ],
          10,
        ),
      ),
    ).toEqual([]);
    expect(feed(kernel, 20, 90)).toEqual(['hot resolved a @20 cleared']);
    expect(drain(kernel, 100)).toEqual(['slow firing a @60 held']);
  });

  it('keeps the rules that it has when new ones break the contract', () => {
    const kernel = kernelOf([hot]);
    expect(() => kernel.setRules([hot, hot], 0)).toThrow(/threshold\.rules\[1\]\.id must be unique, received "hot"/);
    expect(feed(kernel, 1, 90)).toHaveLength(1);
  });

  it('is bounded: a flood of new series forgets those at rest, never one that fires', () => {
    const kernel = kernelOf([hot], { maxKeys: 10 });
    feed(kernel, 0, 90, { key: 'fires' });
    for (let i = 0; i < 1_000; i += 1) expect(feed(kernel, i, 10, { key: `flood-${i}` })).toEqual([]);
    expect(kernel.size).toBe(10);
    expect(feed(kernel, 1_000, 10, { key: 'fires' })).toEqual(['hot resolved fires @1000 cleared']);
  });

  it('rejects a new series when all others are in use', () => {
    const rejected: string[] = [];
    const kernel = kernelOf([hot], {
      maxKeys: 2,
      onNotice: (notice) => 'reason' in notice && rejected.push(`${notice.key} ${notice.reason}`),
    });
    for (const key of ['a', 'b', 'c']) feed(kernel, 0, 90, { key });
    expect(rejected).toEqual(['c max_keys']);
  });

  it('rejects or throws beyond `maxKeys` as `overflow` says', () => {
    const rejected: string[] = [];
    const onNotice = ({ key }: { key: string }) => rejected.push(key);
    const rejecting = kernelOf([hot], { maxKeys: 1, overflow: 'reject', onNotice });
    const throwing = kernelOf([hot], { maxKeys: 1, overflow: 'error' });
    for (const kernel of [rejecting, throwing]) feed(kernel, 0, 1, { key: 'a' });
    expect(feed(rejecting, 0, 90, { key: 'b' })).toEqual([]);
    expect(rejected).toEqual(['b']);
    expect(() => feed(throwing, 0, 90, { key: 'b' })).toThrow('threshold: more than 1 series (maxKeys)');
  });

  it('forgets series that are idle, and keeps those in use', () => {
    const kernel = kernelOf([hot], { idleMs: 1_000 });
    for (let i = 0; i < 100; i += 1) feed(kernel, 0, 10, { key: `idle-${i}` });
    feed(kernel, 0, 90, { key: 'fires' });
    expect(kernel.nextDue()).toBeLessThan(Infinity);
    drain(kernel, 2_000);
    expect(kernel.size).toBe(1);
    expect(kernel.nextDue()).toBe(Infinity);
    feed(kernel, 2_001, 10, { key: 'fires' });
    drain(kernel, 9_000);
    expect(kernel.size).toBe(0);
    expect(kernel.nextDue()).toBe(Infinity);
  });

  it('lets a mass expiry come about in bounded portions, each state once', () => {
    const kernel = kernelOf([{ ...hot, forMs: 30 }]);
    for (let i = 0; i < 5_000; i += 1) feed(kernel, 0, 90, { key: `${i}` });
    const portions: number[] = [];
    while (kernel.nextDue() <= 30) portions.push(kernel.advance(30).length);
    expect(Math.max(...portions)).toBeLessThanOrEqual(1_000);
    expect(portions.reduce((sum, portion) => sum + portion)).toBe(5_000);
  });

  it('P39 takes over what is open before the first value, and resolves it when the condition clears', () => {
    const kernel = kernelOf([hot]);
    const identity = { metric: 'cpu', source: 'web-1', labels: {} };
    const entry = { ...identity, ruleId: 'hot', key: 'a', phase: 'firing', since: 5, value: 90 } as const;
    expect(kernel.restore({ version: 1, entries: [entry, entry] }, 100)).toEqual([]);
    expect(feed(kernel, 101, 95)).toEqual([]);
    expect(feed(kernel, 102, 10)).toEqual(['hot resolved a @102 cleared']);
  });

  it('P39 resolves what is open under a rule that went away during the downtime', () => {
    const kernel = kernelOf([{ ...hot, match: { source: 'db-*' } }]);
    const identity = { metric: 'cpu', source: 'web-1', labels: {} };
    const entry = { ...identity, key: 'a', since: 5, value: 90 } as const;
    const entries = [
      { ...entry, ruleId: 'hot', phase: 'firing' },
      { ...entry, ruleId: 'gone', phase: 'clearing', due: 200 },
      { ...entry, ruleId: 'never fired', phase: 'pending', due: 200 },
    ] as const;
    expect(words(kernel.restore({ version: 1, entries }, 100))).toEqual([
      'hot resolved a @100 rule_removed',
      'gone resolved a @100 rule_removed',
    ]);
    expect(kernel.size).toBe(0);
  });

  it('refuses a snapshot of another version', () => {
    const snapshot = { version: 3, entries: [] } as unknown as Parameters<Kernel['restore']>[0];
    expect(() => kernelOf([hot]).restore(snapshot, 0)).toThrow(RangeError);
  });
});
