import type { EngineConfig } from '../../config/index.js';
import { TocsinError } from '../../model/errors.js';
import type { Logger } from '../../model/logger.js';
import { createMemoryDriver } from '../../streams/memory.js';
import { hosts } from '../../streams/nats/connection.js';
import { createNatsDriver } from '../../streams/nats.js';
import type { Driver } from '../../streams/ports.js';
import type { Closers } from '../closers.js';
import type { Io } from '../io.js';
import { findNatsServer } from '../nats-binary.js';
import { startPrivateNats } from '../private-nats.js';

export interface OpenDriverOptions {
  readonly config: EngineConfig;
  /** Only the demo makes do without a nats-server. */
  readonly demo: boolean;
  /** Where a private server keeps its state. */
  readonly dataDir: string;
  readonly env: Io['env'];
  readonly log: Logger;
  /** Takes what has to end after the driver. */
  readonly closers: Closers;
  /** Ends the wait for a server that is not there yet. */
  readonly signal: AbortSignal;
}

export interface OpenedDriver {
  readonly driver: Driver;
  /** What carries the data, for a person. */
  readonly bus: string;
  /** Where other programs connect; absent in process. */
  readonly natsUrl?: string;
}

/**
 * Connects to the NATS of the configuration, for as long as it takes; without one, starts a private server.
 * Rejects with `nats_missing` when there is no nats-server to start.
 */
export async function openDriver(options: OpenDriverOptions): Promise<OpenedDriver> {
  const { urls, inProcess } = options.config.nats;
  if (inProcess) return { driver: createMemoryDriver(), bus: 'none: in process, nothing is kept' };
  if (urls !== undefined)
    return { driver: await dialNats(options, urls), bus: hosts({ urls }).join(', '), natsUrl: urls[0]! };
  try {
    return await openPrivate(options);
  } catch (error) {
    if (!options.demo || !(error instanceof TocsinError) || error.code !== 'nats_missing') throw error;
    const bus = 'no nats-server to be had, so in process (apt-get install nats-server)';
    return { driver: createMemoryDriver(), bus };
  }
}

async function openPrivate(options: OpenDriverOptions): Promise<OpenedDriver> {
  const { env, dataDir, log, closers } = options;
  const server = await startPrivateNats({ binary: findNatsServer(env), dataDir, log });
  closers.add(() => server.stop());
  const driver = await dialNats(options, [server.url]);
  const bus = `${server.url}, a private nats-server ${driver.bus.server} with its state in ${dataDir}`;
  return { driver, bus, natsUrl: server.url };
}

function dialNats({ config, log, signal }: OpenDriverOptions, urls: readonly string[]): Promise<Driver> {
  const { inProcess, ...servers } = config.nats;
  return createNatsDriver({
    ...servers,
    urls,
    prefix: config.prefix,
    log,
    signal,
    connectTimeoutMs: Number.POSITIVE_INFINITY,
    // Retention frees space by itself; the cap only has to leave it room to work.
    eventsMaxBytes: 2 * config.history.maxBytes,
  });
}
