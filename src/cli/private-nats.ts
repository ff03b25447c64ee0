import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TocsinError } from '../model/errors.js';
import type { Logger } from '../model/logger.js';
import type { NatsProcess } from './nats-process.js';
import { enter, NatsSupervisor, natsUrl, startServer } from './nats-supervisor.js';
import { answers, type Lock, readLock, removeLock, takeLock } from './private-nats-lock.js';
import { isAlive, type ProcessId, processId } from './process-id.js';

export interface PrivateNatsOptions {
  /** Path of nats-server. */
  readonly binary: string;
  /** The server keeps its store, log and lock in `<dataDir>/nats`. */
  readonly dataDir: string;
  readonly log?: Logger;
}

export interface PrivateNats {
  readonly url: string;
  /** It ran already. */
  readonly adopted: boolean;
  /** Ends the server. Bounded in time. Idempotent. */
  stop(): Promise<void>;
}

const startWaitMs = 20_000;
const pollMs = 50;
const orphanPollMs = 200;

/**
 * Starts a nats-server for this engine alone, or adopts the one that an engine left behind in the same data
 * folder. It is started again on its port when it dies. Rejects with `data_in_use` or `nats_unreachable`.
 */
export async function startPrivateNats(options: PrivateNatsOptions): Promise<PrivateNats> {
  const folder = natsFolder(options.dataDir);
  const mine: Lock = { owner: processId(process.pid), name: `tocsin-${randomBytes(8).toString('hex')}` };
  for (const giveUpAt = performance.now() + startWaitMs; performance.now() < giveUpAt; await sleep(pollMs)) {
    if (takeLock(folder, mine)) return startOwn(options, folder, mine);
    const lock = readLock(folder);
    if (lock && (await answers(lock))) return adopt(options, folder, lock);
    if (!lock || !isAlive(lock.owner)) clearAway(folder, lock);
  }
  throw new TocsinError('nats_unreachable', `${folder} is in use by a nats-server that does not answer`);
}

/** URL of the private server that runs on `dataDir`, if one does. */
export async function findPrivateNats(dataDir: string): Promise<string | undefined> {
  const lock = readLock(natsFolder(dataDir));
  return lock && (await answers(lock)) ? natsUrl(lock.server!.port!) : undefined;
}

/** A lock that nobody holds. A server that was left before it listened is of no use to anybody. */
function clearAway(folder: string, lock: Lock | undefined): void {
  const left = lock?.server;
  if (!left || !isAlive(left)) removeLock(folder);
  else if (left.port === undefined) process.kill(left.pid, 'SIGKILL');
}

async function startOwn(options: PrivateNatsOptions, folder: string, lock: Lock): Promise<PrivateNats> {
  const own = { ...options, folder, lock, adopted: false };
  try {
    return new NatsSupervisor(own, await startServer(own));
  } catch (error) {
    removeLock(folder);
    throw error;
  }
}

/** One that was left behind becomes ours. Two engines on one log would undo each other's alerts. */
function adopt(options: PrivateNatsOptions, folder: string, lock: Lock): PrivateNats {
  const { owner } = lock;
  if (isAlive(owner)) {
    throw new TocsinError(
      'data_in_use',
      `${options.dataDir} belongs to another engine that runs, process ${owner.pid}`,
    );
  }
  const server = orphan(lock.server!, lock.server!.port!);
  const mine = { ...lock, owner: processId(process.pid) };
  enter(folder, mine, server);
  return new NatsSupervisor({ ...options, folder, lock: mine, adopted: true }, server);
}

/** A server that another process started: its end can only be looked for. */
function orphan(id: ProcessId, port: number): NatsProcess {
  let exited: Promise<void> | undefined;
  const ended = async () => {
    while (isAlive(id)) await sleep(orphanPollMs, undefined, { ref: false });
  };
  return {
    pid: id.pid,
    port,
    get exited() {
      exited ??= ended();
      return exited;
    },
    signal: (signal) => void (isAlive(id) && process.kill(id.pid, signal)),
  };
}

function natsFolder(dataDir: string): string {
  return resolve(dataDir, 'nats');
}
