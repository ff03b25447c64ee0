import { auditTime, interval, Subject, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { TurnScheduler } from '../../bench/study/turn-scheduler.js';

describe('a scheduler whose turns are taken by hand', () => {
  it('runs what is due in one turn, the earliest first, and what that arms in a later one', () => {
    const scheduler = new TurnScheduler();
    const ran: string[] = [];
    scheduler.schedule(() => ran.push('at 20'), 20);
    scheduler.schedule(() => {
      ran.push('at 10');
      scheduler.schedule(() => ran.push('armed by it'), 0);
    }, 10);
    scheduler.schedule(() => ran.push('at 30'), 30);
    scheduler.skip(20);
    const turns = [scheduler.turn(), ran.join(', '), scheduler.turn(), ran.at(-1), scheduler.turn()];
    expect(turns).toEqual([true, 'at 10, at 20', true, 'armed by it', false]);
  });

  it('stands still until it is put forward', () => {
    const scheduler = new TurnScheduler();
    const start = scheduler.now();
    scheduler.skip(5_000);
    expect(scheduler.now() - start).toBe(5_000);
  });

  it('forgets what is unsubscribed, also by what runs before it in the same turn', () => {
    const scheduler = new TurnScheduler();
    const ran: string[] = [];
    const later = timer(10, scheduler);
    const first = later.subscribe(() => second.unsubscribe());
    const second = later.subscribe(() => ran.push('second'));
    const third = later.subscribe(() => ran.push('third'));
    third.unsubscribe();
    scheduler.skip(10);
    expect([scheduler.turn(), ran, first.closed]).toEqual([true, [], true]);
  });

  it('is what timed operators of RxJS expect', () => {
    const scheduler = new TurnScheduler();
    const seen: unknown[] = [];
    const source$ = new Subject<string>();
    source$.pipe(auditTime(10, scheduler)).subscribe((value) => seen.push(value));
    const ticking = interval(4, scheduler).subscribe((value) => seen.push(value));
    for (const value of ['a', 'b', 'c']) source$.next(value);
    for (let at = 0; at < 12; at += 1) {
      scheduler.skip(1);
      scheduler.turn();
    }
    ticking.unsubscribe();
    expect(seen).toEqual([0, 1, 'c', 2]);
    scheduler.skip(100);
    expect(scheduler.turn()).toBe(false);
  });
});
