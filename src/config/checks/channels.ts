import { parseDuration } from '../../model/duration.js';
import { defaultConfig } from '../defaults.js';
import { sensitiveHeader } from '../literal-secrets.js';
import { type Finding, formatPath, type Path, quote } from '../problems.js';
import type { Salvaged } from '../salvage.js';
import type { ChannelItem } from '../schema.js';
import { type Check, type ConfigView, entriesOf, itemsOf, type Names } from './check.js';

type Item = Exclude<Salvaged<ChannelItem>, string>;

/** What an item of a list of channels may change, by the type of the channel. */
const overridable = { log: [], console: [], webhook: ['headers', 'timeout'] } as const;

const itemKeys = ['name', 'enabled'] as const;

/** A notification that nobody takes comes to an end. */
export const circularFallbacks: Check = (view) => {
  const next = new Map(
    entriesOf(view.channels, ['channels']).flatMap(({ name, item }): [string, string][] =>
      item.fallback === undefined ? [] : [[name, item.fallback]],
    ),
  );
  const reported = new Set<string>();
  return [...next.keys()].flatMap((name): Finding[] => {
    const circle = circleFrom(name, next);
    if (circle === undefined || circle.some((each) => reported.has(each))) return [];
    for (const each of circle) reported.add(each);
    const way = [...circle, name].map(quote).join(' → ');
    return [{ code: 'CFG312', message: `fallbacks run in a circle: ${way}`, path: ['channels', name, 'fallback'] }];
  });
};

/** The channels from `name` back to it. */
function circleFrom(name: string, next: ReadonlyMap<string, string>): string[] | undefined {
  const way = [name];
  for (let at = next.get(name); at !== undefined && !way.slice(1).includes(at); at = next.get(at)) {
    if (at === name) return way;
    way.push(at);
  }
  return undefined;
}

/** A time after which nothing happens. */
export const lonelyFallbackAfter: Check = (view) =>
  entriesOf(view.channels, ['channels'])
    .filter(({ item }) => item.fallbackAfter !== undefined && item.fallback === undefined)
    .map(({ path }): Finding => {
      const at = [...path, 'fallbackAfter'];
      return { code: 'CFG302', message: `${formatPath(at)} needs a "fallback" beside it`, path: at, at: 'key' };
    });

/** What is changed of a channel for some alerts is something that it has, is no secret, and takes no longer than it may. */
export const unfittingOverrides: Check = (view, names) =>
  overridingItems(view).flatMap(({ item, path, allowed }) => [
    ...unknownKeys(view, item, path, allowed),
    ...secretHeaders(item, path, names),
    ...longTimeouts(view, item, path),
  ]);

interface Overriding {
  readonly item: Item;
  readonly path: Path;
  /** Whether anything may be changed at this place. */
  readonly allowed: boolean;
}

function overridingItems(view: ConfigView): Overriding[] {
  const lists = [
    ...itemsOf(view.rules, ['rules']),
    ...itemsOf(view.routes, ['routes']),
    ...entriesOf(view.escalations, ['escalations']).flatMap(({ item, path }) =>
      itemsOf(item.levels, [...path, 'levels']),
    ),
  ];
  const items = lists.flatMap(({ item, path }) => itemsOf(item.channels, [...path, 'channels']));
  return [
    ...items.map((each) => ({ ...each, allowed: true })),
    ...itemsOf(view.defaultChannels, ['defaultChannels']).map((each) => ({ ...each, allowed: false })),
  ].flatMap(({ item, path, allowed }) => (typeof item === 'string' ? [] : [{ item, path, allowed }]));
}

function unknownKeys(view: ConfigView, item: Item, path: Path, allowed: boolean): Finding[] {
  const type = typeOf(view, item.name);
  if (type === undefined) return [];
  const known: readonly string[] = allowed ? overridable[type] : [];
  // What has the wrong shape is reported already, and undefined here.
  const given = Object.entries(item).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  return given
    .filter((key) => ![...itemKeys, ...known].includes(key))
    .map((key) => ({
      code: 'CFG204',
      message: `${formatPath([...path, key])}: ${key} of ${quote(item.name)}, a ${type} channel, cannot be changed here`,
      path: [...path, key],
      at: 'key',
      allowed: [...itemKeys, ...known],
    }));
}

function typeOf(view: ConfigView, name: string | undefined): keyof typeof overridable | undefined {
  const declared = name === undefined ? undefined : view.channels?.[name];
  if (declared !== undefined) return declared.type;
  return name === 'log' || name === 'console' ? name : undefined;
}

function secretHeaders({ headers = {} }: Item, path: Path, { isSecret }: Names): Finding[] {
  return Object.entries(headers)
    .filter(([name, value]) => sensitiveHeader.test(name) || (value !== undefined && isSecret?.(value)))
    .map(([name]) => ({
      code: 'CFG313',
      message: `${formatPath([...path, 'headers', name])} holds a secret, and what is changed for an alert is stored with it`,
      path: [...path, 'headers', name],
      at: 'key',
      hint: 'declare a channel of its own with this header',
    }));
}

/** The broker waits for an answer as long as the channel says. */
function longTimeouts(view: ConfigView, { name = '', timeout }: Item, path: Path): Finding[] {
  const channel = view.channels?.[name];
  if (timeout === undefined || channel?.type !== 'webhook') return [];
  const most = channel.timeout ?? view.delivery?.timeout;
  const mostMs = most === undefined ? defaultConfig.delivery.timeoutMs : parseDuration(most);
  if (mostMs === undefined || parseDuration(timeout)! <= mostMs) return [];
  const at = [...path, 'timeout'];
  const message = `${formatPath(at)} is longer than that of the channel ${quote(name)} (${most ?? '10s'})`;
  return [{ code: 'CFG302', message, path: at }];
}
