import type { Admission, AlertRecord } from '../alert.js';
import { isMuted, type Muting } from '../muting.js';
import { maxSeverity, severityRank } from '../severity.js';
import type { Decision, DecisionContext, Reservation } from './decision.js';
import { isUnattended } from './go-on.js';
import type { CountInput, RaiseInput } from './input.js';
import { firstLadder } from './ladder.js';
import { applied, step } from './next.js';
import { resolve } from './resolve.js';
import { graver, lessGrave, mutedAnswer, raisedBySteps } from './severity-change.js';

/** An outside alert under a key that is open: counted, and notified again when admission lets it through. */
export function reRaise(record: AlertRecord, input: RaiseInput, context: DecisionContext): Decision {
  const { raise } = input;
  if (raise.status === 'resolved') {
    return resolve(record, context, { reason: 'resolved_outside', ...viaOf(input), by: input.by ?? raise.source });
  }
  const changes = counted(record, input, context);
  const severity = maxSeverity(raise.severity, raisedBySteps(record));
  const rise = severityRank(severity) - severityRank(record.severity);
  if (rise !== 0) {
    const change = { severity, changes, ...extraOf(input) };
    return rise > 0 ? graver(record, change, context) : lessGrave(record, change, context);
  }
  const muting = isMuted(record) ? record : context.mutes(applied(record, changes));
  return isMuted(muting) || !isUnattended(record)
    ? known(record, muting, input, context)
    : again(record, input, context);
}

/** Copies that were folded together while they only added to the count. */
export function addCopies(record: AlertRecord, input: CountInput, context: DecisionContext): Decision {
  return step(record, context, {
    type: 'duplicate',
    reason: 'copies',
    changes: { ...input.says, count: record.count + input.copies },
    answer: { id: record.id, status: 'suppressed', reason: 'duplicate' },
  });
}

/** It is muted, or somebody takes care already, or nobody wants to hear: it takes no rate. */
function known(record: AlertRecord, muting: Muting, input: RaiseInput, context: DecisionContext): Decision {
  return step(record, context, {
    type: 'updated',
    reason: 'raised_again',
    changes: counted(record, input, context),
    ...extraOf(input),
    answer: mutedAnswer(record, muting),
  });
}

function again(record: AlertRecord, input: RaiseInput, context: DecisionContext): Decision {
  const changes = counted(record, input, context);
  const dedupeKey = context.dedupeKey(applied(record, changes));
  const rateKey = context.rateKey(record);
  const reserve: Reservation = { rateKey, ...(dedupeKey === undefined ? {} : { dedupeKey }) };
  const asked = context.ask(reserve);
  if (asked.verdict !== 'admitted') {
    const { verdict } = asked;
    const status = verdict === 'duplicate' ? 'suppressed' : 'rate_limited';
    return step(record, context, {
      ...{ type: verdict, reason: verdict, changes },
      answer: { id: record.id, status, reason: verdict },
    });
  }
  const admission: Admission = { ...asked, ...reserve, at: context.now };
  return step(record, context, {
    type: 'updated',
    reason: 'raised_again',
    changes: { ...changes, admission, ...firstLadder(record, context.now) },
    notify: record.channels,
    reserve,
    ...extraOf(input),
    answer: { id: record.id, status: 'pending' },
  });
}

/** The newest copy says what is so. */
function counted(record: AlertRecord, { raise }: RaiseInput, { now }: DecisionContext): Partial<AlertRecord> {
  const { title, message, data, labels, tags, source, resolveAfterMs } = raise;
  const content = { title, message, data, labels, tags, ...(source === '' ? {} : { source }) };
  return { ...content, count: record.count + 1, resolveAfterMs, expiresAt: now + resolveAfterMs };
}

function viaOf({ via }: RaiseInput) {
  return via === undefined ? {} : { via };
}

function extraOf(input: RaiseInput) {
  const { marks, by, via } = input;
  if (marks === undefined && by === undefined && via === undefined) return {};
  const asked = { ...(by === undefined ? {} : { by }), ...viaOf(input) };
  return { extra: { ...(marks === undefined ? {} : { marks }), ...asked } };
}
