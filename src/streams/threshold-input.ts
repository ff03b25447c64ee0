import { ruleAlertKey } from '../model/alert.js';
import type { ClearedInput, FiringInput } from '../model/decision/index.js';
import { formatDuration } from '../model/duration.js';
import type { Marks } from '../model/event.js';
import { type ConditionRule, formatComparison, levelsOf } from '../model/rule.js';
import type { Sample } from '../model/sample.js';
import type { Series } from '../model/series.js';
import { isSeverity, type Severity } from '../model/severity.js';
import type { ThresholdTransition } from '../operators/threshold.js';

const defaultStaleMs = 300_000;

/** What a transition of a rule means for the alert of that rule and series. */
export function thresholdInput(
  transition: ThresholdTransition<Sample, Series, ConditionRule>,
  now: number,
  /** How long ago data could not be heard last. */
  sinceGapMs = Number.POSITIVE_INFINITY,
): FiringInput | ClearedInput {
  const { key: series, value, item } = transition;
  const marks = marksOf(item, now);
  if (transition.kind === 'resolved') {
    const key = ruleAlertKey(transition.ruleId, series.key);
    return { kind: 'cleared', key, value, reason: transition.reason, marks };
  }
  const { rule, level } = transition;
  const partial = sinceGapMs < (rule.window?.overMs ?? 0) ? { partial: true as const } : {};
  const at = { key: ruleAlertKey(rule.id, series.key), rule, series, value, marks, ...partial };
  if (transition.kind === 'changed') {
    return { kind: 'firing', ...at, ...heldLevel(rule, level), from: severityOf(rule, transition.from) };
  }
  if (transition.reason !== 'no_data') return { kind: 'firing', ...at, ...heldLevel(rule, level) };
  const condition = `no data for ${formatDuration(rule.staleAfterMs ?? defaultStaleMs)}`;
  return { kind: 'firing', ...at, severity: rule.severity, condition, reason: 'no_data' };
}

function heldLevel(
  rule: ConditionRule,
  level: string | undefined,
): Pick<FiringInput, 'severity' | 'condition' | 'level'> {
  const levels = levelsOf(rule);
  const held = levels.find(({ name }) => name === level) ?? levels[0]!;
  const condition = formatComparison(held.when);
  return { severity: held.name, condition, ...(rule.levels === undefined ? {} : { level: held.name }) };
}

function severityOf(rule: ConditionRule, level: string | undefined): Severity {
  return isSeverity(level) ? level : rule.severity;
}

/** A transition that a timer caused has no sample to measure from. */
function marksOf(item: Sample | undefined, now: number): Marks {
  if (item === undefined) return { evaluated: now };
  const published = item.time < item.received ? { published: item.time } : {};
  return { ...published, received: item.received, evaluated: now };
}
