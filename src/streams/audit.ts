import { concatMap, interval, Observable, type SchedulerLike } from 'rxjs';
import { type AlertRecord, isOpen } from '../model/alert.js';
import type { Logger } from '../model/logger.js';
import { deadlineTimer, rungTimer } from './alert-timers.js';
import type { ArmedTimers } from './armed-timers.js';

export interface AuditDeps {
  /** The alerts as they stand. */
  readonly records: () => Iterable<{ readonly record: AlertRecord }>;
  readonly rungs: ArmedTimers;
  readonly deadlines: ArmedTimers;
  /** While the log refuses, what is due waits elsewhere. */
  readonly logIsWell: () => boolean;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
  /** A timer was missing, and is armed again. */
  readonly onRearmed: (record: AlertRecord) => void;
}

const everyMs = 30_000;
/** Records in one turn of the loop; the rest follow in the next. */
const perTurn = 5_000;

/**
 * Looks from time to time for open alerts whose next timer is missing, and lets them pass again, so that it is armed.
 * Missing means at two looks in a row, without a transition in between: what is due may be on its way to the log.
 */
export function timerAudit(deps: AuditDeps): Observable<AlertRecord> {
  let suspects: ReadonlyMap<string, number> = new Map();
  const look = () =>
    sweep(deps, suspects, (found) => {
      suspects = found;
    });
  return interval(everyMs, deps.scheduler).pipe(concatMap(look));
}

function sweep(
  deps: AuditDeps,
  suspects: ReadonlyMap<string, number>,
  onEnd: (found: ReadonlyMap<string, number>) => void,
): Observable<AlertRecord> {
  return new Observable((subscriber) => {
    const found = new Map<string, number>();
    const records = deps.records()[Symbol.iterator]();
    const turn = () => {
      for (let looked = 0; looked < perTurn; looked++) {
        const next = records.next();
        if (next.done || !deps.logIsWell()) {
          onEnd(found);
          subscriber.complete();
          return;
        }
        const { record } = next.value;
        if (!isMissing(record, deps)) continue;
        if (suspects.get(record.id) === record.n) subscriber.next(rearm(record, deps));
        else found.set(record.id, record.n);
      }
      subscriber.add(deps.scheduler.schedule(turn, 0));
    };
    turn();
  });
}

function isMissing(record: AlertRecord, { rungs, deadlines }: AuditDeps): boolean {
  if (!isOpen(record)) return false;
  const rung = rungTimer(record);
  if (rung !== undefined && rungs.at(record, rung) === undefined) return true;
  const deadline = deadlineTimer(record);
  return deadline !== undefined && deadlines.at(record, deadline) === undefined;
}

function rearm(record: AlertRecord, { logger, onRearmed }: AuditDeps): AlertRecord {
  logger.error({ alert: record.id, key: record.key }, 'the next timer of an open alert was missing: it is armed again');
  onRearmed(record);
  return record;
}
