import { TocsinError } from '../model/errors.js';
import { type Logger, silentLogger } from '../model/logger.js';
import { createCounters, type DriverCounters } from './driver/counters.js';
import { backoffMs, pause } from './driver/pause.js';
import { createNatsBus } from './nats/bus.js';
import { assertNotCaptured } from './nats/captured.js';
import { dial, type NatsServers } from './nats/connection.js';
import { NatsEventLog } from './nats/event-log.js';
import { inTurns } from './nats/in-turns.js';
import { createLink, type Link } from './nats/link.js';
import { NatsOutbox } from './nats/outbox.js';
import type { Store } from './nats/store.js';
import { ensureStream, type StreamInfo, type StreamNames, streamNames } from './nats/streams.js';
import type { Bus, Driver } from './ports.js';

export interface NatsDriverOptions extends NatsServers {
  /** Of subjects and, in capitals, of streams. Default `tocsin`. */
  readonly prefix?: string;
  /** Shown in the server's connection list. Default: the prefix. */
  readonly name?: string;
  readonly log?: Logger;
  /** How long NATS may be absent at start; `Infinity`: wait for it. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Ends the waiting at start. */
  readonly signal?: AbortSignal;
  /** How long a write is tried before it is refused as `log_unavailable`. Default 10,000. */
  readonly retryForMs?: number;
  /** Size at which the event log refuses writes, in bytes. Default 2 GiB. */
  readonly eventsMaxBytes?: number;
  /** Size at which the outbox refuses writes, in bytes. Default 256 MiB. */
  readonly outboxMaxBytes?: number;
  /** Size at which the oldest dead letters go, in bytes. Default 64 MiB. */
  readonly deadMaxBytes?: number;
  /** Copies of each stream in a cluster. Default 1. */
  readonly replicas?: number;
}

const MiB = 1024 * 1024;

const defaults = {
  prefix: 'tocsin',
  log: silentLogger,
  connectTimeoutMs: 5_000,
  retryForMs: 10_000,
  eventsMaxBytes: 2048 * MiB,
  outboxMaxBytes: 256 * MiB,
  deadMaxBytes: 64 * MiB,
  replicas: 1,
};

type Settings = NatsDriverOptions & typeof defaults;

/**
 * Connects to NATS (2.9 or newer, with JetStream) and makes the streams that are missing.
 * Rejects with `nats_unreachable`, also when JetStream refuses the streams, or with `config_invalid` when a stream of
 * ours exists with other settings.
 */
export async function createNatsDriver(options: NatsDriverOptions): Promise<Driver> {
  const settings: Settings = { ...defaults, ...options };
  const counters = createCounters();
  const links: Link[] = [];
  try {
    for (const role of ['ingest', 'control', 'state']) links.push(await openLink(settings, role, counters));
    return await assemble(settings, counters, links);
  } catch (error) {
    await Promise.all(links.map((link) => link.close()));
    throw error;
  }
}

export interface ConnectedBus {
  readonly bus: Bus;
  close(): Promise<void>;
}

/** One connection without streams, as any publisher has it. Rejects with `nats_unreachable`. */
export async function connectNatsBus(options: NatsDriverOptions): Promise<ConnectedBus> {
  const settings: Settings = { ...defaults, ...options };
  const { prefix, log } = settings;
  const nc = await dial({ ...settings, servers: settings, name: settings.name ?? prefix });
  const link = createLink(nc, { role: 'publish', log, counters: createCounters() });
  return { bus: createNatsBus({ link, prefix }), close: () => link.close() };
}

async function openLink(settings: Settings, role: string, counters: DriverCounters): Promise<Link> {
  const { log } = settings;
  const name = `${settings.name ?? settings.prefix} ${role}`;
  return createLink(await dial({ ...settings, servers: settings, name }), { role, log, counters });
}

async function assemble(settings: Settings, counters: DriverCounters, links: readonly Link[]): Promise<Driver> {
  const [ingest, control, state] = links as [Link, Link, Link];
  checkVersion(state, settings.log);
  const { prefix } = settings;
  const store = await openStore(settings, state);
  const streams = streamNames(prefix);
  const events = await ensureStreams(settings, store, streams);
  return {
    name: 'nats',
    bus: createNatsBus({ link: ingest, prefix }),
    control: createNatsBus({ link: control, prefix }),
    log: new NatsEventLog(store, events),
    outbox: new NatsOutbox(store, streams),
    assertNotCaptured: (subjects) => assertNotCaptured(store, subjects),
    counters: () => ({ ...counters }),
    close: async () => void (await Promise.all(links.map((link) => link.close()))),
  };
}

/** JetStream answers a little later than the server itself when it has much to load. */
async function openStore(settings: Settings, link: Link): Promise<Store> {
  const giveUpAt = performance.now() + settings.connectTimeoutMs;
  const { prefix, retryForMs } = settings;
  for (let attempt = 0; ; attempt++) {
    try {
      const jsm = await link.nc.jetstreamManager({ timeout: 2_000 });
      return { link, jsm, js: link.nc.jetstream({ timeout: 2_000 }), prefix, retryForMs, myTurn: inTurns() };
    } catch (cause) {
      if (performance.now() >= giveUpAt || settings.signal?.aborted) throw noJetStream(cause);
      if (attempt === 0) settings.log.warn({ err: cause }, 'JetStream does not answer, trying again');
    }
    await pause(backoffMs(attempt, 100, 1_000), settings.signal);
  }
}

function noJetStream(cause: unknown): TocsinError {
  const message =
    'NATS is there, but JetStream does not answer: start nats-server with -js and allow it for this account';
  return new TocsinError('nats_unreachable', message, { cause });
}

async function ensureStreams(settings: Settings, { jsm }: Store, names: StreamNames): Promise<StreamInfo> {
  const { prefix, replicas } = settings;
  const outbox = { name: names.outbox, subjects: [`${prefix}.outbox.*`], maxBytes: settings.outboxMaxBytes };
  const dead = { name: names.dead, subjects: [`${prefix}.dead.>`], maxBytes: settings.deadMaxBytes };
  const events = { name: names.events, subjects: [`${prefix}.events.>`], maxBytes: settings.eventsMaxBytes };
  await ensureStream(jsm, { ...outbox, kind: 'queue', replicas });
  await ensureStream(jsm, { ...dead, kind: 'latest', replicas });
  return ensureStream(jsm, { ...events, kind: 'log', replicas });
}

function checkVersion({ nc }: Link, log: Logger): void {
  const version = nc.info?.version ?? '0.0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const rank = major * 1_000 + minor;
  if (rank < 2_009) throw new TocsinError('nats_unreachable', `nats-server ${version} is too old: 2.9 is needed`);
  if (rank < 2_011) log.warn({ version }, 'this nats-server misses security fixes: 2.11 or newer is recommended');
}
