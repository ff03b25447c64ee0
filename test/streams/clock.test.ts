import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/streams/clock.js';

describe('the wall clock of the engine', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
  afterEach(() => vi.useRealTimers());

  it('F9 follows the system when its clock is set, and is smooth otherwise', () => {
    const clock = systemClock();
    const begin = clock.wall();
    vi.advanceTimersByTime(1_000);
    expect(clock.wall() - begin).toBeCloseTo(1_000, 0);
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(20);
    expect(Math.abs(clock.wall() - Date.now())).toBeLessThanOrEqual(20);
  });
});
