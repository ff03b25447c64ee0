import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TocsinError } from '../model/errors.js';

export interface NatsProcessOptions {
  readonly binary: string;
  /** Holds store, log and generated configuration. */
  readonly folder: string;
  /** Name under which the server introduces itself. */
  readonly name: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Further lines of its configuration. */
  readonly settings?: readonly string[];
  /** Called with the process id before the server listens. */
  readonly onSpawn?: (pid: number) => void;
}

export interface NatsProcess {
  readonly pid: number;
  readonly port: number;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
}

const startMs = 15_000;
const pollMs = 20;

/**
 * Starts a nats-server with JetStream on the loopback address, in a process group of its own, so that a Ctrl-C meant
 * for us does not take it away. Resolves when it listens; rejects with `nats_unreachable`.
 */
export async function spawnNatsServer(options: NatsProcessOptions): Promise<NatsProcess> {
  const portsFolder = join(options.folder, 'ports');
  rmSync(portsFolder, { recursive: true, force: true });
  mkdirSync(portsFolder, { recursive: true });
  const config = join(options.folder, 'nats-server.conf');
  writeFileSync(config, configText(options, portsFolder), { mode: 0o600 });
  const child = spawn(options.binary, ['-c', config], { detached: true, stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  try {
    if (child.pid !== undefined) options.onSpawn?.(child.pid);
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    throw error;
  }
  const port = await listening(child, exited, portsFolder);
  if (port === undefined) throw startFailure(options);
  child.unref();
  return { pid: child.pid!, port, exited, signal: (signal) => void child.kill(signal) };
}

/** The streams reserve their sizes; the default of the server, a share of the disk, may be less than that. */
function configText({ folder, name, port, settings = [] }: NatsProcessOptions, portsFolder: string): string {
  const text = JSON.stringify;
  return [
    'host: "127.0.0.1"',
    `port: ${port ?? -1}`,
    `server_name: ${text(name)}`,
    `ports_file_dir: ${text(portsFolder)}`,
    `logfile: ${text(logFile(folder))}`,
    'logfile_size_limit: 4MB',
    `jetstream { store_dir: ${text(join(folder, 'store'))}, max_file_store: 1TB }`,
    ...settings,
    '',
  ].join('\n');
}

function logFile(folder: string): string {
  return join(folder, 'nats-server.log');
}

/** The server writes its addresses into a file of its own once it listens. */
async function listening(child: ChildProcess, exited: Promise<void>, folder: string): Promise<number | undefined> {
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  for (const giveUpAt = performance.now() + startMs; !ended && performance.now() < giveUpAt; ) {
    const port = readPort(folder);
    if (port !== undefined) return port;
    await sleep(pollMs);
  }
  child.kill('SIGKILL');
  await exited;
  return undefined;
}

function readPort(folder: string): number | undefined {
  try {
    const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
    if (file === undefined) return undefined;
    const { nats } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { nats?: string[] };
    return nats?.[0] === undefined ? undefined : Number(new URL(nats[0]).port);
  } catch {
    return undefined; // still being written
  }
}

function startFailure({ binary, folder }: NatsProcessOptions): TocsinError {
  const reason = lastLogLine(folder);
  return new TocsinError('nats_unreachable', `${binary} did not start${reason ? `: ${reason}` : ''}`, {
    value: binary,
  });
}

function lastLogLine(folder: string): string | undefined {
  try {
    return readFileSync(logFile(folder), 'utf8').trimEnd().split('\n').at(-1);
  } catch {
    return undefined;
  }
}
