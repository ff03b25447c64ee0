import { describe, expect, it } from 'vitest';
import type { ThresholdKernelOptions, ThresholdRule } from '../../src/operators/threshold.js';
import { feed, hot, kernelOf, type Sample, words } from './threshold-support.js';

type Notice = Parameters<NonNullable<ThresholdKernelOptions<Sample, string>['onNotice']>>[0];

/** A value each millisecond, or each `everyMs`. */
function feedAll(kernel: ReturnType<typeof kernelOf>, values: readonly number[], everyMs = 1, from = 0): string[] {
  return values.flatMap((value, index) => feed(kernel, from + index * everyMs, value));
}

describe('a threshold that counts samples', () => {
  const twoOfThree: ThresholdRule = { ...hot, nOf: [2, 3] };

  it('fires when n of the last m samples hold, and resolves when fewer do', () => {
    expect(feedAll(kernelOf([twoOfThree]), [90, 10, 10, 90, 10, 90, 10, 10])).toEqual([
      'hot firing a @5 crossed',
      'hot resolved a @6 cleared',
    ]);
  });

  it('counts samples that were not seen as not holding', () => {
    expect(feedAll(kernelOf([{ ...hot, nOf: [3, 3] }]), [90, 90, 90])).toEqual(['hot firing a @2 crossed']);
  });

  it('resolves when n of the last m samples meet `clear`', () => {
    const rule: ThresholdRule = { ...twoOfThree, clear: { op: '<', value: 50 } };
    expect(feedAll(kernelOf([rule]), [90, 90, 70, 70, 70, 40, 70, 40])).toEqual([
      'hot firing a @1 crossed',
      'hot resolved a @7 cleared',
    ]);
  });

  it('goes on firing while samples enough hold, whatever others clear', () => {
    const kernel = kernelOf([{ ...hot, clear: { op: '<', value: 20 }, nOf: [1, 3] }]);
    expect(feedAll(kernel, [90, 10, 10])).toEqual(['hot firing a @0 crossed']);
    expect(feedAll(kernel, [10, 10], 1, 3)).toEqual(['hot resolved a @3 cleared']);
  });

  it('counts for each series alone, up to 32 samples', () => {
    const kernel = kernelOf([{ ...hot, nOf: [32, 32] }]);
    expect(feedAll(kernel, Array<number>(31).fill(90))).toEqual([]);
    expect(feed(kernel, 50, 90, { key: 'b' })).toEqual([]);
    expect(feed(kernel, 51, 90)).toEqual(['hot firing a @51 crossed']);
  });

  it('counts anew when the rule decides differently', () => {
    const kernel = kernelOf([twoOfThree]);
    feed(kernel, 0, 90);
    kernel.setRules([{ ...twoOfThree, forMs: 0 }], 1);
    expect(feed(kernel, 2, 90)).toEqual(['hot firing a @2 crossed']);
    kernel.setRules([{ ...twoOfThree, when: { op: '>', value: 70 }, nOf: [2, 4] }], 3);
    expect(feed(kernel, 4, 90)).toEqual(['hot resolved a @4 cleared']);
  });
});

describe('a threshold over a window', () => {
  const average: ThresholdRule = { ...hot, window: { fn: 'avg', overMs: 10 } };

  it('compares the aggregate, and gives it as the value', () => {
    const kernel = kernelOf([average]);
    feedAll(kernel, [90, 0, 90, 90, 90]);
    expect(kernel.process({ ...sampleOf, value: 150 }, 'a', 150, 5)).toMatchObject([{ kind: 'firing', value: 85 }]);
  });

  it('counts once it is half full, and again after a silence of a whole window', () => {
    const kernel = kernelOf([average]);
    expect(feedAll(kernel, [90, 90, 90, 90, 90])).toEqual(['hot firing a @4 crossed']);
    expect(feedAll(kernel, [0, 0, 0, 0], 1, 30)).toEqual([]);
    expect(feed(kernel, 34, 0)).toEqual(['hot resolved a @34 cleared']);
  });

  it('forgets values as old as the window', () => {
    const kernel = kernelOf([{ ...average, window: { fn: 'max', overMs: 10 } }]);
    expect(feedAll(kernel, [0, 0, 0, 0, 0, 90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])).toEqual([
      'hot firing a @5 crossed',
      'hot resolved a @15 cleared',
    ]);
  });

  it('waits for a rate until there are two values', () => {
    const rule: ThresholdRule = { ...hot, when: { op: '>=', value: 0 }, window: { fn: 'rate', overMs: 1 } };
    expect(feedAll(kernelOf([rule]), [1, 2, 3], 5)).toEqual([]);
  });

  it('shares one window among the rules of a series with the same function and length', () => {
    const kernel = kernelOf([average, { ...average, id: 'hotter', when: { op: '>', value: 85 } }]);
    expect(feedAll(kernel, [90, 90, 90, 90, 90])).toEqual(['hot firing a @4 crossed', 'hotter firing a @4 crossed']);
    expect(kernel.snapshot().memories?.[0]?.windows).toHaveLength(1);
  });

  it('keeps the values when only the level changes, and drops them with the last rule that looks at them', () => {
    const kernel = kernelOf([average]);
    feedAll(kernel, [70, 70, 70, 70, 70]);
    expect(kernel.setRules([{ ...average, when: { op: '>', value: 60 } }], 5)).toEqual([]);
    expect(feed(kernel, 5, 70)).toEqual(['hot firing a @5 crossed']);
    expect(words(kernel.setRules([], 6))).toEqual(['hot resolved a @6 rule_removed']);
    expect(kernel.snapshot().memories).toBeUndefined();
  });

  it('says which series it forgot to make room for another', () => {
    const notices: Notice[] = [];
    const kernel = kernelOf([average], { maxKeys: 1, onNotice: (notice) => notices.push(notice) });
    for (const key of ['a', 'b']) feed(kernel, 0, 10, { key });
    expect(notices).toEqual([{ kind: 'evicted', key: 'a', reason: 'max_keys' }]);
  });
});

