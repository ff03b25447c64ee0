import { describe, expect, it } from 'vitest';
import type { ThresholdRule } from '../../src/operators/threshold.js';
import { drain, feed, hot, kernelOf } from './threshold-support.js';

const stale: ThresholdRule = { ...hot, staleAfterMs: 100 };

describe('a threshold without data', () => {
  it('lets `forMs` run until the last value is stale, and starts anew with the next one', () => {
    const kernel = kernelOf([{ ...stale, forMs: 150 }]);
    feed(kernel, 0, 90);
    expect(drain(kernel, 200)).toEqual([]);
    expect(kernel.snapshot().entries).toEqual([]);
    feed(kernel, 200, 90);
    feed(kernel, 260, 90);
    expect(drain(kernel, 999)).toEqual(['hot firing a @350 held']);
  });

  it('fires when the end of `forMs` is the very moment at which the value is stale', () => {
    const kernel = kernelOf([{ ...stale, forMs: 100 }]);
    feed(kernel, 0, 90);
    expect(drain(kernel, 999)).toEqual(['hot firing a @100 held']);
  });

  it('takes five minutes unless told otherwise, and no end of time for Infinity', () => {
    const kernel = kernelOf([
      { ...hot, forMs: 300_001 },
      { ...hot, id: 'patient', forMs: 400_000, staleAfterMs: Infinity },
    ]);
    feed(kernel, 0, 90);
    expect(drain(kernel, 999_999)).toEqual(['patient firing a @400000 held']);
  });

  it('lets what was held before it was stale fire at the end of the cooldown', () => {
    const kernel = kernelOf([{ ...stale, cooldownMs: 500 }]);
    expect(feed(kernel, 0, 90)).toEqual(['hot firing a @0 crossed']);
    feed(kernel, 10, 10);
    feed(kernel, 20, 90);
    expect(drain(kernel, 499)).toEqual([]);
    expect(drain(kernel, 500)).toEqual(['hot firing a @500 cooldown_over']);
  });

  it('keeps firing, and does not resolve by a value that is stale', () => {
    const kernel = kernelOf([{ ...stale, keepFiringForMs: 150 }]);
    feed(kernel, 0, 90);
    feed(kernel, 10, 0);
    expect(drain(kernel, 10_000)).toEqual([]);
    feed(kernel, 10_000, 0);
    feed(kernel, 10_090, 0);
    expect(drain(kernel, 20_000)).toEqual(['hot resolved a @10150 cleared']);
  });

  it('resolves when told so, once the last value is stale', () => {
    const kernel = kernelOf([{ ...stale, noData: 'resolve', keepFiringForMs: 500 }]);
    feed(kernel, 0, 90);
    feed(kernel, 60, 85);
    expect(drain(kernel, 159)).toEqual([]);
    expect(drain(kernel, 200)).toEqual(['hot resolved a @160 no_data']);
    feed(kernel, 210, 90);
    feed(kernel, 220, 0);
    expect(drain(kernel, 999)).toEqual(['hot resolved a @320 no_data']);
  });

  it('fires when told so, until the next value that does not hold', () => {
    const kernel = kernelOf([{ ...stale, clear: { op: '<', value: 70 }, noData: 'alert' }]);
    expect(feed(kernel, 0, 10)).toEqual([]);
    feed(kernel, 50, 10);
    expect(drain(kernel, 1_000)).toEqual(['hot firing a @150 no_data']);
    expect(feed(kernel, 1_000, 75)).toEqual(['hot resolved a @1000 cleared']);
    expect(drain(kernel, 2_000)).toEqual(['hot firing a @1100 no_data']);
    expect(feed(kernel, 2_000, 90)).toEqual([]);
    expect(feed(kernel, 2_001, 75)).toEqual([]);
    expect(feed(kernel, 2_002, 69)).toEqual(['hot resolved a @2002 cleared']);
  });

  it('goes on firing under an alert for no data when it fires already', () => {
    const kernel = kernelOf([{ ...stale, noData: 'alert' }]);
    feed(kernel, 0, 90);
    expect(drain(kernel, 1_000)).toEqual([]);
    expect(feed(kernel, 1_000, 0)).toEqual(['hot resolved a @1000 cleared']);
  });

  it('rises from no level to one when values come back that hold', () => {
    const levels = [{ name: 'low', when: { op: '>', value: 5 } }] as const;
    const kernel = kernelOf([{ id: 'load', metric: 'cpu', levels, staleAfterMs: 100, noData: 'alert' }]);
    feed(kernel, 0, 1);
    expect(drain(kernel, 500)).toEqual(['load firing a @100 no_data']);
    expect(feed(kernel, 500, 9)).toEqual(['load changed undefined>low a @500 crossed']);
  });

  it('says that data is missing only after the cooldown', () => {
    const kernel = kernelOf([{ ...stale, noData: 'alert', cooldownMs: 400 }]);
    feed(kernel, 0, 90);
    feed(kernel, 10, 0);
    expect(drain(kernel, 399)).toEqual([]);
    expect(drain(kernel, 999)).toEqual(['hot firing a @400 no_data']);
  });

  it('never forgets a series whose silence it has to tell of', () => {
    const kernel = kernelOf([{ ...stale, staleAfterMs: 10_000, noData: 'alert' }], { idleMs: 10, maxKeys: 1 });
    feed(kernel, 0, 1);
    feed(kernel, 1, 1, { key: 'b' });
    expect(drain(kernel, 50_000)).toEqual(['hot firing a @10000 no_data']);
  });

  it('lets a mass of series fall silent in bounded portions, each once', () => {
    const kernel = kernelOf([{ ...stale, noData: 'resolve' }]);
    for (let i = 0; i < 5_000; i += 1) feed(kernel, 0, 90, { key: `${i}` });
    const portions: number[] = [];
    while (kernel.nextDue() <= 100) portions.push(kernel.advance(100).length);
    expect(Math.max(...portions)).toBeLessThanOrEqual(1_000);
    expect(portions.reduce((sum, portion) => sum + portion)).toBe(5_000);
  });

  it('has no value to tell of a window that never counted, also after a restart', () => {
    const rule: ThresholdRule = { ...stale, noData: 'alert', window: { fn: 'avg', overMs: 1_000 } };
    const before = kernelOf([rule]);
    feed(before, 0, 50);
    const saved = JSON.parse(JSON.stringify(before.snapshot()));
    expect(saved.entries).toMatchObject([{ phase: 'watching', value: null }]);
    const after = kernelOf([rule]);
    after.restore(saved, 50);
    expect(after.advance(100)).toMatchObject([{ kind: 'firing', reason: 'no_data', value: Number.NaN }]);
  });

  it('stops watching when the rule goes, or asks for it no longer', () => {
    const kernel = kernelOf([{ ...stale, noData: 'alert' }]);
    feed(kernel, 0, 1);
    kernel.setRules([stale], 5);
    expect(drain(kernel, 1_000)).toEqual([]);
    expect(kernel.snapshot().entries).toEqual([]);
  });

  it.each([
    ['no time at all', { staleAfterMs: 0 }, 'staleAfterMs must be a finite number of milliseconds, 1 or more'],
    ['an unknown policy', { noData: 'panic' }, "noData must be one of 'keep', 'resolve', 'alert'"],
  ])('refuses %s', (_, fields, message) => {
    expect(() => kernelOf([{ ...hot, ...fields } as unknown as ThresholdRule])).toThrow(message);
  });
});

