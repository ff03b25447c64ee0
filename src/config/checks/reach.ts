import { defaultRoutes } from '../../model/routing.js';
import { maxSeverity, type Severity, severityRank } from '../../model/severity.js';
import { presets } from '../presets.js';
import { type Finding, formatPath, type Path } from '../problems.js';
import type { Salvaged } from '../salvage.js';
import type { RouteInput, RuleInput } from '../schema.js';
import { type Check, type ConfigView, entriesOf, itemsOf, type Names } from './check.js';
import { enabledNames } from './references.js';

type Rule = Salvaged<RuleInput>;
type Route = Salvaged<RouteInput>;

/** Every alert of an enabled rule, and every step of an escalation, has an enabled channel to go to. */
export const unreachable: Check = (view, names) =>
  names.channels === undefined ? [] : [...deadRules(view, names), ...deadLevels(view, names)];

function deadRules(view: ConfigView, names: Names): Finding[] {
  const rules = [
    ...itemsOf(view.rules, ['rules']),
    ...itemsOf(view.presets, ['presets']).map(({ item, path }) => ({ item: presets[item] as Rule, path })),
  ];
  const ways = waysOf(view);
  return rules
    .filter(({ item }) => item.enabled !== false && !reaches(candidates(ways, item), names))
    .map(({ item, path }) => ({
      code: 'CFG305',
      message: `${formatPath(path)} reaches no channel: all that it could use are disabled or absent`,
      path: item.channels === undefined ? path : [...path, 'channels'],
      hint: 'enable a channel, or name another one',
    }));
}

function deadLevels(view: ConfigView, names: Names): Finding[] {
  const levels = entriesOf(view.escalations, ['escalations']).flatMap((chain) =>
    itemsOf(chain.item.levels, [...chain.path, 'levels']),
  );
  return levels
    .filter(({ item }) => item.channels !== undefined && !reaches(enabledNames(item.channels), names))
    .map(({ path }): { path: Path } => ({ path: [...path, 'channels'] }))
    .map(({ path }) => ({ code: 'CFG305', message: `${formatPath(path)} has no channel that is enabled`, path }));
}

/** A name that is not declared is reported elsewhere, and counts as reached here. */
function reaches(channels: readonly string[], names: Names): boolean {
  return channels.some((name) =>
    name === '*' ? names.enabledChannels.size > 0 : !names.channels?.has(name) || names.enabledChannels.has(name),
  );
}

interface Ways {
  readonly fallback: readonly string[];
  readonly routes: readonly Route[];
}

/** The same for all rules. */
function waysOf(view: ConfigView): Ways {
  const fallback = view.defaultChannels === undefined ? ['log'] : enabledNames(view.defaultChannels);
  return { fallback, routes: view.routes?.filter((route) => route !== undefined) ?? defaultRoutes(fallback) };
}

/** Every channel that an alert of the rule could be routed to, whatever its labels turn out to be. */
function candidates({ fallback, routes }: Ways, rule: Rule): string[] {
  if (rule.channels !== undefined) return enabledNames(rule.channels);
  const possible = routes.filter((route) => couldMatch(route, rule));
  const caught = possible.some((route) => alwaysMatches(route) && enabledNames(route.channels).length > 0);
  return [...possible.flatMap((route) => enabledNames(route.channels)), ...(caught ? [] : fallback)];
}

function couldMatch(route: Route, rule: Rule): boolean {
  if (route.enabled === false) return false;
  const least: Severity = route.minSeverity ?? route.minPriority ?? 'low';
  const reached = rule.escalation === undefined ? gravest(rule) : 'critical';
  if (severityRank(reached) < severityRank(least)) return false;
  return isEmpty(route.categories) || route.categories?.includes(rule.category ?? 'performance') === true;
}

function gravest(rule: Rule): Severity {
  const levels = Object.keys(rule.levels ?? {}) as Severity[];
  return [rule.severity ?? rule.priority ?? 'medium', ...levels].reduce(maxSeverity);
}

/** Whether a route that could match leaves nothing to the labels. */
function alwaysMatches(route: Route): boolean {
  return isEmpty(Object.keys(route.match ?? {}));
}

function isEmpty(list: readonly unknown[] | undefined): boolean {
  return list === undefined || list.length === 0;
}
