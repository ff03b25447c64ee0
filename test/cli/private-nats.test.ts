import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNatsServer } from '../../src/cli/nats-binary.js';
import { findPrivateNats, type PrivateNats, startPrivateNats } from '../../src/cli/private-nats.js';
import { processId } from '../../src/cli/process-id.js';
import { connectNatsBus } from '../../src/streams/nats.js';
import { isRunning } from '../support/process-tree.js';

const binary = findNatsServer(process.env);
let dataDir: string;
let servers: PrivateNats[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tocsin-private-'));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(): Promise<PrivateNats> {
  const server = await startPrivateNats({ binary, dataDir });
  servers.push(server);
  return server;
}

const lockFile = () => join(dataDir, 'nats', 'nats-server.lock');
const serverPid = () => (JSON.parse(readFileSync(lockFile(), 'utf8')) as { server: { pid: number } }).server.pid;

async function isReachable(url: string): Promise<boolean> {
  try {
    await (await connectNatsBus({ urls: [url], connectTimeoutMs: 200 })).close();
    return true;
  } catch {
    return false;
  }
}

/** An engine of its own, which owns the server until it is killed. */
async function startElsewhere(): Promise<ChildProcess> {
  const fixture = fileURLToPath(new URL('./fixtures/private-nats-owner.ts', import.meta.url));
  const args = ['--import', 'tsx', fixture, binary, dataDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

describe('a private nats-server', () => {
  it('listens on the loopback address, keeps its store in the data folder, and ends with stop', async () => {
    const server = await start();
    expect(server.url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
    expect(server.adopted).toBe(false);
    expect(await isReachable(server.url)).toBe(true);
    expect(await findPrivateNats(dataDir)).toBe(server.url);
    expect(existsSync(join(dataDir, 'nats', 'store', 'jetstream'))).toBe(true);
    await Promise.all([server.stop(), server.stop()]);
    expect(await isReachable(server.url)).toBe(false);
    expect(await findPrivateNats(dataDir)).toBeUndefined();
    expect(existsSync(lockFile())).toBe(false);
  });

  it('is not shared: a second engine on the folder is refused, and the first goes on', async () => {
    const owner = await start();
    await expect(start()).rejects.toMatchObject({
      code: 'data_in_use',
      message: expect.stringContaining(`${process.pid}`),
    });
    expect(await isReachable(owner.url)).toBe(true);
  });

  it('is started once when two engines start together, and the other is refused', async () => {
    const outcomes = await Promise.allSettled([start(), start()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('is adopted when its engine was killed, and ends with the one that adopted it', async () => {
    const engine = await startElsewhere();
    const url = await findPrivateNats(dataDir);
    await kill(engine);
    const server = await start();
    expect(server).toMatchObject({ url, adopted: true });
    await server.stop();
    expect(await isReachable(server.url)).toBe(false);
    expect(existsSync(lockFile())).toBe(false);
  });

  it('is started anew when only a dead lock is left', async () => {
    const engine = await startElsewhere();
    await kill(engine);
    process.kill(serverPid(), 'SIGKILL');
    const server = await start();
    expect(server.adopted).toBe(false);
    expect(await isReachable(server.url)).toBe(true);
  });

  it('is started anew when the lock names processes that are others by now', async () => {
    const reused = { pid: process.pid, mark: 'another boot' };
    await (await start()).stop();
    writeFileSync(lockFile(), JSON.stringify({ owner: reused, name: 'gone', server: { ...reused, port: 1 } }));
    const server = await start();
    expect(server.adopted).toBe(false);
  });

  it('is started anew when its engine was killed before it listened, and the half-started one is ended', async () => {
    await (await start()).stop();
    const dead = { pid: 1, mark: 'another boot' };
    const half = spawn('sleep', ['60']);
    const lock = { owner: dead, name: 'half', server: processId(half.pid!) };
    writeFileSync(lockFile(), JSON.stringify(lock));
    const [server] = await Promise.all([start(), once(half, 'exit')]);
    expect(server.adopted).toBe(false);
  });

  it.each(['', 'not json'])('is started anew when the lock holds %j', async (content) => {
    await (await start()).stop();
    writeFileSync(lockFile(), content);
    expect((await start()).adopted).toBe(false);
  });

  it('comes back on its port when it is killed', async () => {
    const server = await start();
    const pid = serverPid();
    process.kill(pid, 'SIGKILL');
    await expect.poll(serverPid, { timeout: 10_000 }).not.toBe(pid);
    expect(await isReachable(server.url)).toBe(true);
  });

  it('rejects with nats_unreachable and the reason when the binary does not start', async () => {
    const starting = startPrivateNats({ binary: '/bin/false', dataDir });
    await expect(starting).rejects.toMatchObject({ code: 'nats_unreachable', message: '/bin/false did not start' });
    expect(existsSync(lockFile())).toBe(false);
  });
});

describe('a nats-server that cannot be written down as ours', () => {
  it('is ended before the start rejects', async () => {
    const script = join(dataDir, 'wrapped');
    const pidFile = join(dataDir, 'pid');
    const lines = [
      '#!/bin/sh',
      `echo $$ > '${pidFile}'`,
      `until grep -q '"server"' '${lockFile()}'; do sleep 0.02; done`,
      // A folder in place of the lock: nothing can be renamed onto it.
      `rm '${lockFile()}' && mkdir -p '${lockFile()}/x'`,
      `exec '${binary}' "$@"`,
    ];
    writeFileSync(script, `${lines.join('\n')}\n`, { mode: 0o755 });
    await expect(startPrivateNats({ binary: script, dataDir })).rejects.toThrow();
    expect(isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
  });
});

describe('looking for nats-server', () => {
  const nowhere = { PATH: '', XDG_CACHE_HOME: '/nowhere' };

  it('takes the one that is named, before all others', () => {
    expect(findNatsServer({ ...nowhere, TOCSIN_NATS_SERVER: '/bin/false' })).toBe('/bin/false');
  });

  it('says nats_missing when the one that is named cannot be run', () => {
    const find = () => findNatsServer({ ...process.env, TOCSIN_NATS_SERVER: '/nowhere/nats-server' });
    expect(find).toThrowError(expect.objectContaining({ code: 'nats_missing' }));
  });

  it('takes the one on the PATH', () => {
    writeFileSync(join(dataDir, 'nats-server'), '', { mode: 0o755 });
    expect(findNatsServer({ ...nowhere, PATH: `/nowhere:${dataDir}` })).toBe(join(dataDir, 'nats-server'));
  });
});
