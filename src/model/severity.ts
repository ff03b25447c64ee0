/** The one scale of gravity, least grave first. Inputs may call it *priority*; everything emitted says *severity*. */
export const severities = ['low', 'medium', 'high', 'critical'] as const;

export type Severity = (typeof severities)[number];

/** Position on the scale, 0 (`low`) to 3 (`critical`). */
export function severityRank(severity: Severity): number {
  return severities.indexOf(severity);
}

export function isSeverity(value: unknown): value is Severity {
  return typeof value === 'string' && (severities as readonly string[]).includes(value);
}

/** The graver of the two. */
export function maxSeverity(a: Severity, b: Severity): Severity {
  return severityRank(a) >= severityRank(b) ? a : b;
}

/** The gravest of which there are some; `low` when there is nothing. */
export function gravest(counts: Readonly<Record<Severity, number>>): Severity {
  return severities.findLast((severity) => counts[severity] > 0) ?? 'low';
}

/** Whether `to` is graver than `from`. */
export function isRise(from: Severity, to: Severity): boolean {
  return severityRank(to) > severityRank(from);
}
