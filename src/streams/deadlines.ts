import { Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import type { TimerInput } from '../model/decision/index.js';
import { DriverTimer } from '../operators/adapter/driver-timer.js';
import { KeyTable, noSlot } from '../operators/parts/key-table.js';
import { TimingWheel } from '../operators/parts/timing-wheel.js';
import { type AlertTimer, deadlineTimer, remainingMs } from './alert-timers.js';
import type { ArmedTimers } from './armed-timers.js';
import type { CatchUp } from './catch-up.js';
import type { Clock } from './ports.js';

export interface DeadlineDeps {
  readonly catchUp: Pick<CatchUp, 'notBefore'>;
  readonly armed: ArmedTimers;
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
}

/** As many alerts as one engine can hold open. */
const maxKeys = 2 ** 24;
/** Expiries in one turn of the loop; the rest follow in the next. */
const perTurn = 500;

/**
 * For each record that passes: what it next waits for besides its ladder (an acknowledgement or a mute that ends, a
 * repeat, an expiry) comes out when it is due. A newer record of the same key replaces what the older one waited for.
 * Deadlines are wall times in the record and durations on the scheduler here: a wall clock that is set neither hastens nor
 * delays what is armed.
 */
export function deadlines(deps: DeadlineDeps): OperatorFunction<AlertRecord, TimerInput> {
  return (source) =>
    new Observable((subscriber) => {
      const board = new DeadlineBoard(deps, (due) => subscriber.next(due));
      subscriber.add(() => board.dispose());
      subscriber.add(
        source.subscribe({
          next: (record) => board.watch(record),
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}

interface Watched {
  readonly record: AlertRecord;
  readonly timer: AlertTimer;
}

class DeadlineBoard {
  readonly #deps: DeadlineDeps;
  readonly #emit: (due: TimerInput) => void;
  readonly #wheel = new TimingWheel();
  readonly #driver: DriverTimer;
  readonly #keys = new KeyTable<string>(maxKeys);
  readonly #watched: (Watched | undefined)[] = [];

  constructor(deps: DeadlineDeps, emit: (due: TimerInput) => void) {
    this.#deps = deps;
    this.#emit = emit;
    this.#driver = new DriverTimer(deps.scheduler, (now) => this.#tick(now));
  }

  watch(record: AlertRecord): void {
    const timer = deadlineTimer(record);
    if (timer === undefined) this.#forget(record.keyHash);
    else if (this.#deps.armed.at(record, timer) === undefined) this.#arm({ record, timer });
    this.#driver.armAt(this.#wheel.nextDue());
  }

  dispose(): void {
    this.#driver.dispose();
    this.#wheel.clear();
  }

  #arm(watched: Watched): void {
    const { record, timer } = watched;
    const { scheduler, clock, catchUp, armed } = this.#deps;
    const now = scheduler.now();
    const known = this.#keys.find(record.keyHash);
    const slot = known === noSlot ? this.#keys.add(record.keyHash, now) : known;
    this.#watched[slot] = watched;
    const at = Math.max(now + remainingMs(timer, clock.wall()), catchUp.notBefore(record.id));
    this.#wheel.arm(slot, at, now);
    armed.note(record, timer, at);
  }

  #forget(keyHash: string): void {
    this.#deps.armed.forget(keyHash);
    const slot = this.#keys.find(keyHash);
    if (slot === noSlot) return;
    this.#wheel.cancel(slot);
    this.#keys.remove(slot);
    this.#watched[slot] = undefined;
  }

  #tick(now: number): void {
    this.#wheel.advance(now, (slot) => this.#expire(slot), perTurn);
    this.#driver.armAt(this.#wheel.nextDue());
  }

  #expire(slot: number): void {
    const watched = this.#watched[slot];
    if (watched === undefined) return;
    const { record, timer } = watched;
    this.#forget(record.keyHash);
    this.#emit({ kind: 'timer', key: record.key, id: record.id, timer: timer.timer, dueAt: timer.dueAt });
  }
}
