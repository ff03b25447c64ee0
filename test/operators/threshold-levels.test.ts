import { describe, expect, it } from 'vitest';
import type { ThresholdRule } from '../../src/operators/threshold.js';
import { drain, feed, kernelOf, words } from './threshold-support.js';

const above = (name: string, when: number, clear: number) =>
  ({ name, when: { op: '>', value: when }, clear: { op: '<', value: clear } }) as const;
const load: ThresholdRule = {
  ...{ id: 'load', metric: 'cpu' },
  levels: [above('INFO', 60, 50), above('WARNING', 70, 60), above('CRITICAL', 80, 70)],
};

/** The level after each value. */
function levelsAfter(rule: ThresholdRule, values: readonly number[]): string[] {
  const kernel = kernelOf([rule]);
  let level = 'OK';
  return values.map((value, now) => {
    for (const transition of kernel.process({ ...sampleOf(value) }, 'a', value, now)) {
      level = transition.kind === 'resolved' ? 'OK' : transition.level!;
    }
    return level;
  });
}

const sampleOf = (value: number) => ({ key: 'a', metric: 'cpu', source: 'web-1', labels: {}, value });

describe('a threshold with levels', () => {
  it('reads INFO WARNING WARNING CRITICAL INFO INFO OK for 61 73 64 85 62 56 47', () => {
    expect(levelsAfter(load, [61, 73, 64, 85, 62, 56, 47])).toEqual(
      'INFO WARNING WARNING CRITICAL INFO INFO OK'.split(' '),
    );
  });

  it('is refused when a level is easier to meet than the one before, which could never be reached', () => {
    const levels = [above('CRITICAL', 90, 80), above('WARNING', 70, 60)];
    expect(() => kernelOf([{ ...load, levels }])).toThrow(
      'threshold.rules[0].levels[1].when must not be easier to meet than the level before, received > 70 after > 90',
    );
    const low = (name: string, value: number) => ({ name, when: { op: '<=', value } }) as const;
    expect(() => kernelOf([{ ...load, levels: [low('WARNING', 10), low('CRITICAL', 20)] }])).toThrow(RangeError);
    expect(() => kernelOf([{ ...load, levels: [low('WARNING', 20), low('CRITICAL', 10)] }])).not.toThrow();
  });

  it('fires at once at the highest level that is reached, and resolves from any', () => {
    expect(levelsAfter(load, [85, 40])).toEqual(['CRITICAL', 'OK']);
  });

  it('says from which level to which it went, and since when it fires', () => {
    const kernel = kernelOf([load]);
    feed(kernel, 5, 65);
    expect(kernel.process(sampleOf(75), 'a', 75, 9)).toEqual([
      {
        ...{ kind: 'changed', rule: load, key: 'a', from: 'INFO', to: 'WARNING', level: 'WARNING' },
        ...{ value: 75, at: 9, since: 5, reason: 'crossed', item: sampleOf(75) },
      },
    ]);
  });

  it('waits `forMs` before it opens, and again before each rise: every level by itself', () => {
    const kernel = kernelOf([{ ...load, forMs: 10 }]);
    feed(kernel, 0, 65);
    feed(kernel, 4, 85);
    expect(drain(kernel, 10)).toEqual(['load firing INFO a @10 held']);
    feed(kernel, 12, 75);
    expect(drain(kernel, 14)).toEqual(['load changed INFO>WARNING a @14 held']);
    feed(kernel, 15, 90);
    feed(kernel, 20, 72);
    feed(kernel, 22, 90);
    expect(drain(kernel, 31)).toEqual([]);
    expect(drain(kernel, 99)).toEqual(['load changed WARNING>CRITICAL a @32 held']);
  });

  it('stays for `keepFiringForMs` before it falls, and falls to what holds by then', () => {
    const kernel = kernelOf([{ ...load, keepFiringForMs: 10 }]);
    feed(kernel, 0, 85);
    expect(feed(kernel, 1, 65)).toEqual([]);
    expect(feed(kernel, 5, 55)).toEqual([]);
    expect(feed(kernel, 8, 62)).toEqual([]);
    expect(drain(kernel, 99)).toEqual(['load changed CRITICAL>INFO a @11 cleared']);
  });

  it('forgets that it was about to fall when it rises again', () => {
    const kernel = kernelOf([{ ...load, keepFiringForMs: 10 }]);
    feed(kernel, 0, 75);
    feed(kernel, 1, 55);
    expect(feed(kernel, 5, 85)).toEqual(['load changed WARNING>CRITICAL a @5 crossed']);
    expect(drain(kernel, 99)).toEqual([]);
  });

  it('opens after a cooldown at the level that holds then', () => {
    const kernel = kernelOf([{ ...load, cooldownMs: 100 }]);
    feed(kernel, 0, 65);
    feed(kernel, 1, 0);
    feed(kernel, 2, 65);
    feed(kernel, 3, 85);
    expect(drain(kernel, 99)).toEqual([]);
    expect(drain(kernel, 100)).toEqual(['load firing CRITICAL a @100 cooldown_over']);
  });

  it('starts from open alerts at their level, or at the lowest when it has another name now', () => {
    const kernel = kernelOf([load]);
    const entry = {
      ruleId: 'load',
      metric: 'cpu',
      source: '',
      labels: {},
      phase: 'firing',
      since: 1,
      value: 75,
    } as const;
    const entries = [
      { ...entry, key: 'a', level: 'WARNING' },
      { ...entry, key: 'b', level: 'DISASTER' },
      { ...entry, key: 'c' },
    ];
    expect(kernel.restore({ version: 2, entries }, 5)).toEqual([]);
    expect(['a', 'b', 'c'].flatMap((key) => feed(kernel, 6, 75, { key }))).toEqual([
      'load changed INFO>WARNING b @6 crossed',
      'load changed INFO>WARNING c @6 crossed',
    ]);
  });

  it('says so when a level goes away under what fires', () => {
    const kernel = kernelOf([load]);
    feed(kernel, 0, 85);
    const [info, warning] = load.levels!;
    expect(words(kernel.setRules([{ ...load, levels: [info!, warning!] }], 5))).toEqual([
      'load changed CRITICAL>INFO a @5 rule_changed',
    ]);
    expect(feed(kernel, 6, 85)).toEqual(['load changed INFO>WARNING a @6 crossed']);
    expect(words(kernel.setRules([{ id: 'load', metric: 'cpu', when: { op: '>', value: 60 } }], 7))).toEqual([]);
    expect(feed(kernel, 8, 0)).toEqual(['load resolved a @8 cleared']);
  });

  it.each([
    ['both forms', { ...load, when: { op: '>', value: 1 } }, 'must have either levels or when and clear'],
    ['no levels', { ...load, levels: [] }, 'levels must not be empty'],
    ['seventeen levels', { ...load, levels: Array(17).fill(above('x', 2, 1)) }, 'levels.length must be an integer'],
    [
      'two levels of a name',
      { ...load, levels: [above('x', 2, 1), above('x', 3, 1)] },
      'levels[1].name must be unique',
    ],
    ['a level without a name', { ...load, levels: [above('', 2, 1)] }, 'levels[0].name must not be empty'],
    ['a level without a condition', { ...load, levels: [{ name: 'x' }] }, 'levels[0].when must be an object'],
  ])('refuses %s', (_, rule, message) => {
    expect(() => kernelOf([rule as unknown as ThresholdRule])).toThrow(message);
  });
});
