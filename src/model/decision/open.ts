import type { Admission, AlertRecord } from '../alert.js';
import { alertId, alertIdTime } from '../alert.js';
import type { EscalationChain } from '../escalation.js';
import type { StoredEvent } from '../event.js';
import { isMuted, type Muting, mutingReason } from '../muting.js';
import { mergeOverrides } from '../override.js';
import type { Routed } from '../routing.js';
import type { Decision, DecisionContext, Reservation } from './decision.js';
import type { FiringInput, LifecycleAnswer, RaiseInput, SummaryInput } from './input.js';
import { startLadder } from './ladder.js';
import { textsOf } from './message.js';
import { firstStep } from './next.js';

/** What the opening of an alert is made of, before admission and routing. */
type Draft = Omit<AlertRecord, 'admission' | 'channels' | 'routes' | 'escalation' | 'chain'>;

/** The last record of a key, or what is remembered of it. */
export type Past = Pick<AlertRecord, 'id'>;

/** A rule fires for a series that has no open alert. A rule alert is unique by its key, so only the rate is asked. */
export function openFromRule(input: FiringInput, past: Past | undefined, context: DecisionContext): Decision {
  const { rule, series, value, severity, condition } = input;
  const draft: Draft = {
    ...identity(input.key, past, context),
    origin: 'rule',
    rule: rule.id,
    series: series.key,
    metric: series.name,
    condition,
    ...textsOf(input, severity),
    ...(rule.template === undefined ? {} : { template: rule.template.name }),
    severity,
    category: rule.category,
    source: series.source,
    labels: { ...series.labels, ...rule.labels },
    tags: rule.tags,
    data: input.partial ? { partial: true } : {},
    ...(value === undefined ? {} : { value }),
    ...(input.level === undefined ? {} : { level: input.level }),
    ...(input.reason === undefined ? {} : { missing: input.reason }),
    state: 'active',
    ...repeating(rule.repeatMs ?? context.repeatMs),
    ...(rule.cooldownMs > 0 ? { cooldownUntil: context.now + rule.cooldownMs } : {}),
    ...(rule.channels === undefined ? {} : { ownChannels: true as const }),
  };
  const routed = context.route(draft);
  const channels = rule.channels ?? routed.channels;
  const { overrides } = rule.channels === undefined ? routed : rule;
  const chain = findChain(rule.escalation ?? routed.escalation, context);
  const reserve: Reservation = { rateKey: context.rateKey(draft) };
  return opening(
    { ...draft, ...mergeOverrides(overrides, undefined) },
    { channels, routes: routed.routes, chain, reserve, reason: input.reason ?? 'rule_fired', extra: marksOf(input) },
    context,
  );
}

/** An outside alert or event under a key that is not open. */
export function openFromRaise(input: RaiseInput, past: Past | undefined, context: DecisionContext): Decision {
  const { raise } = input;
  const once = raise.status === 'event';
  const draft: Draft = {
    ...identity(input.key, past, context),
    origin: 'outside',
    title: raise.title,
    message: raise.message,
    severity: raise.severity,
    category: raise.category,
    source: raise.source,
    labels: raise.labels,
    tags: raise.tags,
    data: raise.data,
    state: once ? 'resolved' : 'active',
    ...(once
      ? { resolved: { by: 'event', at: context.now } }
      : {
          resolveAfterMs: raise.resolveAfterMs,
          expiresAt: context.now + raise.resolveAfterMs,
          ...repeating(context.repeatMs),
        }),
  };
  const routed: Routed = context.route(draft);
  const dedupeKey = context.dedupeKey(draft);
  const reserve: Reservation = { rateKey: context.rateKey(draft), ...(dedupeKey === undefined ? {} : { dedupeKey }) };
  const chain = once ? undefined : findChain(routed.escalation, context);
  const reason = once ? 'event' : 'raised';
  const asker = {
    ...(input.by === undefined ? {} : { by: input.by }),
    ...(input.via === undefined ? {} : { via: input.via }),
  };
  const extra = { ...marksOf(input), ...asker };
  const told = { ...draft, ...mergeOverrides(routed.overrides, undefined) };
  return opening(told, { channels: routed.channels, routes: routed.routes, chain, reserve, reason, extra }, context);
}

