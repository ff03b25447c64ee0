import type { AlertRecord } from '../alert.js';
import { levelAt } from '../escalation.js';
import { isMuted, type Muting, mutingReason } from '../muting.js';
import { mergeOverrides } from '../override.js';
import { maxSeverity, type Severity, severityRank } from '../severity.js';
import { type Decision, type DecisionContext, keep } from './decision.js';
import { isUnattended } from './go-on.js';
import type { FiringInput, LifecycleAnswer } from './input.js';
import { firstLadder, pauseLadder, resumeLadder } from './ladder.js';
import { textsOf } from './message.js';
import { applied, type Step, step, union } from './next.js';

/** A new severity of an open alert, and what else changes with it. */
export interface SeverityChange {
  readonly severity: Severity;
  readonly changes: Step['changes'];
  readonly extra?: Step['extra'];
}

/** A rule that fires already goes on, maybe at another of its levels. The ladder's rungs keep a severity up. */
export function fireOn(record: AlertRecord, input: FiringInput, context: DecisionContext): Decision {
  const severity = maxSeverity(input.severity, raisedBySteps(record));
  const rise = severityRank(severity) - severityRank(record.severity);
  if (rise === 0) return keep('already_open', { id: record.id });
  const change: SeverityChange = {
    severity,
    changes: levelOf(input, severity),
    ...(input.marks === undefined ? {} : { extra: { marks: input.marks } }),
  };
  return rise > 0 ? graver(record, change, context) : lessGrave(record, change, context);
}

/**
 * What became worse is news: it passes without asking, acknowledged or not, and is routed again. What mutes it is looked
 * at as it is now: a silence of `severity = high` says nothing about what is critical.
 */
export function graver(record: AlertRecord, change: SeverityChange, context: DecisionContext): Decision {
  const { severity } = change;
  const routed = context.route({ ...record, severity });
  const channels = record.ownChannels ? record.channels : union(record.channels, routed.channels);
  const chain = record.chain ?? (routed.escalation === undefined ? undefined : context.chain(routed.escalation));
  const told = { ...record, ...(chain === undefined ? {} : { chain }) };
  const muting = context.mutes(applied(record, { ...change.changes, severity }));
  const muted = record.state === 'suppressed' || isMuted(muting);
  return step(record, context, {
    type: 'updated',
    reason: 'severity_up',
    changes: {
      ...change.changes,
      severity,
      channels,
      ...(record.ownChannels ? {} : { routes: routed.routes, ...mergeOverrides(record.overrides, routed.overrides) }),
      ...(chain === undefined ? {} : { chain }),
      silencedBy: muting.silencedBy,
      inhibitedBy: muting.inhibitedBy,
      ...ladderOf(told, muting, context),
    },
    ...(muted ? {} : { notify: channels }),
    ...(change.extra === undefined ? {} : { extra: change.extra }),
    answer: muted ? mutedAnswer(record, muting) : { id: record.id, status: 'pending' },
  });
}

/** What became better is recorded and disturbs nobody. */
export function lessGrave(record: AlertRecord, change: SeverityChange, context: DecisionContext): Decision {
  return step(record, context, {
    type: 'updated',
    reason: 'severity_down',
    changes: { ...change.changes, severity: change.severity },
    ...(change.extra === undefined ? {} : { extra: change.extra }),
    answer: { id: record.id, status: 'suppressed', reason: 'severity_down' },
  });
}

/** Stands still while something mutes it; else it goes on, or starts with this notification. */
function ladderOf(record: AlertRecord, muting: Muting, context: DecisionContext): Partial<AlertRecord> {
  const { now } = context;
  if (isMuted(muting)) return { escalation: pauseLadder(record, context) };
  // Told while somebody takes care, it starts, and stands still until that ends.
  if (!isUnattended(record)) return { escalation: pauseLadder({ ...record, ...firstLadder(record, now) }, context) };
  return { escalation: resumeLadder(record.escalation, now), ...firstLadder(record, now) };
}

/** Why nobody was told: a silence, another alert, or what a person said. */
export function mutedAnswer({ id, state }: AlertRecord, muting: Muting): LifecycleAnswer {
  return { id, status: 'suppressed', reason: isMuted(muting) ? mutingReason(muting) : state };
}

function levelOf(input: FiringInput, severity: Severity): Step['changes'] {
  const { value, condition, level } = input;
  return { value, condition, ...textsOf(input, severity), level, missing: undefined };
}

/** The gravest severity that a rung taken so far asks for. */
export function raisedBySteps({ chain, escalation }: AlertRecord): Severity {
  let severity: Severity = 'low';
  if (chain === undefined) return severity;
  for (let level = 1; level <= Math.min(escalation.level, chain.levels.length); level += 1) {
    severity = maxSeverity(severity, levelAt(chain, level)?.severity ?? 'low');
  }
  return severity;
}
