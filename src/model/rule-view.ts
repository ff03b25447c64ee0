import { formatDuration } from './duration.js';
import { type Comparison, formatComparison, isAbsenceRule, levelsOf, type Rule } from './rule.js';

/** A rule as the dashboard draws it. */
export interface RuleView {
  readonly id: string;
  readonly name: string;
  readonly metric: string;
  readonly match: Readonly<Record<string, string>>;
  readonly when: string;
  readonly clear?: string;
  /** What is compared, if not each value: `avg over 1m`. */
  readonly window?: string;
  /** Numbers to draw as lines. */
  readonly thresholds: readonly number[];
  readonly clearThresholds: readonly number[];
  readonly severity: string;
  readonly enabled: boolean;
}

/** What a chart needs of a rule. */
export function ruleView(rule: Rule): RuleView {
  const { id, name, metric, match, severity, enabled, window } = rule;
  const levels = isAbsenceRule(rule) ? [] : levelsOf(rule);
  const clears = levels.flatMap(({ clear }) => clear ?? []);
  return {
    id,
    name,
    metric,
    match,
    when: isAbsenceRule(rule)
      ? `absent for ${formatDuration(rule.absentMs)}`
      : levels.map(({ when }) => formatComparison(when)).join(', '),
    ...(clears.length === 0 ? {} : { clear: clears.map(formatComparison).join(', ') }),
    ...(window === undefined ? {} : { window: `${window.fn} over ${formatDuration(window.overMs)}` }),
    thresholds: levels.flatMap(({ when }) => lines(when)),
    clearThresholds: clears.flatMap(lines),
    severity,
    enabled,
  };
}

function lines(comparison: Comparison): readonly number[] {
  return 'value' in comparison ? [comparison.value] : [comparison.low, comparison.high];
}
