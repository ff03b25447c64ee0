import type { ProblemCode } from '../codes.js';
import { type Finding, formatPath, type Path, quote } from '../problems.js';
import type { Salvaged } from '../salvage.js';
import type { ChannelItem } from '../schema.js';
import { suggest } from '../suggest.js';
import { type Check, type ConfigView, entriesOf, itemsOf } from './check.js';

type Items = readonly (Salvaged<ChannelItem> | undefined)[] | undefined;

interface Reference {
  readonly name: string;
  readonly path: Path;
  /** Switched off where it is named. */
  readonly off?: boolean;
}

/** Every channel that is named somewhere exists. */
export const unknownChannels: Check = (view, { channels }) =>
  channelReferences(view).flatMap((reference) =>
    reference.name === '*' ? [] : missing(reference, 'CFG303', 'channel', channels),
  );

/** Every escalation that is named somewhere exists. */
export const unknownEscalations: Check = (view, { escalations }) =>
  escalationReferences(view).flatMap((reference) => missing(reference, 'CFG304', 'escalation', escalations));

/** A warning: a channel that is switched off is still counted on. */
export const disabledChannels: Check = (view, { channels, enabledChannels }) =>
  channelReferences(view)
    .filter(({ name, off }) => off !== true && channels?.has(name) && !enabledChannels.has(name))
    .map(({ name, path }) => ({
      code: 'CFG402',
      message: `${formatPath(path)} names the channel ${quote(name)}, which is disabled`,
      path,
    }));

function channelReferences(view: ConfigView): Reference[] {
  return [
    ...itemsOf(view.rules, ['rules']).flatMap(({ item, path }) => named(item.channels, [...path, 'channels'])),
    ...itemsOf(view.routes, ['routes']).flatMap(({ item, path }) => named(item.channels, [...path, 'channels'])),
    ...named(view.defaultChannels, ['defaultChannels']),
    ...entriesOf(view.channels, ['channels']).flatMap(({ item, path }) =>
      item.fallback === undefined ? [] : [{ name: item.fallback, path: [...path, 'fallback'] }],
    ),
    ...entriesOf(view.escalations, ['escalations']).flatMap((chain) =>
      itemsOf(chain.item.levels, [...chain.path, 'levels']).flatMap(({ item, path }) =>
        named(item.channels, [...path, 'channels']),
      ),
    ),
  ];
}

function named(items: Items, path: Path): Reference[] {
  return itemsOf(items, path).flatMap(({ item, path: at }) => {
    if (typeof item === 'string') return [{ name: item, path: at }];
    return item.name === undefined ? [] : [{ name: item.name, path: [...at, 'name'], off: item.enabled === false }];
  });
}

function escalationReferences(view: ConfigView): Reference[] {
  const users = [...itemsOf(view.rules, ['rules']), ...itemsOf(view.routes, ['routes'])];
  return users.flatMap(({ item, path }) =>
    item.escalation === undefined ? [] : [{ name: item.escalation, path: [...path, 'escalation'] }],
  );
}

function missing(
  { name, path }: Reference,
  code: ProblemCode,
  kind: string,
  known: ReadonlySet<string> | undefined,
): Finding[] {
  if (known === undefined || known.has(name)) return [];
  const meant = suggest(name, known);
  const message = `unknown ${kind} ${quote(name)} in ${formatPath(path)}`;
  const hint = meant === undefined ? {} : { hint: `did you mean "${meant}"?` };
  return [{ code, message, path, ...hint, allowed: known.size === 0 ? `none is declared under ${kind}s` : [...known] }];
}

/** Names of the items that are not switched off; `*` stays. */
export function enabledNames(items: Items): string[] {
  return (items ?? []).flatMap((item) => {
    if (typeof item === 'string') return [item];
    return item?.name === undefined || item.enabled === false ? [] : [item.name];
  });
}
