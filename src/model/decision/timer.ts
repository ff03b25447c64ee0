import type { AlertRecord } from '../alert.js';
import { levelAt } from '../escalation.js';
import { isMuted } from '../muting.js';
import { mergeOverrides } from '../override.js';
import { ruleMessage } from '../rule.js';
import { maxSeverity, type Severity, severityRank } from '../severity.js';
import { nextState } from '../transitions.js';
import { goOn } from './command.js';
import { type Decision, type DecisionContext, keep } from './decision.js';
import { isQuiet, isUnattended } from './go-on.js';
import type { TimerInput } from './input.js';
import { climb, firstLadder } from './ladder.js';
import { step, union } from './next.js';
import { resolve } from './resolve.js';

/** Something that was armed is due. What the record no longer waits for is left alone: timers may come late or twice. */
export function onTimer(record: AlertRecord, input: TimerInput, context: DecisionContext): Decision {
  if (record.id !== input.id || record.state === 'resolved') return keep('stale');
  switch (input.timer) {
    case 'escalate':
      return escalate(record, input, context);
    case 'acknowledgement_over':
      return record.state === 'acknowledged' && isOver(record.acknowledged?.until, input, context)
        ? goOn(record, context, { type: 'unacknowledged', reason: 'acknowledgement_over' })
        : keep('stale');
    case 'suppression_over':
      return record.state === 'suppressed' && isOver(record.suppressed?.until, input, context)
        ? goOn(record, context, { type: 'unsuppressed', reason: 'suppression_over' })
        : keep('stale');
    case 'repeat':
      return repeat(record, input, context);
    case 'rate_room':
      return notifyLate(record, context);
    case 'expire':
      return isOver(record.expiresAt, input, context)
        ? resolve(record, context, { reason: 'expired', by: 'tocsin', notify: false })
        : keep('stale');
  }
}

function escalate(record: AlertRecord, input: TimerInput, context: DecisionContext): Decision {
  const { chain, escalation } = record;
  const level = escalation.level + 1;
  if (chain === undefined || escalation.nextAt === undefined || input.level !== level) return keep('stale');
  if (nextState(record.state, 'escalate') === undefined) return keep('stale');
  // Its ladder stands still as soon as the record says so.
  if (isQuiet(record, context)) return keep('muted');
  const rung = levelAt(chain, level);
  if (rung === undefined) return keep('stale');
  const severity = maxSeverity(record.severity, rung.severity ?? 'low');
  const routed = routedAt(record, severity, context);
  return step(record, context, {
    type: 'escalated',
    reason: 'not_acknowledged',
    changes: {
      state: 'escalated',
      severity,
      channels: routed.channels,
      ...mergeOverrides(rung.overrides, routed.overrides),
      escalation: climb(chain, escalation, context.now),
      ...messageAt(record, severity),
    },
    notify: rung.channels ?? routed.channels,
    answer: { id: record.id, status: 'escalated' },
  });
}

/** The message of a rule alert names its severity, unless a template made it. */
function messageAt(record: AlertRecord, severity: Severity): Partial<AlertRecord> {
  const { title: name, metric, condition, value, template } = record;
  if (template !== undefined || metric === undefined || condition === undefined || value === undefined) return {};
  return { message: ruleMessage({ name, metric, condition, value, severity }) };
}

/** A rise of severity is routed again; nothing is taken away. */
function routedAt(
  record: AlertRecord,
  severity: Severity,
  context: DecisionContext,
): Pick<AlertRecord, 'channels' | 'overrides'> {
  const rises = severityRank(severity) > severityRank(record.severity);
  if (!rises || record.ownChannels) return record;
  const { channels, overrides } = context.route({ ...record, severity });
  return { channels: union(record.channels, channels), ...mergeOverrides(record.overrides, overrides) };
}

function repeat(record: AlertRecord, input: TimerInput, context: DecisionContext): Decision {
  if (!isOver(repeatDueAt(record), input, context)) return keep('stale');
  if (isQuiet(record, context)) return keep('muted');
  const reserve = { rateKey: context.rateKey(record) };
  const asked = context.ask(reserve);
  const admitted = asked.verdict === 'admitted';
  return step(record, context, {
    type: admitted ? 'repeated' : 'rate_limited',
    reason: admitted ? 'repeat' : 'rate_limited',
    // A refused repeat waits for its next turn instead of asking in a loop.
    changes: { lastNotifiedAt: context.now },
    ...(admitted ? { notify: record.channels, reserve } : {}),
    answer: { id: record.id, status: record.state },
  });
}

/** A grave alert of a rule that was held back is notified when its rate key has room, and its ladder starts then. */
function notifyLate(record: AlertRecord, context: DecisionContext): Decision {
  if (!waitsForRoom(record)) return keep('stale');
  if (isQuiet(record, context)) return keep('muted');
  const reserve = { rateKey: context.rateKey(record) };
  const asked = context.ask(reserve);
  if (asked.verdict !== 'admitted') return keep('rate_limited');
  return step(record, context, {
    type: 'repeated',
    reason: 'rate_room',
    changes: { admission: { ...asked, ...reserve, at: context.now }, ...firstLadder(record, context.now) },
    notify: record.channels,
    reserve,
    answer: { id: record.id, status: record.state },
  });
}

/** Whether the alert was held back when it was last asked for, and is grave enough to be told of later by itself. */
export function waitsForRoom(record: AlertRecord): boolean {
  const { origin, severity, admission, lastNotifiedAt = Number.NEGATIVE_INFINITY } = record;
  if (origin !== 'rule' || admission.verdict !== 'rate_limited' || isMuted(record)) return false;
  // A rise of its severity is told without asking: then it is known.
  if (lastNotifiedAt >= admission.at) return false;
  return isUnattended(record) && severityRank(severity) >= severityRank('high');
}

/** When the alert is notified again by itself; `undefined` while it is muted or was never notified. */
export function repeatDueAt(record: AlertRecord): number | undefined {
  const { repeatMs, lastNotifiedAt } = record;
  if (repeatMs === undefined || lastNotifiedAt === undefined) return undefined;
  return isUnattended(record) && !isMuted(record) ? lastNotifiedAt + repeatMs : undefined;
}

/** A timer runs on the monotonic clock: the deadline that it was armed for is over even if the wall clock was set back. */
function isOver(until: number | undefined, { dueAt }: TimerInput, { now }: DecisionContext): boolean {
  return until !== undefined && (until <= now || until === dueAt);
}
