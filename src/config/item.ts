import { defaultRoutes } from '../model/routing.js';
import { enabledNames } from './checks/references.js';
import { defaultConfig } from './defaults.js';
import { presets } from './presets.js';
import { type Path, quote } from './problems.js';
import type { ConfigInput, PresetName, RouteInput, RuleInput, TemplateInput } from './schema.js';

/** What can be put and taken out one by one while the engine runs. */
export const itemKinds = ['rule', 'route', 'template'] as const;
export type ItemKind = (typeof itemKinds)[number];

/** As it would stand in the file. */
export type Item = RuleInput | RouteInput | TemplateInput;

/** One thing that is to be otherwise than the file says. */
export interface ItemChange {
  readonly kind: ItemKind;
  readonly id: string;
  /** In place of what the file says of this id, or beside it; absent: taken out. Not checked yet. */
  readonly item?: object;
}

/** Everything of one kind, by id: presets and the routes that apply where none are configured included. */
export function itemsOfKind(input: ConfigInput, kind: ItemKind): ReadonlyMap<string, Item> {
  if (kind === 'template') return new Map(Object.entries(input.templates ?? {}));
  if (kind === 'route') return new Map(routesOf(input).map((route) => [route.id, route]));
  const ready = (input.presets ?? []).map((name): [string, RuleInput] => [name, presetRule(name)]);
  return new Map([...ready, ...(input.rules ?? []).map((rule): [string, RuleInput] => [rule.id, rule])]);
}

/** The configuration with all changes made; what they hold is trusted to have the right shape. */
export function withChanges(input: ConfigInput, changes: readonly ItemChange[]): ConfigInput {
  const of = (kind: ItemKind) => new Map(changes.flatMap((c) => (c.kind === kind ? [[c.id, c.item] as const] : [])));
  const [rules, routes, templates] = [of('rule'), of('route'), of('template')];
  return {
    ...input,
    ...(rules.size > 0 && {
      presets: (input.presets ?? []).filter((name) => !rules.has(name)),
      rules: changedList(input.rules ?? [], rules as Changes<RuleInput>),
    }),
    ...(routes.size > 0 && { routes: changedList(routesOf(input), routes as Changes<RouteInput & { id: string }>) }),
    ...(templates.size > 0 && { templates: changedMap(input.templates ?? {}, templates as Changes<TemplateInput>) }),
  };
}

/** Where an item stands in a configuration. */
export function placeOf(input: ConfigInput, kind: ItemKind, id: string): Path {
  if (kind === 'template') return ['templates', id];
  const list: readonly { readonly id?: string | undefined }[] = (kind === 'rule' ? input.rules : input.routes) ?? [];
  return [`${kind}s`, list.findIndex((item) => item.id === id)];
}

type Changes<T> = ReadonlyMap<string, T | undefined>;

/** In its place where the id is there, else at the end. */
function changedList<T extends { readonly id: string }>(list: readonly T[], changes: Changes<T>): T[] {
  const kept = list.flatMap((item) => (changes.has(item.id) ? (changes.get(item.id) ?? []) : [item]));
  const there = new Set(list.map(({ id }) => id));
  return [...kept, ...[...changes].flatMap(([id, item]) => (there.has(id) ? [] : (item ?? [])))];
}

function changedMap<T>(map: Readonly<Record<string, T>>, changes: Changes<T>): Record<string, T> {
  const entries = Object.entries(map).filter(([name]) => !changes.has(name));
  return Object.fromEntries([...entries, ...[...changes].flatMap(([id, item]) => (item ? [[id, item] as const] : []))]);
}

/** Each with its id written out, so that it keeps it when another one goes. */
function routesOf({ routes, defaultChannels }: ConfigInput): (RouteInput & { id: string })[] {
  if (routes !== undefined) return routes.map((route, i) => ({ ...route, id: routeId(route, i) }));
  const fallback = defaultChannels === undefined ? [...defaultConfig.defaultChannels] : enabledNames(defaultChannels);
  return defaultRoutes(fallback).map(({ condition: _, categories, channels, ...route }) => ({
    ...route,
    categories: [...categories],
    channels: [...channels],
  }));
}

/** The id of a route that may have been written without one. */
export function routeId({ id, name }: Pick<RouteInput, 'id' | 'name'>, index: number): string {
  return id ?? name ?? `route-${index + 1}`;
}

function presetRule(name: PresetName): RuleInput {
  return presets[name];
}

/** `rule "cpu"`. */
export function itemName(kind: ItemKind, id: string): string {
  return `${kind} ${quote(id)}`;
}
