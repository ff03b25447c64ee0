import type { AlertView } from '../model/view.js';
import { mismatches } from './match.js';
import type { Item } from './schema.js';

/** The newest alert that is meant: by its id, title, key or rule, or by fields that it has. `alerts`: the oldest first. */
export function findAlert(alerts: readonly AlertView[], meant: Item): AlertView | undefined {
  if (typeof meant !== 'string') return alerts.findLast((alert) => mismatches(meant, alert).length === 0);
  return alerts.findLast(({ id, title, key, rule }) => [id, title, key, rule].includes(meant));
}

export function knownAlerts(alerts: readonly AlertView[]): string {
  const titles = [...new Set(alerts.map(({ title }) => `"${title}"`))];
  return titles.length === 0 ? 'there are none' : `there are ${titles.slice(-10).join(', ')}`;
}
