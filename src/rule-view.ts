import type { RuleView } from './gateway/ports.js';
import { type Comparison, formatComparison, type Rule } from './model/rule.js';

/** A rule as a chart draws it. */
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
