import { ruleMessage } from '../rule.js';
import type { Severity } from '../severity.js';
import type { FiringInput } from './input.js';

/** What the alert of a rule says at this severity. */
export function messageOf(input: FiringInput, severity: Severity): string {
  const { rule, series, condition, value, message } = input;
  if (message !== undefined || value === undefined) return message ?? `${rule.name}: ${series.name} ${condition}`;
  return ruleMessage({ name: rule.name, metric: series.name, condition, value, severity });
}
