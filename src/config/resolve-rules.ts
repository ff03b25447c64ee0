import type { EscalationChain, EscalationLevel } from '../model/escalation.js';
import type { ChannelOverride, ChannelOverrides } from '../model/override.js';
import type { Route } from '../model/routing.js';
import {
  type AbsenceRule,
  type Comparison,
  type LevelledRule,
  parseComparison,
  type Rule,
  type RuleLevel,
  type SingleRule,
} from '../model/rule.js';
import { type Severity, severities } from '../model/severity.js';
import type { Template } from '../model/template.js';
import { defined } from './defined.js';
import { routeId } from './item.js';
import { ms, optionalMs } from './numbers.js';
import type { ChannelItem, EscalationInput, RouteInput, RuleInput } from './schema.js';

/** Names of the items that are not switched off; `*` becomes `all`. */
export function channelList(items: readonly ChannelItem[], all: readonly string[]): string[] {
  const names = items.flatMap((item) => {
    if (typeof item === 'string') return item === '*' ? all : [item];
    return item.enabled === false ? [] : [item.name];
  });
  return [...new Set(names)];
}

/** What the items change of their channels; the first item of a channel counts. */
function overridesOf(items: readonly ChannelItem[] = []): { readonly overrides?: ChannelOverrides } {
  const found = items.flatMap((item): [string, ChannelOverride][] => {
    if (typeof item === 'string' || item.enabled === false) return [];
    const { name, headers, timeout } = item;
    if (headers === undefined && timeout === undefined) return [];
    return [[name, { ...(headers === undefined ? {} : { headers }), ...optionalMs('timeoutMs', timeout) }]];
  });
  return found.length === 0 ? {} : { overrides: Object.fromEntries(found.reverse()) };
}

export function resolveRule(
  input: RuleInput,
  all: readonly string[],
  templates: Readonly<Record<string, Template>>,
): Rule {
  return {
    id: input.id,
    name: input.name ?? input.id,
    metric: input.metric,
    match: input.match ?? {},
    ...conditionsOf(input),
    ...(input.window === undefined ? {} : { window: { fn: input.window.fn, overMs: ms(input.window.over, 0) } }),
    ...(input.nOf === undefined ? {} : { nOf: input.nOf }),
    ...(input.flap === undefined ? {} : { flap: defined(input.flap) }),
    ...optionalMs('staleAfterMs', input.staleAfter),
    ...(input.noData === undefined ? {} : { noData: input.noData }),
    forMs: ms(input.for, 0),
    keepFiringForMs: ms(input.keepFiringFor, 0),
    cooldownMs: ms(input.cooldown, 0),
    ...optionalMs('repeatMs', input.repeat),
    severity: severityOf(input) ?? 'medium',
    category: input.category ?? 'performance',
    ...(input.channels === undefined ? {} : { channels: channelList(input.channels, all) }),
    ...overridesOf(input.channels),
    ...(input.escalation === undefined ? {} : { escalation: input.escalation }),
    ...(input.template === undefined ? {} : { template: { ...templates[input.template]!, name: input.template } }),
    labels: input.labels ?? {},
    tags: input.tags ?? [],
    enabled: input.enabled ?? true,
  };
}

/** `*` stays in a route: it means the channels there are when the alert is routed. */
export function resolveRoute(input: RouteInput, index: number): Route {
  const id = routeId(input, index);
  return {
    id,
    name: input.name ?? id,
    enabled: input.enabled ?? true,
    minSeverity: input.minSeverity ?? input.minPriority ?? 'low',
    categories: input.categories ?? [],
    match: input.match ?? {},
    channels: channelList(input.channels, ['*']),
    ...overridesOf(input.channels),
    ...(input.escalation === undefined ? {} : { escalation: input.escalation }),
    stop: input.stop ?? false,
  };
}

export function resolveEscalation(id: string, input: EscalationInput, all: readonly string[]): EscalationChain {
  if (input.after !== undefined) return { id, levels: [{ afterMs: ms(input.after, 0) }], max: input.max ?? 3 };
  const levels = (input.levels ?? []).map((level): EscalationLevel => {
    const severity = severityOf(level);
    return {
      afterMs: ms(level.after, 0),
      ...(level.channels === undefined ? {} : { channels: channelList(level.channels, all) }),
      ...overridesOf(level.channels),
      ...(severity === undefined ? {} : { severity }),
    };
  });
  return { id, levels, max: input.max ?? levels.length };
}

function severityOf(input: { severity?: Severity | undefined; priority?: Severity | undefined }): Severity | undefined {
  return input.severity ?? input.priority;
}

type Conditions =
  | Pick<SingleRule, 'when' | 'clear'>
  | Pick<LevelledRule, 'levels'>
  | Pick<AbsenceRule, 'absentMs' | 'expect'>;

/** One condition, or one for each severity: the checks have seen to it that it is one of the two. */
function conditionsOf({ when, clear, absent, expect = [], levels = {} }: RuleInput): Conditions {
  if (absent !== undefined) return { absentMs: ms(absent, 0), expect: [...new Set(expect)] };
  if (when !== undefined) return { when: condition(when), ...clearOf(clear) };
  const named = severities.flatMap((name): RuleLevel[] => {
    const level = levels[name];
    return level === undefined ? [] : [{ name, when: condition(level.when), ...clearOf(level.clear) }];
  });
  return { levels: named };
}

function clearOf(text: string | undefined): { readonly clear?: Comparison } {
  return text === undefined ? {} : { clear: condition(text) };
}

function condition(text: string): Comparison {
  return parseComparison(text)!;
}