describe('a threshold whose source is away', () => {
  const watched: ThresholdRule = { ...stale, noData: 'alert' };

  it('F2 misses nobody meanwhile, nor for one `staleAfterMs` after it is back', () => {
    const kernel = kernelOf([watched]);
    feed(kernel, 0, 10);
    kernel.pause(50);
    expect(drain(kernel, 1_000)).toEqual([]);
    kernel.resume(1_000);
    expect(drain(kernel, 1_099)).toEqual([]);
    expect(drain(kernel, 1_100)).toEqual(['hot firing a @1100 no_data']);
  });

  it('F2 resolves nothing for want of data, and goes by what comes afterwards', () => {
    const kernel = kernelOf([{ ...stale, noData: 'resolve', keepFiringForMs: 500 }]);
    feed(kernel, 0, 90);
    feed(kernel, 10, 0);
    kernel.pause(20);
    expect(drain(kernel, 1_000)).toEqual([]);
    kernel.resume(1_000);
    feed(kernel, 1_050, 90);
    expect(drain(kernel, 1_149)).toEqual([]);
    expect(drain(kernel, 1_150)).toEqual(['hot resolved a @1150 no_data']);
  });

  it('ends what is pending when its value is stale, as ever', () => {
    const kernel = kernelOf([{ ...watched, forMs: 150 }]);
    feed(kernel, 0, 90);
    kernel.pause(10);
    expect(drain(kernel, 1_000)).toEqual([]);
    expect(kernel.snapshot().entries).toMatchObject([{ phase: 'watching' }]);
  });

  it('counts a second absence from its own end, and `resume` alone changes nothing', () => {
    const kernel = kernelOf([watched]);
    feed(kernel, 0, 10);
    kernel.resume(90);
    expect(drain(kernel, 100)).toEqual(['hot firing a @100 no_data']);
    feed(kernel, 200, 10);
    kernel.pause(210);
    kernel.resume(220);
    kernel.pause(250);
    kernel.resume(400);
    expect(drain(kernel, 499)).toEqual([]);
    expect(drain(kernel, 500)).toEqual(['hot firing a @500 no_data']);
  });
});
