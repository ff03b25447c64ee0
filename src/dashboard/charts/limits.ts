import type { SeriesInfo } from '../../client/index.js';
import type { RuleView } from '../../model/rule-view.js';
import { matchesAll, matchesWildcard } from '../../model/wildcard.js';

export type { RuleView } from '../../model/rule-view.js';

/** A level to draw across a chart. */
export interface Limit {
  readonly value: number;
  readonly kind: 'fires' | 'clears';
  readonly severity: string;
}

/** The enabled rules that watch a metric, when at least one of its series is among what they match. */
export function rulesFor(rules: readonly RuleView[], name: string, series: readonly SeriesInfo[]): RuleView[] {
  return rules.filter(
    (rule) => rule.enabled && matchesWildcard(rule.metric, name) && series.some((info) => matches(rule, info)),
  );
}

export function limitsOf(rules: readonly RuleView[]): Limit[] {
  return rules.flatMap(({ thresholds, clearThresholds, severity }) => [
    ...thresholds.map((value) => ({ value, kind: 'fires' as const, severity })),
    ...clearThresholds.map((value) => ({ value, kind: 'clears' as const, severity })),
  ]);
}

function matches({ match }: RuleView, { source, labels }: SeriesInfo): boolean {
  const own = (name: string) => (Object.hasOwn(labels, name) ? labels[name] : undefined);
  return matchesAll(match, (name) => (name === 'source' ? source : own(name)));
}
