import type { AlertRecord } from './alert.js';

/** What keeps an alert from being notified although it is open: ids of silences, and of the alerts that inhibit it. */
export type Muting = Pick<AlertRecord, 'silencedBy' | 'inhibitedBy'>;

/** The fields of an alert that silences and inhibition look at. */
export type MutableAlert = Pick<AlertRecord, 'severity' | 'category' | 'source' | 'labels' | 'tags' | 'title'> & {
  readonly id?: string;
  readonly rule?: string;
};

/** Names that stand for a field of the alert; every other name is that of a label. */
export const mutingFields = ['source', 'severity', 'category', 'rule', 'title', 'tag'] as const;

export function isMuted({ silencedBy, inhibitedBy }: Muting): boolean {
  return silencedBy !== undefined || inhibitedBy !== undefined;
}

/** The word that answers and events have for it. Silences are looked at first. */
export function mutingReason({ silencedBy }: Muting): 'silenced' | 'inhibited' {
  return silencedBy === undefined ? 'inhibited' : 'silenced';
}

export function isSameMuting(a: Muting, b: Muting): boolean {
  return isSameList(a.silencedBy, b.silencedBy) && isSameList(a.inhibitedBy, b.inhibitedBy);
}

function isSameList(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** While `source` is open, alerts that match `target` are muted, if the fields and labels in `equal` are the same. */
export interface Inhibition {
  readonly id: string;
  /** Exact values or `*` wildcards, over fields and labels. */
  readonly source: Readonly<Record<string, string>>;
  readonly target: Readonly<Record<string, string>>;
  readonly equal: readonly string[];
}
