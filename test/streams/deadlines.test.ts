import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { AlertRecord } from '../../src/model/alert.js';
import type { TimerInput } from '../../src/model/decision/index.js';
import { ArmedTimers } from '../../src/streams/armed-timers.js';
import { CatchUp } from '../../src/streams/catch-up.js';
import { deadlines } from '../../src/streams/deadlines.js';
import { OneKey, raised } from '../support/decision.js';
import { VirtualClock } from '../support/virtual-clock.js';

function watch() {
  const clock = new VirtualClock();
  const catchUp = new CatchUp([], { clock, scheduler: clock.scheduler });
  const records = new Subject<AlertRecord>();
  const due: TimerInput[] = [];
  const subscription = records
    .pipe(deadlines({ clock, scheduler: clock.scheduler, armed: new ArmedTimers(), catchUp }))
    .subscribe((timer) => due.push(timer));
  return { clock, records, due, subscription };
}

function openAlert(fields: Partial<AlertRecord>, keyHash = 'abcdef0123456789'): AlertRecord {
  const key = new OneKey();
  key.give(raised());
  const { expiresAt, ...record } = key.record!;
  return { ...record, keyHash, ...fields };
}

describe('deadlines', () => {
  it('P19 an acknowledgement with an end is over at that time', () => {
    const { clock, records, due } = watch();
    const until = clock.wall() + 5_000;
    records.next(openAlert({ state: 'acknowledged', acknowledged: { by: 'ada', at: clock.wall(), until } }));
    clock.advance(4_999);
    expect(due).toEqual([]);
    clock.advance(1);
    expect(due).toMatchObject([{ timer: 'acknowledgement_over' }]);
  });

  it('P39 a repeat is due its interval after the last notification, and the newest record counts', () => {
    const { clock, records, due } = watch();
    const notifiedAt = clock.wall();
    records.next(openAlert({ repeatMs: 1_000, lastNotifiedAt: notifiedAt }));
    clock.advance(500);
    records.next(openAlert({ repeatMs: 1_000, lastNotifiedAt: notifiedAt + 500 }));
    clock.advance(999);
    expect(due).toEqual([]);
    clock.advance(1);
    expect(due).toMatchObject([{ timer: 'repeat' }]);
  });

  it('of several the earliest comes, and a resolved alert waits for nothing', () => {
    const { clock, records, due } = watch();
    const now = clock.wall();
    records.next(openAlert({ repeatMs: 2_000, lastNotifiedAt: now, expiresAt: now + 1_000 }));
    records.next(openAlert({ expiresAt: now + 1_000 }, 'ffffffffffffffff'));
    records.next(openAlert({ state: 'resolved', expiresAt: now + 1_000 }, 'ffffffffffffffff'));
    clock.advance(10_000);
    expect(due).toMatchObject([{ timer: 'expire' }]);
  });

  it('what was due before it was loaded comes at once', () => {
    const { clock, records, due } = watch();
    records.next(openAlert({ expiresAt: clock.wall() - 60_000 }));
    clock.advance(1);
    expect(due).toMatchObject([{ timer: 'expire' }]);
  });

  it('F9 a wall clock that is set neither hastens nor delays what is armed, and a newer record leaves it alone', () => {
    for (const stepMs of [-3_600_000, 3_600_000]) {
      const { clock, records, due } = watch();
      const record = openAlert({ expiresAt: clock.wall() + 1_000 });
      records.next(record);
      clock.step(stepMs);
      records.next({ ...record, n: 2 });
      clock.advance(999);
      expect(due).toEqual([]);
      clock.advance(1);
      expect(due).toMatchObject([{ timer: 'expire', dueAt: record.expiresAt }]);
    }
  });

  it('F9 what was armed before the wall clock was set back takes no longer than it takes as a whole', () => {
    const { clock, records, due } = watch();
    records.next(openAlert({ expiresAt: clock.wall() + 3_605_000, resolveAfterMs: 5_000 }));
    clock.advance(4_999);
    expect(due).toEqual([]);
    clock.advance(1);
    expect(due).toMatchObject([{ timer: 'expire' }]);
  });

  it('a deadline months ahead is kept, and nothing is armed after unsubscribing', () => {
    const { clock, records, due, subscription } = watch();
    const months = 90 * 24 * 3_600_000;
    records.next(openAlert({ expiresAt: clock.wall() + months, resolveAfterMs: months }));
    clock.advance(months - 1);
    expect(due).toEqual([]);
    subscription.unsubscribe();
    clock.advance(months);
    expect(due).toEqual([]);
  });
});
