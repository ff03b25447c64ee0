import { describe, expect, it } from 'vitest';
import { budgetOf, dropsOf, keepMeasured, ratesBetween } from '../../src/dashboard/pipeline/budget.js';
import { sampleStats } from '../support/samples.js';

const stage = (p50: number, p99: number, max: number, count = 1) => ({ count, mean: p50, p50, p99, max });

describe('budgetOf', () => {
  it('adds up the stages where the engine does not measure the whole', () => {
    const { stages, total } = budgetOf({ stageMs: { receive: stage(1, 2, 3), store: stage(10, 20, 30) } });
    expect(stages.map(({ name }) => name)).toEqual(['receive', 'store']);
    expect(total).toEqual({ name: 'total', measured: true, p50: 11, p99: 22, max: 33 });
  });

  it('takes the measured total, which is less than the sum of the worst', () => {
    const { stages, total } = budgetOf({ stageMs: { receive: stage(1, 2, 3), total: stage(4, 5, 6) } });
    expect(stages).toHaveLength(1);
    expect(total).toMatchObject({ p50: 4, p99: 5, max: 6 });
  });

  it('knows which stages nothing has passed', () => {
    const { stages, total } = budgetOf({ stageMs: { receive: stage(0, 0, 0, 0), store: stage(0, 0, 0, 1) } });
    expect(stages.map(({ measured }) => measured)).toEqual([false, true]);
    expect(total.measured).toBe(true);
  });

  it('has no total before anything has passed the last stage', () => {
    const { stages, total } = budgetOf({ stageMs: { receive: stage(1, 1, 1, 9), store: stage(0, 0, 0, 0) } });
    expect(stages[0]!.measured).toBe(true);
    expect(total.measured).toBe(false);
  });
});

describe('keepMeasured', () => {
  const report = (stageMs: Record<string, ReturnType<typeof stage>>, since = 0) => ({ ...sampleStats, since, stageMs });

  it('keeps the figures of a stage while nothing new has passed it', () => {
    const before = report({ receive: stage(1, 1, 1), store: stage(2, 2, 2) });
    const after = report({ receive: stage(5, 5, 5), store: stage(0, 0, 0, 0) });
    expect(keepMeasured(before, after).stageMs).toEqual({ receive: stage(5, 5, 5), store: stage(2, 2, 2) });
  });

  it('keeps nothing of an engine that was started anew', () => {
    const before = report({ store: stage(2, 2, 2) });
    const after = report({ store: stage(0, 0, 0, 0) }, 500);
    expect(keepMeasured(before, after)).toBe(after);
    expect(keepMeasured(undefined, after)).toBe(after);
  });
});

describe('ratesBetween', () => {
  const report = (time: number, received: number, since = 0) => ({ ...sampleStats, since, time, received });

  it('gives what happened a second', () => {
    expect(ratesBetween(report(1000, 100), report(3000, 500))?.received).toBe(200);
  });

  it('gives nothing for the first report, nor across a restart of the engine', () => {
    expect(ratesBetween(undefined, report(1000, 1))).toBeUndefined();
    expect(ratesBetween(report(1000, 100), report(2000, 5, 1500))).toBeUndefined();
  });
});

describe('dropsOf', () => {
  it('lists everything that was held back or dropped, most first, and no zeros', () => {
    const stats = { ...sampleStats, rejected: { parse_failed: 3, too_large: 0 }, rateLimited: 7, skewed: 1 };
    expect(dropsOf(stats)).toEqual([
      { reason: 'rate_limited', count: 7 },
      { reason: 'parse_failed', count: 3 },
      { reason: 'clock_skew', count: 1 },
    ]);
  });
});