describe('a threshold that damps flapping', () => {
  const calm: ThresholdRule = { ...hot, flap: { window: 5, high: 0.6, low: 0.3 } };
  const toAndFro = [10, 10, 10, 10, 90, 10, 90, 10, 90];

  function watched(rule: ThresholdRule) {
    const notices: Notice[] = [];
    return { notices, kernel: kernelOf([rule], { onNotice: (notice) => notices.push(notice) }) };
  }

  it('says nothing while it flaps, but that it does, and then what is true', () => {
    const { kernel, notices } = watched(calm);
    expect(feedAll(kernel, toAndFro)).toEqual(['hot firing a @4 crossed', 'hot resolved a @5 cleared']);
    expect(notices).toMatchObject([{ kind: 'flapping', key: 'a', state: 'started', at: 6, share: 0.8125 }]);
    expect(feedAll(kernel, [90, 90, 90], 1, 9)).toEqual(['hot firing a @11 crossed']);
    expect(notices.slice(1)).toMatchObject([{ kind: 'flapping', key: 'a', state: 'ended', at: 11 }]);
  });

  it('weighs newer changes more, as Nagios does', () => {
    const { kernel, notices } = watched({ ...hot, flap: { window: 21, high: 0.34, low: 0.05 } });
    feedAll(kernel, [...Array<number>(21).fill(10), ...Array.from({ length: 7 }, (_, i) => (i % 2 === 0 ? 90 : 10))]);
    const weights = Array.from({ length: 6 }, (_, age) => 1.25 - (age * 0.5) / 19);
    const share = expect.closeTo(weights.reduce((sum, weight) => sum + weight) / 20, 12);
    expect(notices).toEqual([{ kind: 'flapping', rule: expect.anything(), key: 'a', state: 'started', at: 26, share }]);
  });

  it('flaps at a share of 1 when every sample changes it', () => {
    for (const window of [3, 7, 21, 33]) {
      const { kernel, notices } = watched({ ...hot, flap: { window, high: 1 } });
      feedAll(
        kernel,
        Array.from({ length: window }, (_, i) => (i % 2 === 0 ? 90 : 10)),
      );
      expect(notices).toMatchObject([{ state: 'started', share: 1 }]);
    }
  });

  it('starts waiting anew after that', () => {
    const { kernel } = watched({ ...calm, forMs: 2 });
    feedAll(kernel, toAndFro);
    expect(feedAll(kernel, [90, 90, 90, 90, 90], 1, 9)).toEqual(['hot firing a @13 held']);
  });

  it('freezes what fires', () => {
    const { kernel, notices } = watched({ ...calm, keepFiringForMs: 100 });
    expect(feedAll(kernel, toAndFro)).toEqual(['hot firing a @4 crossed']);
    expect(notices).toHaveLength(1);
    expect(kernel.snapshot().entries).toMatchObject([{ phase: 'firing' }]);
  });
});

describe('a rule that looks back', () => {
  it.each([
    ['more votes than samples', { nOf: [4, 3] }, 'nOf[0] must be an integer from 1 to 3'],
    ['too many samples', { nOf: [1, 33] }, 'nOf[1] must be an integer from 1 to 32'],
    ['votes that are no list', { nOf: 3 }, 'nOf must be an array'],
    ['an unknown function', { window: { fn: 'median', overMs: 5 } }, 'window.fn must be'],
    ['a window of no length', { window: { fn: 'avg', overMs: 0 } }, 'window.overMs'],
    ['flapping of two samples', { flap: { window: 2 } }, 'flap.window must be an integer from 3 to 33'],
    ['flapping that ends before it starts', { flap: { high: 0.2, low: 0.2 } }, 'flap must have 0 <= low < high'],
    ['a percentage of changes', { flap: { high: 30 } }, 'flap must have 0 <= low < high <= 1'],
    ['flapping without a number', { flap: { high: 'x' } }, 'flap.high must be a number'],
  ])('is refused with %s', (_, fields, message) => {
    expect(() => kernelOf([{ ...hot, ...fields } as unknown as ThresholdRule])).toThrow(message);
  });
});

const sampleOf = { key: 'a', metric: 'cpu', source: '', labels: {} };
