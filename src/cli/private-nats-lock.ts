import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { ProcessId } from './process-id.js';

/** Says whose server works in a folder: nats-server itself would let two share one store. */
export interface Lock {
  /** Process that starts and stops the server. */
  readonly owner: ProcessId;
  /** Under which the server introduces itself. */
  readonly name: string;
  /** Its port is absent while it starts. */
  readonly server?: ProcessId & { readonly port?: number };
}

const greetingMs = 1_000;

/** Takes the folder; `false` when it is taken. In one step, so that nobody reads half a lock. */
export function takeLock(folder: string, lock: Lock): boolean {
  mkdirSync(folder, { recursive: true });
  const draft = writeDraft(folder, lock);
  try {
    linkSync(draft, lockFile(folder));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

export function writeLock(folder: string, lock: Lock): void {
  renameSync(writeDraft(folder, lock), lockFile(folder));
}

export function readLock(folder: string): Lock | undefined {
  try {
    return JSON.parse(readFileSync(lockFile(folder), 'utf8')) as Lock;
  } catch {
    return undefined;
  }
}

export function removeLock(folder: string): void {
  rmSync(lockFile(folder), { force: true });
}

/** Whether the server of the lock greets under its name: the port may belong to another by now. */
export function answers({ server, name }: Lock): Promise<boolean> {
  const port = server?.port;
  if (port === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    const finish = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.setTimeout(greetingMs, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('data', (greeting) => finish(greeting.toString().includes(`"server_name":"${name}"`)));
  });
}

function writeDraft(folder: string, lock: Lock): string {
  const draft = `${lockFile(folder)}.${lock.name}`;
  writeFileSync(draft, JSON.stringify(lock));
  return draft;
}

function lockFile(folder: string): string {
  return join(folder, 'nats-server.lock');
}
