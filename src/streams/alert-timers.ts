import { type AlertRecord, isOpen } from '../model/alert.js';
import { repeatDueAt, type TimerName } from '../model/decision/index.js';
import { levelAt } from '../model/escalation.js';

/** Something that an alert waits for. */
export interface AlertTimer {
  readonly timer: TimerName;
  /** Wall time, epoch milliseconds. */
  readonly dueAt: number;
  /** How long it takes as a whole. */
  readonly lengthMs: number;
}

/** The next rung of the ladder. */
export function rungTimer({ chain, escalation: { level, nextAt } }: AlertRecord): AlertTimer | undefined {
  if (chain === undefined || nextAt === undefined) return undefined;
  const lengthMs = levelAt(chain, level + 1)?.afterMs ?? Number.POSITIVE_INFINITY;
  return { timer: 'escalate', dueAt: nextAt, lengthMs };
}

/** What is due first besides the ladder: the end of an acknowledgement or a mute, a repeat, an expiry. */
export function deadlineTimer(record: AlertRecord): AlertTimer | undefined {
  if (!isOpen(record)) return undefined;
  const { state, acknowledged, suppressed, repeatMs, expiresAt, resolveAfterMs, updatedAt } = record;
  const mark = state === 'acknowledged' ? acknowledged : state === 'suppressed' ? suppressed : undefined;
  const markOver = state === 'acknowledged' ? 'acknowledgement_over' : 'suppression_over';
  return earliest([
    timer(markOver, mark?.until, (mark?.until ?? 0) - (mark?.at ?? 0)),
    timer('repeat', repeatDueAt(record), repeatMs ?? 0),
    timer('expire', expiresAt, resolveAfterMs ?? (expiresAt ?? 0) - updatedAt),
  ]);
}

/** The earliest of all that an alert waits for. */
export function nextTimer(record: AlertRecord): AlertTimer | undefined {
  return earliest([rungTimer(record), deadlineTimer(record)]);
}

/**
 * How long to wait for it from now on. A wall clock that was set back between two runs must not add to it: no timer
 * takes longer than it takes as a whole.
 */
export function remainingMs({ dueAt, lengthMs }: AlertTimer, wall: number): number {
  return Math.min(Math.max(0, dueAt - wall), lengthMs);
}

function timer(name: TimerName, dueAt: number | undefined, lengthMs: number): AlertTimer | undefined {
  return dueAt === undefined ? undefined : { timer: name, dueAt, lengthMs };
}

function earliest(timers: readonly (AlertTimer | undefined)[]): AlertTimer | undefined {
  let first: AlertTimer | undefined;
  for (const each of timers)
    if (each !== undefined && !(first !== undefined && first.dueAt <= each.dueAt)) first = each;
  return first;
}
