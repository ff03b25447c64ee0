import { describe, expect, it } from 'vitest';
import { StageRecorder } from '../../src/streams/stages.js';
import { Stats } from '../../src/streams/stats.js';
import { OneKey, raised } from '../support/decision.js';

const config = { ok: true, at: 0, succeededAt: 0 };
const gauges = { active: 0, byState: {}, series: 0, rules: 0, enabledRules: 0, config, historySize: 0 };

describe('statistics', () => {
  it('P20 every count is present at zero from the start', () => {
    const stats = new Stats(0).snapshot(0, gauges);
    expect(stats).toMatchObject({ received: 0, opened: 0, sent: 0, failed: 0, rateLimited: 0, suppressed: 0 });
    expect(stats.bySeverity).toEqual({ low: 0, medium: 0, high: 0, critical: 0 });
    expect(Object.keys(stats.stageMs)).toEqual(['ingest', 'evaluate', 'store', 'deliver']);
  });

  it('P20 a flood of categories is counted in a bounded number of them, and nothing is left out', () => {
    const stats = new Stats(0);
    for (let i = 0; i < 1_000; i++) stats.stored(new OneKey().event(raised({ category: `c${i}` })), 0);
    const counts = Object.values(stats.snapshot(0, gauges).byCategory);
    expect(counts.length).toBeLessThanOrEqual(101);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1_000);
  });

  it('P20 counts by channel under any name, also one that every object inherits', () => {
    const stats = new Stats(0);
    const record = { v: 1, alertId: 'a', transition: 1, status: 'delivered', attempts: 1, at: 0 } as const;
    for (let i = 0; i < 2; i++) stats.delivered({ ...record, channel: 'constructor' }, 0);
    expect(stats.snapshot(0, gauges).byChannel).toEqual({ constructor: 2 });
  });
});

describe('the time of a stage', () => {
  it('P34 has percentiles of the last seconds, and forgets what is older', () => {
    const recorder = new StageRecorder();
    recorder.times(0);
    for (let i = 1; i <= 100; i++) recorder.record(i);
    const times = recorder.times(5_000);
    expect(times.count).toBe(100);
    expect(times.p50).toBeGreaterThan(49);
    expect(times.p50).toBeLessThan(52);
    expect(times.max).toBeGreaterThan(99);
    recorder.times(10_000);
    expect(recorder.times(20_000).count).toBe(0);
  });

  it('counts an impossible duration, as two clocks may give it, as none', () => {
    const recorder = new StageRecorder();
    recorder.record(-5);
    expect(recorder.times(0).max).toBeLessThan(0.01);
  });
});
