import { isDeepStrictEqual } from 'node:util';
import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  from,
  pairwise,
  retry,
  type SchedulerLike,
  type Subscription,
  throwError,
  timer,
} from 'rxjs';
import type { ChannelConfig } from '../config/index.js';
import type { Channel } from '../model/channel.js';
import { TocsinError } from '../model/errors.js';
import type { Logger } from '../model/logger.js';
import type { LiveConfig } from './live-config.js';
import { part$ } from './settings.js';

/** Makes a channel of what the configuration says of it. */
export type MakeChannel = (name: string, config: ChannelConfig) => Channel;

export interface LiveChannelsDeps {
  readonly registry: {
    has(name: string): boolean;
    register(channel: Channel): Promise<void>;
    unregister(name: string): Promise<void>;
  };
  readonly make: MakeChannel;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
}

type Channels = Readonly<Record<string, ChannelConfig>>;

/** What the outbox cannot do now, it can a little later. */
const retryMs = 1_000;

/** Keeps the channels as the configuration says: those that are new or changed come in, those that are gone go. */
export function followChannels(live: LiveConfig, deps: LiveChannelsDeps): Subscription {
  return part$(live, ({ channels }) => channels)
    .pipe(
      pairwise(),
      concatMap(([before, next]) => from(steps(before, next, deps))),
      concatMap((step) => persistently(step, deps)),
    )
    .subscribe();
}

interface Step {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** A fallback comes in before those that lean on it, and nothing goes before all have come. */
function steps(before: Channels, next: Channels, { registry, make }: LiveChannelsDeps): Step[] {
  const changed = Object.keys(next).filter((name) => !isDeepStrictEqual(before[name], next[name]));
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(next, name));
  return [
    ...inOrder(changed, next).map((name) => ({ name, run: () => registry.register(make(name, next[name]!)) })),
    ...gone.map((name) => ({ name, run: async () => (registry.has(name) ? registry.unregister(name) : undefined) })),
  ];
}

function inOrder(names: readonly string[], channels: Channels): string[] {
  const ordered = new Set<string>();
  const visit = (name: string): void => {
    if (ordered.has(name) || !names.includes(name)) return;
    const { fallback } = channels[name]!;
    if (fallback !== undefined && fallback !== name) visit(fallback);
    ordered.add(name);
  };
  for (const name of names) visit(name);
  return [...ordered];
}

function persistently({ name, run }: Step, { scheduler, logger }: LiveChannelsDeps) {
  const later = (error: unknown) =>
    error instanceof TocsinError && error.temporary ? timer(retryMs, scheduler) : throwError(() => error);
  return defer(run).pipe(
    retry({ delay: later }),
    catchError((err: unknown) => {
      logger.error({ err, channel: name }, 'a channel could not be changed: it needs a restart');
      return EMPTY;
    }),
  );
}
