import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, silentLogger } from '../model/logger.js';
import { bounded } from '../streams/driver/pause.js';
import { type NatsProcess, spawnNatsServer } from './nats-process.js';
import { type Lock, removeLock, writeLock } from './private-nats-lock.js';
import { processId } from './process-id.js';

export interface SupervisorOptions {
  readonly binary: string;
  readonly folder: string;
  readonly lock: Lock;
  readonly adopted: boolean;
  readonly log?: Logger;
}

const stopMs = 5_000;
const respawnMs = 500;

export function natsUrl(port: number): string {
  return `nats://127.0.0.1:${port}`;
}

/** Starts a server and writes down that it is ours; one that cannot be written down is ended again. */
export async function startServer({ binary, folder, lock }: SupervisorOptions, port?: number): Promise<NatsProcess> {
  const onSpawn = (pid: number) => writeLock(folder, { ...lock, server: processId(pid) });
  const place = port === undefined ? {} : { port };
  const server = await spawnNatsServer({ binary, folder, name: lock.name, onSpawn, ...place });
  try {
    enter(folder, lock, server);
    return server;
  } catch (error) {
    await terminate(server);
    throw error;
  }
}

/** Says in the lock where the server is reached. */
export function enter(folder: string, lock: Lock, { pid, port }: NatsProcess): void {
  writeLock(folder, { ...lock, server: { ...processId(pid), port } });
}

/** Keeps a nats-server of ours running on its port until it is stopped. */
export class NatsSupervisor {
  readonly url: string;
  readonly adopted: boolean;
  readonly #options: SupervisorOptions;
  readonly #log: Logger;
  readonly #watching: Promise<void>;
  #server: NatsProcess;
  #stopped: Promise<void> | undefined;

  constructor(options: SupervisorOptions, server: NatsProcess) {
    this.url = natsUrl(server.port);
    this.adopted = options.adopted;
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    this.#server = server;
    this.#watching = this.#watch();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      await this.#server.exited;
      if (!this.#stopped) await this.#respawn();
    }
  }

  async #respawn(): Promise<void> {
    const { port } = this.#server;
    this.#log.error({ port }, 'the private nats-server has ended, starting it again');
    while (!this.#stopped) {
      await sleep(respawnMs);
      try {
        this.#server = await startServer(this.#options, port);
        return;
      } catch (err) {
        this.#log.error({ err }, 'the private nats-server does not start');
      }
    }
  }

  /** A server may just be starting again: what comes out of that is ended too. */
  async #stop(): Promise<void> {
    await terminate(this.#server);
    await this.#watching;
    await terminate(this.#server);
    removeLock(this.#options.folder);
  }
}

async function terminate(server: NatsProcess): Promise<void> {
  server.signal('SIGTERM');
  await bounded(server.exited, stopMs);
  server.signal('SIGKILL');
  await bounded(server.exited, stopMs);
}
