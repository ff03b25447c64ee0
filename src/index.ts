import { fileURLToPath } from 'node:url';
import type { SchedulerLike } from 'rxjs';
import { createChannel } from './channels/create-channel.js';
import { type ConfigInput, type EngineConfig, resolveConfig } from './config/index.js';
import { type Engine, type EngineOptions, createEngine as joinEngine } from './engine.js';
import { createGateway } from './gateway/index.js';
import type { Channel } from './model/channel.js';
import { TocsinError } from './model/errors.js';
import { type Logger, silentLogger } from './model/logger.js';
import { createMemoryDriver } from './streams/memory.js';
import { createNatsDriver } from './streams/nats.js';
import type { Clock, Driver } from './streams/ports.js';

export type { ConfigInput, EngineConfig, ResolveOptions } from './config/index.js';
export { resolveConfig } from './config/index.js';
export type { Engine, EngineChannels, EngineOptions } from './engine.js';
export { errorCodes, TocsinError } from './model/errors.js';
export type * from './model/index.js';
export { executionAlert, riskAlert, tradeAlert } from './model/raisers.js';
export { createMemoryDriver } from './streams/memory.js';
export { createNatsDriver, type NatsDriverOptions } from './streams/nats.js';
export type { Clock, Driver } from './streams/ports.js';

/** The built page lies beside the built library. */
const dashboardDir = fileURLToPath(new URL('./dashboard/', import.meta.url));

export interface LibraryOptions {
  /** Default: nothing is logged. */
  readonly logger?: Logger;
  /** Channels of your own: rules and routes name them without declaring them. They stand in for configured ones of the same name. */
  readonly channels?: readonly Channel[];
  /** `false`: no HTTP and no WebSocket. Default `true`, at `gateway.listen`. */
  readonly gateway?: boolean;
  /** Durations run on it; one of virtual time makes tests quick. Default: the monotonic clock. */
  readonly scheduler?: SchedulerLike;
  /** Wall time, for what is stored and shown. Default: that of the system. */
  readonly clock?: Clock;
}

/**
 * An engine for your own program, from the same configuration as `tocsin.yaml`. It needs `nats.url`, or
 * `nats.inProcess`: only the command starts a nats-server by itself. Throws `config_invalid` with every problem.
 *
 * @example
 * const engine = createEngine({
 *   nats: { url: 'nats://127.0.0.1:4222' },
 *   rules: [{ id: 'cpu', metric: 'cpu.usage', when: '> 80', severity: 'high' }],
 * });
 * engine.events$.subscribe(({ type, alert }) => console.log(type, alert.title));
 * await engine.start();
 */
export function createEngine(input: ConfigInput, options: LibraryOptions = {}): Engine {
  const given = options.channels ?? [];
  const config = resolveConfig(input, { channels: given.map(({ name }) => name) });
  const logger = options.logger ?? silentLogger;
  return joinEngine({
    config,
    logger,
    driver: driverOf(config, logger, options),
    ...timeOf(options),
    ...channelsOf(config, given, logger),
    ...(options.gateway !== false && {
      gateway: (ports) => createGateway(ports, { ...config.gateway, dashboardDir, version: 'library', log: logger }),
    }),
  });
}

type Time = Pick<LibraryOptions, 'scheduler' | 'clock'>;

function timeOf({ scheduler, clock }: Time): Time {
  return { ...(scheduler && { scheduler }), ...(clock && { clock }) };
}

function driverOf(
  { nats, prefix, history }: EngineConfig,
  log: Logger,
  { scheduler, clock }: Time,
): () => Promise<Driver> {
  const { inProcess, urls, ...access } = nats;
  if (inProcess) {
    const time = { ...(scheduler && { scheduler }), ...(clock && { wall: () => clock.wall() }) };
    return async () => createMemoryDriver({ log, ...time });
  }
  if (urls === undefined) throw noServer();
  return () => createNatsDriver({ ...access, urls, prefix, log, eventsMaxBytes: 2 * history.maxBytes });
}

function noServer(): TocsinError {
  const allowed = 'nats.url, or nats.inProcess: true';
  return new TocsinError('config_invalid', `a library engine needs ${allowed}`, { field: 'nats', allowed });
}

/** Those of the start, and how a reload makes others. */
function channelsOf(
  config: EngineConfig,
  given: readonly Channel[],
  log: Logger,
): Required<Pick<EngineOptions, 'channels' | 'makeChannel'>> {
  const deps = { log, write: (line: string) => console.log(line), color: false };
  const own = new Map(given.map((channel) => [channel.name, channel]));
  const makeChannel: EngineOptions['makeChannel'] & {} = (name, channel) =>
    own.get(name) ?? createChannel(name, channel, deps);
  const configured = Object.entries(config.channels).map(
    ([name, channel]) => [name, makeChannel(name, channel)] as const,
  );
  return { channels: new Map([...configured, ...own]), makeChannel };
}
