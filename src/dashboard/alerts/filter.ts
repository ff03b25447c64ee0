import type { AlertView } from '../../client/index.js';
import { severityRank } from '../../model/severity.js';

export interface AlertFilter {
  /** None chosen: all. */
  readonly states: readonly AlertView['state'][];
  readonly severities: readonly AlertView['severity'][];
  /** Words that must all occur; `key=value` finds labels. */
  readonly text: string;
}

export interface AlertLists {
  /** Gravest first, then the latest. */
  readonly open: readonly AlertView[];
  /** The latest first. */
  readonly resolved: readonly AlertView[];
}

export function listAlerts(alerts: Iterable<AlertView>, filter: AlertFilter): AlertLists {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const open: AlertView[] = [];
  const resolved: AlertView[] = [];
  for (const alert of alerts) {
    if (matches(alert, filter, words)) (alert.state === 'resolved' ? resolved : open).push(alert);
  }
  open.sort((a, b) => severityRank(b.severity) - severityRank(a.severity) || b.startedAt - a.startedAt);
  resolved.sort((a, b) => (b.resolvedAt ?? b.updatedAt) - (a.resolvedAt ?? a.updatedAt));
  return { open, resolved };
}

function matches(alert: AlertView, { states, severities }: AlertFilter, words: readonly string[]): boolean {
  if (states.length > 0 && !states.includes(alert.state)) return false;
  if (severities.length > 0 && !severities.includes(alert.severity)) return false;
  if (words.length === 0) return true;
  const text = searchable(alert);
  return words.every((word) => text.includes(word));
}

function searchable(alert: AlertView): string {
  const labels = Object.entries(alert.labels).map(([key, value]) => `${key}=${value}`);
  const { title, message, source, category, rule = '', metric = '', tags } = alert;
  return [title, message, source, category, rule, metric, ...tags, ...labels].join('\n').toLowerCase();
}
