import type { Admission, AlertRecord } from '../alert.js';
import { severityRank } from '../severity.js';
import type { Decision, DecisionContext, Reservation } from './decision.js';
import type { CountInput, RaiseInput } from './input.js';
import { startLadder } from './ladder.js';
import { step, union } from './next.js';
import { resolve } from './resolve.js';

/** An outside alert under a key that is open: counted, and notified again when admission lets it through. */
export function reRaise(record: AlertRecord, input: RaiseInput, context: DecisionContext): Decision {
  const { raise } = input;
  if (raise.status === 'resolved') {
    return resolve(record, context, { reason: 'resolved_outside', by: input.by ?? raise.source });
  }
  if (severityRank(raise.severity) > severityRank(record.severity)) return riseOfSeverity(record, input, context);
  const dedupeKey = context.dedupeKey({ ...record, ...raise });
  const reserve: Reservation = {
    rateKey: context.rateKey(record),
    ...(dedupeKey === undefined ? {} : { dedupeKey }),
  };
  const asked = context.ask(reserve);
  if (asked.verdict !== 'admitted') {
    const status = asked.verdict === 'duplicate' ? 'suppressed' : 'rate_limited';
    return step(record, context, {
      type: asked.verdict,
      reason: asked.verdict,
      changes: counted(record, input, context),
      answer: { id: record.id, status, reason: asked.verdict },
    });
  }
  const admission: Admission = { ...asked, ...reserve, at: context.now };
  const muted = record.state === 'acknowledged' || record.state === 'suppressed';
  return step(record, context, {
    type: 'updated',
    reason: 'raised_again',
    changes: { ...counted(record, input, context), admission, ...firstLadder(record, context) },
    ...(muted ? {} : { notify: record.channels, reserve }),
    ...extraOf(input),
    answer: { id: record.id, status: 'pending' },
  });
}

/** A graver copy passes without asking: what became worse is news. */
function riseOfSeverity(record: AlertRecord, input: RaiseInput, context: DecisionContext): Decision {
  const raised = { ...record, severity: input.raise.severity };
  const routed = context.route(raised);
  const channels = union(record.channels, routed.channels);
  const muted = record.state === 'acknowledged' || record.state === 'suppressed';
  const found = record.chain ?? (routed.escalation === undefined ? undefined : context.chain(routed.escalation));
  return step(record, context, {
    type: 'updated',
    reason: 'severity_up',
    changes: {
      ...counted(record, input, context),
      severity: input.raise.severity,
      channels,
      ...(found === undefined ? {} : { chain: found }),
      ...(muted ? {} : firstLadder({ ...record, ...(found === undefined ? {} : { chain: found }) }, context)),
    },
    ...(muted ? {} : { notify: channels }),
    ...extraOf(input),
    answer: { id: record.id, status: 'pending' },
  });
}

/** Copies that were folded together while they only added to the count. */
export function addCopies(record: AlertRecord, input: CountInput, context: DecisionContext): Decision {
  return step(record, context, {
    type: 'duplicate',
    reason: 'copies',
    changes: { count: record.count + input.copies, ...stillRaised(record, context) },
    answer: { id: record.id, status: 'suppressed', reason: 'duplicate' },
  });
}

function stillRaised({ resolveAfterMs, expiresAt }: AlertRecord, { now }: DecisionContext): Partial<AlertRecord> {
  return resolveAfterMs === undefined || expiresAt === undefined ? {} : { expiresAt: now + resolveAfterMs };
}

function counted(record: AlertRecord, { raise }: RaiseInput, { now }: DecisionContext): Partial<AlertRecord> {
  return {
    count: record.count + 1,
    message: raise.message,
    data: raise.data,
    labels: raise.labels,
    resolveAfterMs: raise.resolveAfterMs,
    expiresAt: now + raise.resolveAfterMs,
  };
}

/** The ladder starts with the first notification, which for a limited alert comes later than its opening. */
function firstLadder(record: AlertRecord, { now }: DecisionContext): Partial<AlertRecord> {
  const started = record.escalation.level > 0 || record.escalation.nextAt !== undefined;
  return started || record.chain === undefined ? {} : { escalation: startLadder(record.chain, now) };
}

function extraOf(input: RaiseInput) {
  if (input.marks === undefined && input.by === undefined) return {};
  return {
    extra: {
      ...(input.marks === undefined ? {} : { marks: input.marks }),
      ...(input.by === undefined ? {} : { by: input.by }),
    },
  };
}
