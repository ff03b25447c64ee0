import { isDeepStrictEqual } from 'node:util';
import { type ConfigDifference, type EngineConfig, type ItemKind, variantOf } from '../config/index.js';
import type { WireProblem } from '../model/errors.js';

/** An item that commands have put over the file. */
export interface Overlaid {
  readonly kind: ItemKind;
  readonly id: string;
  readonly by: string;
  /** Wall time. */
  readonly at: number;
  /** Taken out, instead of put in place of what the file says. */
  readonly removed?: true;
}

/** What a reload has changed. */
export interface ReloadReport {
  readonly changed: readonly ConfigDifference[];
  /** Paths of what the file says otherwise than the engine runs, until it is started again. */
  readonly needsRestart: readonly string[];
  /** Items of the file that do not count, because a command put or removed them. */
  readonly overlaid: readonly Overlaid[];
  /** Items put by commands that do not fit the file, and do not count until they do. */
  readonly setAside: readonly (Pick<Overlaid, 'kind' | 'id'> & { readonly problems: readonly WireProblem[] })[];
}

/** Settings that are read once, at the start, by path. */
const fixed: readonly (readonly [path: string, read: (config: EngineConfig) => unknown])[] = [
  ['prefix', ({ prefix }) => prefix],
  ['nats', ({ nats }) => nats],
  ['ingest', ({ ingest }) => ingest],
  ['gateway', ({ gateway }) => gateway],
  ['history.maxBytes', ({ history }) => history.maxBytes],
  ['delivery.timeout', ({ delivery }) => delivery.timeoutMs],
];

/** What runs, and whether channels come and go while it does. */
export interface Running {
  readonly config: EngineConfig;
  readonly channelsAreLive: boolean;
}

/** Where `next` differs from what runs in something that only a start takes over. */
export function needsRestart({ config, channelsAreLive }: Running, next: EngineConfig): string[] {
  const differing = fixed.filter(([, read]) => !isDeepStrictEqual(read(config), read(next))).map(([path]) => path);
  const channels = channelsAreLive || isDeepStrictEqual(config.channels, next.channels) ? [] : ['channels'];
  return [...differing, ...channels];
}

/** The configuration with all that only a start takes over left as it runs. */
export function asRunning({ config: running, channelsAreLive }: Running, next: EngineConfig): EngineConfig {
  const { prefix, nats, ingest, gateway } = running;
  return variantOf(next, {
    ...{ prefix, nats, ingest, gateway },
    ...(channelsAreLive ? {} : { channels: running.channels }),
    history: { ...next.history, maxBytes: running.history.maxBytes },
    delivery: { ...next.delivery, timeoutMs: running.delivery.timeoutMs },
  });
}

/** What is equal to what was before is the very same object, so that whoever looks sees at once that nothing changed. */
export function sharing(before: EngineConfig, next: EngineConfig): EngineConfig {
  const known = new Map(before.rules.map((rule) => [rule.id, rule]));
  const rules = next.rules.map((rule) => same(known.get(rule.id), rule));
  const keys = Object.keys(next) as (keyof EngineConfig)[];
  const equal = keys.filter((key) => key !== 'rules' && isDeepStrictEqual(before[key], next[key]));
  const kept = Object.fromEntries(equal.map((key) => [key, before[key]]));
  return variantOf(next, { ...kept, rules: sameList(before.rules, rules) });
}

function same<T>(before: T | undefined, next: T): T {
  return before !== undefined && isDeepStrictEqual(before, next) ? before : next;
}

function sameList<T>(before: readonly T[], next: readonly T[]): readonly T[] {
  return before.length === next.length && next.every((item, i) => item === before[i]) ? before : next;
}
