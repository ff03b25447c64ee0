import { firstValueFrom, timer } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { monotonicScheduler } from '../../src/operators/monotonic-scheduler.js';

describe('monotonicScheduler', () => {
  afterEach(() => vi.restoreAllMocks());

  it('tells epoch milliseconds', () => {
    expect(Math.abs(monotonicScheduler.now() - Date.now())).toBeLessThan(60_000);
  });

  it('does not follow a wall clock that steps', () => {
    const before = monotonicScheduler.now();
    vi.spyOn(Date, 'now').mockReturnValue(0);
    expect(monotonicScheduler.now()).toBeGreaterThanOrEqual(before);
  });

  it('runs what rxjs schedules on it', async () => {
    const before = monotonicScheduler.now();
    await firstValueFrom(timer(5, monotonicScheduler));
    expect(monotonicScheduler.now() - before).toBeGreaterThanOrEqual(4);
  });
});
