import type { AlertRecord } from './alert.js';
import { type ChannelOverrides, mergeOverrides } from './override.js';
import type { Labels } from './series.js';
import { type Severity, severityRank } from './severity.js';
import { matchesAll } from './wildcard.js';

/** Sends matching alerts to channels. All matching routes are united, unless one says `stop`. */
export interface Route {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly minSeverity: Severity;
  /** Empty: all. */
  readonly categories: readonly string[];
  /** Exact values or `*` wildcards over labels; `source` and `tag` are matched the same way. */
  readonly match: Labels;
  /** `*` means every configured channel. */
  readonly channels: readonly string[];
  readonly overrides?: ChannelOverrides;
  /** Id of an escalation, for alerts whose rule names none. */
  readonly escalation?: string;
  readonly stop: boolean;
  /** In code only: a further condition. */
  readonly condition?: (alert: RoutedAlert) => boolean;
}

export type RoutedAlert = Pick<AlertRecord, 'severity' | 'category' | 'source' | 'labels' | 'tags' | 'title' | 'data'>;

export interface RoutingTable {
  readonly routes: readonly Route[];
  readonly defaultChannels: readonly string[];
  /** Every configured channel: what `*` means. */
  readonly allChannels: readonly string[];
}

export interface Routed {
  readonly channels: readonly string[];
  /** Of the first route that has one for a channel. */
  readonly overrides?: ChannelOverrides;
  readonly escalation?: string;
  /** Ids of the routes that matched. */
  readonly routes: readonly string[];
}

/** All matching routes' channels; the default channels when none matched. */
export function route(table: RoutingTable, alert: RoutedAlert): Routed {
  const matched = matchingRoutes(table.routes, alert);
  const channels = new Set(matched.flatMap((r) => r.channels.flatMap((c) => (c === '*' ? table.allChannels : [c]))));
  const escalation = matched.find((r) => r.escalation !== undefined)?.escalation;
  return {
    channels: channels.size === 0 ? table.defaultChannels : [...channels],
    ...overridesOf(matched),
    ...(escalation === undefined ? {} : { escalation }),
    routes: matched.map((r) => r.id),
  };
}

function overridesOf(routes: readonly Route[]): Pick<Routed, 'overrides'> {
  return routes.reduce<Pick<Routed, 'overrides'>>((all, { overrides }) => mergeOverrides(all.overrides, overrides), {});
}

export function routeMatches(candidate: Route, alert: RoutedAlert): boolean {
  if (!candidate.enabled) return false;
  if (severityRank(alert.severity) < severityRank(candidate.minSeverity)) return false;
  if (candidate.categories.length > 0 && !candidate.categories.includes(alert.category)) return false;
  if (!matchesAll(candidate.match, (name) => alertField(alert, name))) return false;
  return candidate.condition?.(alert) ?? true;
}

function matchingRoutes(routes: readonly Route[], alert: RoutedAlert): Route[] {
  const matched: Route[] = [];
  for (const candidate of routes) {
    if (!routeMatches(candidate, alert)) continue;
    matched.push(candidate);
    if (candidate.stop) break;
  }
  return matched;
}

function alertField(alert: RoutedAlert, name: string): string | readonly string[] | undefined {
  if (name === 'source') return alert.source;
  if (name === 'tag') return alert.tags;
  return Object.hasOwn(alert.labels, name) ? alert.labels[name] : undefined;
}

/** P10: what applies when no routes are configured. */
export function defaultRoutes(defaultChannels: readonly string[]): Route[] {
  const base = { enabled: true, match: {}, stop: false } as const;
  return [
    {
      ...base,
      id: 'critical_all_channels',
      name: 'critical_all_channels',
      minSeverity: 'critical',
      categories: [],
      channels: ['*'],
    },
    {
      ...base,
      id: 'trade_alerts',
      name: 'trade_alerts',
      minSeverity: 'medium',
      categories: ['trade', 'execution'],
      channels: defaultChannels,
    },
    {
      ...base,
      id: 'risk_alerts',
      name: 'risk_alerts',
      minSeverity: 'high',
      categories: ['risk'],
      channels: defaultChannels,
    },
  ];
}
