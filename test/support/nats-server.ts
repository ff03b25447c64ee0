import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer } from '../../src/cli/nats-binary.js';
import { type NatsProcess, spawnNatsServer } from '../../src/cli/nats-process.js';

/** A real nats-server with JetStream for one test file, on a port and in a folder of its own. */
export interface TestNats extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it as a crash would: nothing is flushed, nobody is told. */
  kill(): Promise<void>;
  /** Ends it in an orderly way. */
  shutDown(): Promise<void>;
  /** Freezes it with its sockets open. */
  freeze(): void;
  thaw(): void;
  /** Starts it on the same port and store, with further lines of configuration. */
  restart(...settings: string[]): Promise<void>;
  /** Ends it and removes its folder. Idempotent. */
  stop(): Promise<void>;
}

export async function startTestNats(): Promise<TestNats> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-nats-'));
  const options = { binary: findNatsServer(process.env), folder, name: 'test' };
  let server: NatsProcess = await spawnNatsServer(options);
  const { port } = server;
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    server.signal(signal);
    await server.exited;
  };
  const stop = async () => {
    await end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    kill: () => end('SIGKILL'),
    shutDown: () => end('SIGTERM'),
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    async restart(...settings) {
      server = await spawnNatsServer({ ...options, port, settings });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
