import { type Comparison, formatComparison, type Rule } from './rule.js';

/** A rule as the dashboard draws it. */
export interface RuleView {
  readonly id: string;
  readonly name: string;
  readonly metric: string;
  readonly match: Readonly<Record<string, string>>;
  readonly when: string;
  readonly clear?: string;
  /** Numbers to draw as lines. */
  readonly thresholds: readonly number[];
  readonly clearThresholds: readonly number[];
  readonly severity: string;
  readonly enabled: boolean;
}

/** What a chart needs of a rule. */
export function ruleView(rule: Rule): RuleView {
  const { id, name, metric, match, severity, enabled } = rule;
  return {
    id,
    name,
    metric,
    match,
    when: formatComparison(rule.when),
    ...(rule.clear === undefined ? {} : { clear: formatComparison(rule.clear) }),
    thresholds: lines(rule.when),
    clearThresholds: rule.clear === undefined ? [] : lines(rule.clear),
    severity,
    enabled,
  };
}

function lines(comparison: Comparison): readonly number[] {
  return 'value' in comparison ? [comparison.value] : [comparison.low, comparison.high];
}
