import type { AlertRecord } from '../model/alert.js';
import type { StoredEvent } from '../model/event.js';

/** What is told together: notifications of one group to one channel. */
export interface GroupKey {
  readonly channel: string;
  /** The fields that the alerts have in common. */
  readonly group: Readonly<Record<string, string>>;
}

/** A key as text. Alerts for which the channel is changed in different ways are never told together. */
export function groupKey({ alert }: StoredEvent, channel: string, by: readonly string[]): string {
  const group = Object.fromEntries(by.map((name) => [name, field(alert, name)]));
  return JSON.stringify([channel, group, alert.overrides?.[channel] ?? null]);
}

export function parseGroupKey(key: string): GroupKey {
  const [channel, group] = JSON.parse(key) as [string, GroupKey['group']];
  return { channel, group };
}

/** A field of an alert by its configured name; an absent one is the empty text. */
function field(alert: AlertRecord, name: string): string {
  if (name === 'category' || name === 'source' || name === 'severity') return alert[name];
  if (name === 'rule') return alert.rule ?? '';
  const label = name.slice('labels.'.length);
  return Object.hasOwn(alert.labels, label) ? alert.labels[label]! : '';
}
