import type { AlertRecord } from '../alert.js';
import { isMuted } from '../muting.js';
import type { DecisionContext, Reservation } from './decision.js';
import { firstLadder, resumeLadder } from './ladder.js';
import type { Step } from './next.js';

/** Whether a silence or another alert keeps this one quiet, by its record or by what is so now. */
export function isQuiet(record: AlertRecord, context: DecisionContext): boolean {
  return isMuted(record) || isMuted(context.mutes(record));
}

/** Whether nobody takes care of it, and nobody said that he does not want to hear of it. */
export function isUnattended({ state }: AlertRecord): boolean {
  return state === 'active' || state === 'escalated';
}

export type Telling = Pick<Step, 'changes' | 'notify' | 'reserve'>;

/** Nothing keeps an alert quiet any more: one notification if there is room, and the ladder goes on with the time that was left. */
export function tellAgain(record: AlertRecord, context: DecisionContext): Telling {
  const { now } = context;
  const reserve = placeFor(record, context);
  const asked = context.ask({ rateKey: reserve.rateKey });
  const escalation = resumeLadder(record.escalation, now);
  // Without room it waits as every limited alert does.
  if (asked.verdict !== 'admitted') {
    return { changes: { escalation, admission: { ...asked, rateKey: reserve.rateKey, at: now } } };
  }
  const admission = { ...asked, ...reserve, at: now };
  return { changes: { escalation, admission, ...firstLadder(record, now) }, notify: record.channels, reserve };
}

/** Nobody is told. The record says what keeps it quiet, so that the end of that is noticed whenever it comes. */
export function stayQuiet(record: AlertRecord, context: DecisionContext): Telling {
  return { changes: isMuted(record) ? {} : context.mutes(record) };
}

/**
 * That it is still so is news, copy or not: only the rate is asked. But told now, an alert from outside is the first of
 * its content for those that come after it, unless it was before.
 */
function placeFor(record: AlertRecord, context: DecisionContext): Reservation {
  const rateKey = context.rateKey(record);
  const dedupeKey = record.origin === 'outside' ? context.dedupeKey(record) : undefined;
  if (dedupeKey === undefined) return { rateKey };
  return context.ask({ rateKey, dedupeKey }).verdict === 'duplicate' ? { rateKey } : { rateKey, dedupeKey };
}
