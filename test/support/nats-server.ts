import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
  /** Freezes it with its sockets open; resolves when no thread of it runs any more. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Starts it on the same port and store, with further lines of configuration. */
  restart(...settings: string[]): Promise<void>;
  /** Ends it and removes its folder. Idempotent. */
  stop(): Promise<void>;
}

export async function startTestNats(): Promise<TestNats> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-nats-'));
  const options = { binary: findNatsServer(process.env), folder, name: 'test' };
  const start = async (more: { port?: number; settings?: readonly string[] } = {}) => {
    const started = await spawnNatsServer({ ...options, ...more });
    endWithUs(started, folder);
    return started;
  };
  let server = await start();
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
    async freeze() {
      server.signal('SIGSTOP');
      while (!isStopped(server.pid)) await sleep(1);
    },
    thaw: () => server.signal('SIGCONT'),
    async restart(...settings) {
      server = await start({ port, settings });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The server has a process group of its own: without this it would outlive a test that is killed. */
function endWithUs({ pid, exited }: NatsProcess, folder: string): void {
  const script = 'read -r _; kill -9 "$1"; rm -rf "$2"';
  const stdio = ['pipe', 'ignore', 'ignore'] as const;
  const watch = spawn('sh', ['-c', script, 'watch', String(pid), folder], { detached: true, stdio: [...stdio] });
  watch.unref();
  void exited.then(() => watch.kill('SIGKILL'));
}

/** A signal reaches one thread first; until that one has run, the others go on. */
function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  try {
    return readdirSync(tasks).every((task) => /\) [Tt] /.test(readFileSync(join(tasks, task, 'stat'), 'utf8')));
  } catch {
    return false; // a thread has just ended
  }
}
