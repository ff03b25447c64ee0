import type { RouteInput, RuleInput, TemplateInput } from '../config/index.js';
import type { CommandAnswer } from '../model/command.js';
import { toWireError } from '../model/errors.js';
import { type RouteView, routeView } from '../model/route-view.js';
import { type RuleView, ruleView } from '../model/rule-view.js';
import type { Template } from '../model/template.js';
import { idOf } from './config-commands.js';
import type { ItemAnswer, ItemOrigin, LiveConfig } from './live-config.js';
import type { RouteCondition } from './overlay.js';

/** Rules, routes or templates of an engine, to be changed while it runs. What is refused is told in the answer. */
export interface Items<Input, View> {
  list(): readonly View[];
  /** Adds one, or puts it in place of another of its id. It survives a restart. */
  put(item: Input, options?: { readonly by?: string }): Promise<CommandAnswer>;
  /**
   * Takes one out, wherever it comes from. `restore`: instead, forgets what was put over the file, which counts again.
   * Answers `rule_unknown`, `route_unknown` or `template_unknown`.
   */
  delete(id: string, options?: { readonly by?: string; readonly restore?: boolean }): Promise<CommandAnswer>;
}

export interface RouteItems extends Items<RouteInput, RouteView & ItemOrigin> {
  /** With a `condition`, the route is kept by this process only, and has to be put again after a restart. */
  put(
    item: RouteInput,
    options?: { readonly by?: string; readonly condition?: RouteCondition },
  ): Promise<CommandAnswer>;
}

/** A template with its name. */
export type NamedTemplate = TemplateInput & { readonly name: string };

export interface LiveItems {
  readonly rules: Items<RuleInput, RuleView & ItemOrigin>;
  readonly routes: RouteItems;
  readonly templates: Items<NamedTemplate, Template & { readonly name: string }>;
}

const library = { by: 'library', via: 'library' };

/** The library's way to what commands do. */
export function liveItems(live: LiveConfig): LiveItems {
  return {
    rules: {
      list: () => ruleViews(live),
      put: (item, options) =>
        answer(() => live.put('rule', idOf('rule', fieldsOf(item)), item, { ...library, ...options })),
      delete: (id, { restore, ...options } = {}) =>
        answer(() => live.delete('rule', id, { ...library, ...options }, restore)),
    },
    routes: {
      list: () => routeViews(live),
      put: (item, { condition, ...options } = {}) =>
        answer(() => {
          const id = idOf('route', fieldsOf(item));
          if (condition !== undefined) return live.putInCode(id, item, condition);
          return live.put('route', id, item, { ...library, ...options });
        }),
      delete: (id, { restore, ...options } = {}) =>
        answer(() => live.delete('route', id, { ...library, ...options }, restore)),
    },
    templates: {
      list: () => Object.entries(live.current.templates).map(([name, template]) => ({ ...template, name })),
      put: ({ name, ...item }, options) => answer(() => live.put('template', name, item, { ...library, ...options })),
      delete: (name, { restore, ...options } = {}) =>
        answer(() => live.delete('template', name, { ...library, ...options }, restore)),
    },
  };
}

export function ruleViews(live: LiveConfig): (RuleView & ItemOrigin)[] {
  return live.current.rules.map((rule) => ({ ...ruleView(rule), ...live.origin('rule', rule.id) }));
}

/** In the order in which they are looked at. */
export function routeViews(live: LiveConfig): (RouteView & ItemOrigin)[] {
  return live.routes.map((route) => ({ ...routeView(route), ...live.origin('route', route.id) }));
}

function fieldsOf(item: object): Readonly<Record<string, unknown>> {
  return item as Readonly<Record<string, unknown>>;
}

async function answer(change: () => ItemAnswer | Promise<ItemAnswer>): Promise<CommandAnswer> {
  try {
    return { ok: true, ...(await change()) };
  } catch (error) {
    return { ok: false, error: toWireError(error) };
  }
}
