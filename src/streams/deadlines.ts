import { Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import { isOpen } from '../model/alert.js';
import { repeatDueAt, type TimerInput, type TimerName } from '../model/decision/index.js';
import { DriverTimer } from '../operators/adapter/driver-timer.js';
import { KeyTable, noSlot } from '../operators/parts/key-table.js';
import { TimingWheel } from '../operators/parts/timing-wheel.js';
import type { Clock } from './ports.js';

export interface DeadlineDeps {
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
 * Deadlines are wall times in the record and durations on the scheduler here.
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
  readonly timer: TimerName;
  readonly dueAt: number;
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
    const next = earliest(record);
    if (next === undefined) this.#forget(record.keyHash);
    else this.#arm(record.keyHash, next);
    this.#driver.armAt(this.#wheel.nextDue());
  }

  dispose(): void {
    this.#driver.dispose();
    this.#wheel.clear();
  }

  #arm(keyHash: string, watched: Watched): void {
    const now = this.#deps.scheduler.now();
    const known = this.#keys.find(keyHash);
    const slot = known === noSlot ? this.#keys.add(keyHash, now) : known;
    this.#watched[slot] = watched;
    this.#wheel.arm(slot, now + Math.max(0, watched.dueAt - this.#deps.clock.wall()), now);
  }

  #forget(keyHash: string): void {
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
    const { record, timer, dueAt } = watched;
    // The wall clock may have been set back, or be a fraction behind: then it is not due yet.
    if (dueAt > this.#deps.clock.wall()) {
      this.#arm(record.keyHash, watched);
      return;
    }
    this.#forget(record.keyHash);
    this.#emit({ kind: 'timer', key: record.key, id: record.id, timer });
  }
}

/** What this record next waits for by itself. */
function earliest(record: AlertRecord): Watched | undefined {
  if (!isOpen(record)) return undefined;
  const candidates: readonly (readonly [TimerName, number | undefined])[] = [
    ['acknowledgement_over', record.state === 'acknowledged' ? record.acknowledged?.until : undefined],
    ['suppression_over', record.state === 'suppressed' ? record.suppressed?.until : undefined],
    ['repeat', repeatDueAt(record)],
    ['expire', record.expiresAt],
  ];
  let first: Watched | undefined;
  for (const [timer, dueAt] of candidates) {
    if (dueAt !== undefined && (first === undefined || dueAt < first.dueAt)) first = { record, timer, dueAt };
  }
  return first;
}
