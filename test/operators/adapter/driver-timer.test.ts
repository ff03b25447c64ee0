import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { DriverTimer } from '../../../src/operators/adapter/driver-timer.js';

const hour = 3_600_000;

function driver(): { timer: DriverTimer; scheduler: VirtualTimeScheduler; ticks: number[] } {
  const scheduler = new VirtualTimeScheduler();
  const ticks: number[] = [];
  const timer = new DriverTimer(scheduler, (now) => ticks.push(now));
  return { timer, scheduler, ticks };
}

describe('DriverTimer', () => {
  it('ticks once, at the earliest time asked for', () => {
    const { timer, scheduler, ticks } = driver();
    timer.armAt(500);
    timer.armAt(200);
    timer.armAt(900);
    scheduler.flush();
    expect(ticks).toEqual([200]);
  });

  it('ticks at once for a time that has passed', () => {
    const { timer, scheduler, ticks } = driver();
    timer.armAt(-5);
    scheduler.flush();
    expect(ticks).toEqual([0]);
  });

  it('is disarmed by Infinity and by dispose, and leaves nothing on the scheduler', () => {
    const { timer, scheduler, ticks } = driver();
    timer.armAt(500);
    timer.armAt(Infinity);
    timer.armAt(700);
    timer.dispose();
    scheduler.flush();
    expect(ticks).toEqual([]);
  });

  it('may be armed again from its own tick', () => {
    const scheduler = new VirtualTimeScheduler();
    const ticks: number[] = [];
    const timer = new DriverTimer(scheduler, (now) => {
      ticks.push(now);
      if (ticks.length < 3) timer.armAt(now + 10);
    });
    timer.armAt(10);
    scheduler.flush();
    expect(ticks).toEqual([10, 20, 30]);
  });

  it('B12 splits a wait of forty days so that no host timer overflows', () => {
    const { timer, scheduler, ticks } = driver();
    const delays: number[] = [];
    const schedule = scheduler.schedule.bind(scheduler);
    scheduler.schedule = ((work: () => void, delay: number) => {
      delays.push(delay);
      return schedule(work, delay);
    }) as typeof scheduler.schedule;
    timer.armAt(40 * 24 * hour);
    scheduler.flush();
    expect(ticks).toEqual([40 * 24 * hour]);
    expect(Math.max(...delays)).toBe(hour);
  });
});
