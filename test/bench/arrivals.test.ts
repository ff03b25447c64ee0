import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../bench/workers/arrivals.js';
import { dueAt, dueBy, eventTime, type Schedule } from '../../bench/workers/schedule.js';

const schedule: Schedule = { startAt: 1_000, epochAt: 1_790_000_000_000, spacingMs: 1 / 300, count: 100 };
const arrive = (arrivals: Arrivals, index: number, afterMs: number) =>
  arrivals.note(eventTime(schedule, index), dueAt(schedule, index) + afterMs);

describe('the arrivals of a load', () => {
  it('B3 measures each sample from when it was due', async () => {
    const arrivals = new Arrivals(schedule);
    for (let index = 0; index < schedule.count; index += 1) arrive(arrivals, index, index + 1);
    await arrivals.complete;
    const { lost, surplus, latency } = arrivals.report();
    expect({ lost, surplus }).toEqual({ lost: 0, surplus: 0 });
    expect(latency.p50).toBeCloseTo(50);
    expect(latency.max).toBeCloseTo(100);
  });

  it('B3 misses what did not arrive, and counts what came twice or belongs to no schedule', () => {
    const arrivals = new Arrivals(schedule);
    for (const index of [0, 1, 1, 99, 100, -1]) arrive(arrivals, index, 1);
    expect(arrivals.report()).toMatchObject({ lost: 97, surplus: 3 });
  });

  it('B3 has one more sample due at each step of the schedule, none before it and none after', () => {
    const steps = { ...schedule, spacingMs: 2 };
    expect([999, 1_000, 1_001, 1_002, 9_999].map((now) => dueBy(steps, now))).toEqual([0, 1, 1, 2, 100]);
  });
});
