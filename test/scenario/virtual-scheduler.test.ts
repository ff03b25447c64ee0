import { interval } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { VirtualScheduler } from '../../src/scenario/virtual-scheduler.js';

describe('the scheduler of scenarios', () => {
  it('runs timers in order of time, those of one moment in the order in which they were armed', () => {
    const { scheduler, ran, arm } = started();
    arm('b', 20);
    arm('c', 20);
    arm('a', 10);
    expect(scheduler.nextDue).toBe(10);
    scheduler.runAt(10);
    scheduler.runAt(20);
    expect(ran).toEqual(['a', 'b', 'c']);
    expect(scheduler.nextDue).toBeUndefined();
  });

  it('forgets a timer that was cancelled, or armed anew', () => {
    const { scheduler, ran, arm } = started();
    arm('cancelled', 10).unsubscribe();
    const again = scheduler.schedule<string>((state) => ran.push(state!), 10, 'first') as never as Rearmed;
    again.schedule('second', 30);
    expect(scheduler.nextDue).toBe(30);
    scheduler.runAt(30);
    expect(ran).toEqual(['second']);
  });

  it('runs at once what a timer arms for the same moment', () => {
    const { scheduler, ran } = started();
    scheduler.schedule(() => scheduler.schedule(() => ran.push('inner'), 0), 5);
    scheduler.runAt(5);
    expect(ran).toEqual(['inner']);
  });

  it('ends an interval of a whole day', () => {
    const scheduler = new VirtualScheduler();
    let ticks = 0;
    const ticking = interval(1_000, scheduler).subscribe(() => ticks++);
    for (let due = scheduler.nextDue; due !== undefined && due <= 86_400_000; due = scheduler.nextDue)
      scheduler.runAt(due);
    expect(ticks).toBe(86_400);
    ticking.unsubscribe();
    expect(scheduler.nextDue).toBeUndefined();
  });

  it('tells whoever runs it that a timer threw', () => {
    const scheduler = new VirtualScheduler();
    scheduler.schedule(() => {
      throw new Error('broken');
    }, 1);
    expect(() => scheduler.runAt(1)).toThrow('broken');
  });
});

interface Rearmed {
  schedule(state: string, delay: number): void;
}

function started() {
  const scheduler = new VirtualScheduler();
  const ran: string[] = [];
  const arm = (name: string, delay: number) => scheduler.schedule(() => ran.push(name), delay);
  return { scheduler, ran, arm };
}
