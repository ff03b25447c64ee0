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
      const { pid, port } = this.#server;
      writeLock(this.#options.folder, { ...this.#options.lock, server: { ...processId(pid), port } });
      await this.#server.exited;
      if (!this.#stopped) await this.#respawn();
    }
  }

  async #respawn(): Promise<void> {
    const { binary, folder, lock } = this.#options;
    const { port } = this.#server;
    const onSpawn = (pid: number) => writeLock(folder, { ...lock, server: processId(pid) });
    this.#log.error({ port }, 'the private nats-server has ended, starting it again');
    while (!this.#stopped) {
      await sleep(respawnMs);
      try {
        this.#server = await spawnNatsServer({ binary, folder, name: lock.name, port, onSpawn });
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
