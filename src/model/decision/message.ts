import type { AlertContent } from '../alert.js';
import { ruleMessage } from '../rule.js';
import type { Severity } from '../severity.js';
import { type Rendered, renderTemplate } from '../template.js';
import type { FiringInput } from './input.js';

/** What the alert of a rule says at this severity. */
export function textsOf(input: FiringInput, severity: Severity): Pick<AlertContent, 'title' | 'message'> {
  const rendered = render(input, severity);
  if (rendered !== undefined) return { title: rendered.title, message: rendered.body };
  return { title: input.rule.name, message: messageOf(input, severity) };
}

/** Variables of the rule's template that neither the rule nor the series gives. */
export function missingVariables(input: FiringInput): readonly string[] {
  return render(input, input.severity)?.missing ?? [];
}

/** The labels of the series come first, then those of the rule, then what there always is. */
function render(input: FiringInput, severity: Severity): Rendered | undefined {
  const { rule, series, condition, value } = input;
  if (rule.template === undefined) return undefined;
  const { id, name, category, labels } = rule;
  const facts = { rule: id, name, metric: series.name, source: series.source, condition, value, severity, category };
  // The names under which the built-in risk_breach knows the same.
  const aliases = { title: name, risk_type: series.name, current_value: value, limit_value: condition };
  const { unit } = series;
  return renderTemplate(rule.template, { ...series.labels, ...labels, ...aliases, unit: unit ?? '', ...facts });
}

function messageOf(input: FiringInput, severity: Severity): string {
  const { rule, series, condition, value, message } = input;
  if (message !== undefined || value === undefined) return message ?? `${rule.name}: ${series.name} ${condition}`;
  return ruleMessage({ name: rule.name, metric: series.name, condition, value, severity });
}