/** Tells once what a tripped rate key held back. It is outside admission, and its presence in the log says that it was sent. */
export function openSummary(input: SummaryInput, past: Past | undefined, context: DecisionContext): Decision {
  const total = Object.values(input.bySeverity).reduce((sum, count) => sum + count, 0);
  const counts = Object.entries(input.bySeverity).map(([severity, count]) => `${count} ${severity}`);
  const sources = input.topSources.flatMap(([source, count]) => (source === '' ? [] : [`${source} (${count})`]));
  const top = sources.length === 0 ? '' : ` Top sources: ${sources.join(', ')}.`;
  const draft: AlertRecord = {
    ...identity(input.key, past, context),
    origin: 'system',
    title: `${total === 1 ? '1 alert' : `${total} alerts`} of ${input.rateKey} ${total === 1 ? 'was' : 'were'} held back`,
    message: `Rate limit of ${input.rateKey}: held back ${counts.join(', ')}.${top}`,
    severity: 'medium',
    category: 'system',
    source: 'tocsin',
    labels: {},
    tags: [],
    data: { rateKey: input.rateKey, trippedAt: input.trippedAt, bySeverity: input.bySeverity },
    state: 'resolved',
    resolved: { by: 'event', at: context.now },
    admission: { verdict: 'admitted', at: context.now },
    channels: input.channels,
    escalation: { level: 0 },
  };
  const told = { type: 'opened', reason: 'rate_summary' } as const;
  const muting = context.mutes(draft);
  // It counts as sent all the same: what was held back then is not told later.
  if (isMuted(muting))
    return firstStep({ ...draft, ...muting }, context, { ...told, answer: quietAnswer(draft, muting) });
  return firstStep(draft, context, { ...told, notify: input.channels, answer: { id: draft.id, status: 'pending' } });
}

function identity(key: string, past: Past | undefined, { now, keyHash }: DecisionContext) {
  const openedAt = past === undefined ? now : Math.max(now, alertIdTime(past.id) + 1);
  return {
    v: 1,
    id: alertId(openedAt, keyHash),
    key,
    keyHash,
    n: 1,
    ...(past === undefined ? {} : { previous: past.id }),
    startedAt: now,
    updatedAt: now,
    notified: [],
    count: 1,
  } as const;
}

function repeating(repeatMs: number | undefined): Pick<AlertRecord, 'repeatMs'> {
  return repeatMs === undefined ? {} : { repeatMs };
}

interface OpeningPlan {
  readonly channels: readonly string[];
  readonly routes: readonly string[];
  readonly chain: EscalationChain | undefined;
  readonly reserve: Reservation;
  readonly reason: string;
  readonly extra: Pick<StoredEvent, 'by' | 'via' | 'marks'>;
}

/** Recorded and counted as open, but nobody is told and no room is taken: what mutes it comes before admission. */
function muted(draft: Draft, muting: Muting, plan: OpeningPlan, context: DecisionContext): Decision {
  const record: AlertRecord = {
    ...draft,
    ...muting,
    admission: { verdict: 'not_asked', at: context.now },
    ...targetsOf(draft, plan),
    escalation: { level: 0 },
  };
  const reason = mutingReason(muting);
  return firstStep(record, context, { type: 'opened', reason, extra: plan.extra, answer: quietAnswer(draft, muting) });
}

function quietAnswer({ id }: Past, muting: Muting): LifecycleAnswer {
  return { id, status: 'suppressed', reason: mutingReason(muting) };
}

function targetsOf(draft: Draft, { channels, routes, chain }: OpeningPlan) {
  return { channels, ...(draft.ownChannels ? {} : { routes }), ...(chain === undefined ? {} : { chain }) };
}

/**
 * Looks at what mutes it, then asks admission, and writes what they say into the opening: only an admitted one is notified
 * and starts its ladder.
 */
function opening(draft: Draft, plan: OpeningPlan, context: DecisionContext): Decision {
  const muting = context.mutes(draft);
  if (isMuted(muting)) return muted(draft, muting, plan, context);
  const asked = context.ask(plan.reserve);
  const admission: Admission = { ...asked, ...plan.reserve, at: context.now };
  const record: AlertRecord = {
    ...draft,
    admission,
    ...targetsOf(draft, plan),
    escalation: asked.verdict === 'admitted' ? startLadder(plan.chain, context.now) : { level: 0 },
  };
  const common = { type: 'opened', extra: plan.extra } as const;
  const { id } = record;
  switch (asked.verdict) {
    case 'admitted':
      return firstStep(record, context, {
        ...common,
        reason: plan.reason,
        notify: plan.channels,
        reserve: plan.reserve,
        answer: { id, status: 'pending' },
      });
    case 'rate_limited':
      return firstStep(record, context, { ...common, reason: 'rate_limited', answer: { id, status: 'rate_limited' } });
    case 'duplicate':
      return firstStep(closedAsDuplicate(record, context.now), context, {
        ...common,
        reason: 'duplicate',
        answer: { id, status: 'suppressed', reason: 'duplicate' },
      });
  }
}

/** A copy under a key that is not open is kept for the record, never sent and never open. */
function closedAsDuplicate({ expiresAt, ...record }: AlertRecord, now: number): AlertRecord {
  return { ...record, state: 'resolved', resolved: { by: 'duplicate', at: now } };
}

function findChain(id: string | undefined, context: DecisionContext): EscalationChain | undefined {
  return id === undefined ? undefined : context.chain(id);
}

function marksOf(input: FiringInput | RaiseInput): Pick<StoredEvent, 'marks'> {
  return input.marks === undefined ? {} : { marks: input.marks };
}
