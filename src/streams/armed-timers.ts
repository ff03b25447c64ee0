import type { AlertRecord } from '../model/alert.js';
import type { AlertTimer } from './alert-timers.js';

interface Armed {
  readonly id: string;
  readonly timer: AlertTimer;
  /** Scheduler time. */
  readonly at: number;
}

/** Which timers of one kind are armed, one a key: a newer record with the same deadline leaves its timer alone. */
export class ArmedTimers {
  readonly #byKey = new Map<string, Armed>();

  /** Scheduler time for which this very timer is armed; `undefined` when it is not. */
  at({ keyHash, id }: Pick<AlertRecord, 'keyHash' | 'id'>, { timer, dueAt }: AlertTimer): number | undefined {
    const armed = this.#byKey.get(keyHash);
    const isThis = armed?.id === id && armed.timer.timer === timer && armed.timer.dueAt === dueAt;
    return isThis ? armed.at : undefined;
  }

  /** How long it has yet to wait at `now`; `undefined` when it is not armed. */
  leftMs(record: AlertRecord, timer: AlertTimer | undefined, now: number): number | undefined {
    const at = timer && this.at(record, timer);
    return at === undefined ? undefined : Math.max(0, at - now);
  }

  note({ keyHash, id }: Pick<AlertRecord, 'keyHash' | 'id'>, timer: AlertTimer, at: number): void {
    this.#byKey.set(keyHash, { id, timer, at });
  }

  forget(keyHash: string): void {
    this.#byKey.delete(keyHash);
  }
}
