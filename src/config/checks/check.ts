import { builtInTemplates } from '../../model/template.js';
import { type Finding, type Path, valueAt } from '../problems.js';
import type { Salvaged } from '../salvage.js';
import type { ConfigInput } from '../schema.js';

/** A configuration of which every part that is there has the right shape. */
export type ConfigView = Salvaged<ConfigInput>;

/** Looks for one kind of contradiction. It must get along with missing parts: they are reported already. */
export type Check = (view: ConfigView, names: Names) => readonly Finding[];

/** What may be referred to; `undefined` when it cannot be known. Names count even where their definition is wrong. */
export interface Names {
  readonly channels: ReadonlySet<string> | undefined;
  readonly enabledChannels: ReadonlySet<string>;
  readonly escalations: ReadonlySet<string> | undefined;
  readonly templates: ReadonlySet<string> | undefined;
  /** Whether a secret is part of the text; absent where none is known. */
  readonly isSecret?: (text: string) => boolean;
  /** Whether something stands there at all: what has the wrong shape is not in the view. */
  isGiven(path: Path): boolean;
}

/** `extra`: channels that exist without being declared. */
export function namesIn(tree: unknown, extra: Iterable<string> = []): Names {
  const declared = keysOf(tree, 'channels');
  const templates = keysOf(tree, 'templates');
  const channels = declared && new Set(['log', 'console', ...extra, ...declared]);
  const isEnabled = (name: string) => valueAt(tree, ['channels', name, 'enabled']) !== false;
  return {
    channels,
    enabledChannels: new Set([...(channels ?? [])].filter(isEnabled)),
    escalations: keysOf(tree, 'escalations'),
    templates: templates && new Set([...Object.keys(builtInTemplates), ...templates]),
    isGiven: (path) => valueAt(tree, path) !== undefined,
  };
}

function keysOf(tree: unknown, section: string): ReadonlySet<string> | undefined {
  const value = valueAt(tree, [section]);
  if (value === undefined) return new Set();
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? new Set(Object.keys(value)) : undefined;
}

/** Items that are there, each with its path. */
export function itemsOf<T>(list: readonly (T | undefined)[] | undefined, path: Path): { item: T; path: Path }[] {
  return (list ?? []).flatMap((item, i) => (item === undefined ? [] : [{ item, path: [...path, i] }]));
}

/** Entries that are there, each with its path. */
export function entriesOf<T>(
  map: Readonly<Record<string, T | undefined>> | undefined,
  path: Path,
): { name: string; item: T; path: Path }[] {
  return Object.entries(map ?? {}).flatMap(([name, item]) =>
    item === undefined ? [] : [{ name, item, path: [...path, name] }],
  );
}
