import type { ChannelOverrides } from './override.js';
import type { Labels } from './series.js';
import type { Severity } from './severity.js';
import type { Template } from './template.js';

export const comparisonOperators = ['>', '>=', '<', '<=', '==', '!=', 'between', 'outside'] as const;
export type ComparisonOperator = (typeof comparisonOperators)[number];

/** `> 80`, or `between [a, b]` (inclusive) with both numbers. */
export type Comparison =
  | { readonly op: Exclude<ComparisonOperator, 'between' | 'outside'>; readonly value: number }
  | { readonly op: 'between' | 'outside'; readonly low: number; readonly high: number };

export const windowFunctions = [
  'avg',
  'min',
  'max',
  'sum',
  'count',
  'rate',
  'delta',
  'stddev',
  'p50',
  'p90',
  'p95',
  'p99',
] as const;

export const noDataPolicies = ['keep', 'resolve', 'alert'] as const;

/** A rule as the engine runs it. Durations are milliseconds. */
export type Rule = ConditionRule | AbsenceRule;

/** A rule on values. */
export type ConditionRule = SingleRule | LevelledRule;

/** A rule of one severity. */
export interface SingleRule extends RuleBase {
  readonly when: Comparison;
  /** Hysteresis: absent means "when no longer holds". */
  readonly clear?: Comparison;
  readonly levels?: undefined;
}

/** A rule whose severity rises and falls with the value. */
export interface LevelledRule extends RuleBase {
  /** Least grave first. */
  readonly levels: readonly RuleLevel[];
  readonly when?: undefined;
  readonly clear?: undefined;
}

/** A rule that waits for sources: any sample of the metric is a sign of life of its source. */
export interface AbsenceRule extends RuleBase {
  /** A source that was silent for so long is absent. */
  readonly absentMs: number;
  /** Sources that must be there even if they were never seen. */
  readonly expect: readonly string[];
  readonly when?: undefined;
  readonly clear?: undefined;
  readonly levels?: undefined;
}

export function isAbsenceRule(rule: Rule): rule is AbsenceRule {
  return 'absentMs' in rule;
}

export function isConditionRule(rule: Rule): rule is ConditionRule {
  return !isAbsenceRule(rule);
}

export interface RuleLevel {
  readonly name: Severity;
  readonly when: Comparison;
  readonly clear?: Comparison;
}

/** A template under its name. */
export interface RuleTemplate extends Template {
  readonly name: string;
}

interface RuleBase {
  readonly id: string;
  readonly name: string;
  /** Exact metric name, or with `*` wildcards. */
  readonly metric: string;
  /** Exact values or `*` wildcards; the key `source` matches the source. */
  readonly match: Labels;
  /** Compares an aggregate of the last values instead of each. */
  readonly window?: { readonly fn: (typeof windowFunctions)[number]; readonly overMs: number };
  /** So many of the last samples must meet it. */
  readonly nOf?: readonly [n: number, m: number];
  /** Damping of what goes to and fro: `window` samples, and shares of changes. */
  readonly flap?: { readonly window?: number; readonly high?: number; readonly low?: number };
  /** The last value stands for those that do not come for so long. */
  readonly staleAfterMs?: number;
  readonly noData?: (typeof noDataPolicies)[number];
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly cooldownMs: number;
  readonly repeatMs?: number;
  /** Of a rule with levels: when there is no data. */
  readonly severity: Severity;
  readonly category: string;
  /** Absent: routes decide. */
  readonly channels?: readonly string[];
  readonly overrides?: ChannelOverrides;
  /** Id of an escalation. */
  readonly escalation?: string;
  /** Makes title and message instead of the usual ones. */
  readonly template?: RuleTemplate;
  readonly labels: Labels;
  readonly tags: readonly string[];
  readonly enabled: boolean;
}

const comparisonPattern = /^(>=|<=|==|!=|>|<)\s*(\S+)$/;
const rangePattern = /^(between|outside)\s*\[\s*([^,\s]+)\s*,\s*([^,\s]+)\s*\]$/;

/** Reads `> 80` or `between [20, 30]`; `undefined` when the text is neither. */
export function parseComparison(text: string): Comparison | undefined {
  const trimmed = text.trim();
  const simple = comparisonPattern.exec(trimmed);
  if (simple) {
    const value = toFinite(simple[2]!);
    return value === undefined ? undefined : { op: simple[1] as '>', value };
  }
  const range = rangePattern.exec(trimmed);
  if (!range) return undefined;
  const low = toFinite(range[2]!);
  const high = toFinite(range[3]!);
  if (low === undefined || high === undefined || low > high) return undefined;
  return { op: range[1] as 'between', low, high };
}

/** `> 80`, or `between [20, 30]`. */
export function formatComparison(comparison: Comparison): string {
  const threshold = 'value' in comparison ? comparison.value : `[${comparison.low}, ${comparison.high}]`;
  return `${comparison.op} ${threshold}`;
}

/** Every condition that fires the rule, with the severity that it fires at; least grave first. */
export function levelsOf(rule: ConditionRule): readonly RuleLevel[] {
  if (rule.levels !== undefined) return rule.levels;
  const { severity: name, when, clear } = rule;
  return [{ name, when, ...(clear === undefined ? {} : { clear }) }];
}

/** What the message of a rule alert is made of. */
export interface RuleMessageParts {
  readonly name: string;
  readonly metric: string;
  /** As {@link formatComparison} writes it. */
  readonly condition: string;
  readonly value: number;
  readonly severity: Severity;
}

/** The message of a rule alert. */
export function ruleMessage({ name, metric, condition, value, severity }: RuleMessageParts): string {
  return `${name}: ${metric} ${condition} (current: ${value}, severity: ${severity})`;
}

function toFinite(text: string): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
