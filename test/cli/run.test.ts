import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Deferred, deferred } from '../../src/cli/deferred.js';
import type { Io } from '../../src/cli/io.js';
import type { RunOptions } from '../../src/cli/options.js';
import { runCli } from '../../src/cli/program.js';
import { runEngine } from '../../src/cli/run/run-engine.js';
import { createTestIo } from './test-io.js';

const noServer = { TOCSIN_NATS_SERVER: '/nonexistent/nats-server' };

describe('tocsin run', () => {
  let folder: string;
  let running: Running[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-run-'));
    running = [];
  });
  afterEach(async () => {
    for (const { stop, ended } of running) {
      stop.resolve();
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('says where it is when it is ready, answers there, and ends with 0 when asked to stop', async () => {
    const { ready, stop, ended } = run('nats: { inProcess: true }');
    const { url } = await ready();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    stop.resolve();
    await expect(ended).resolves.toBe(0);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('prints readiness and then each alert event as JSON lines when asked', async () => {
    const { ready, stdout, line } = run('nats: { inProcess: true }');
    const { url } = await ready();
    const body = JSON.stringify({ title: 'Disk full', source: 'db-1' });
    await fetch(`${url}/v1/alerts`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    await line('"type":"opened"');
    expect(stdout.slice(0, 2).map((text) => JSON.parse(text))).toMatchObject([{ ready: { url } }, { type: 'opened' }]);
  });

  it('F3 with NATS absent at start stays alive, says that it is not ready, and ends with 0 when asked to stop', async () => {
    const port = await freePort();
    const { line, stop, ended } = run('nats: { url: "nats://127.0.0.1:1" }', { host: '127.0.0.1', port });
    await line('NATS cannot be reached, trying again');
    const url = `http://127.0.0.1:${port}`;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    stop.resolve();
    await expect(ended).resolves.toBe(0);
  });

  it('an address in use ends with 69 and says how to choose another', async () => {
    const { server, port } = await occupied();
    const io = createTestIo();
    const status = await runCli(['run', configFile('nats: { inProcess: true }'), '--listen', `127.0.0.1:${port}`], io);
    server.close();
    expect(status).toBe(69);
    expect(io.stderr.join('\n')).toMatch(new RegExp(`port_taken .*${port}[^]*--listen`));
  });

  it('without any nats-server a configuration ends with 69 and says what to do', async () => {
    const io = createTestIo({ env: noServer });
    expect(await runCli(['run', configFile('{}'), '--listen', '127.0.0.1:0', '--data', folder], io)).toBe(69);
    expect(io.stderr.join('\n')).toMatch(/^nats_missing .*\n {3}install it/m);
  });

  it('without any nats-server the demo runs in process, and says so', async () => {
    const { ready } = demo(noServer);
    expect((await ready()).bus).toContain('no nats-server');
  });

  it('the demo runs on a private nats-server, where any client can publish', async () => {
    const { ready } = demo(process.env);
    expect((await ready()).bus).toMatch(/^nats:\/\/127\.0\.0\.1:\d+, a private nats-server/);
    const io = createTestIo();
    expect(await runCli(['publish', 'cpu.usage', '12', '--source', 'web-1', '--data', folder], io)).toBe(0);
    expect(io.stdout).toEqual(['accepted  metrics.web-1.cpu.usage = 12']);
  });

  it('a configuration with mistakes ends with 78 before anything is started', async () => {
    const io = createTestIo();
    expect(await runCli(['run', configFile('prfix: a')], io)).toBe(78);
    expect(io.stderr.join('\n')).toContain('unknown key "prfix"');
  });

  function configFile(text: string): string {
    const file = join(folder, 'tocsin.yaml');
    writeFileSync(file, text);
    return file;
  }

  function run(config: string, listen = { host: '127.0.0.1', port: 0 }): Running {
    return keep(startRun(configFile(config), { ...options(), listen }, {}));
  }

  function demo(env: Io['env']): Running {
    return keep(startRun(undefined, { ...options(), demo: true, listen: { host: '127.0.0.1', port: 0 } }, env));
  }

  function options(): RunOptions {
    return { demo: false, data: folder, json: true };
  }

  function keep(run: Running): Running {
    running.push(run);
    return run;
  }
});

interface Running {
  readonly stdout: readonly string[];
  ready(): Promise<{ readonly url: string; readonly bus: string }>;
  readonly stop: Deferred<void>;
  readonly ended: Promise<number>;
  /** The first line on either stream that holds `text`, now or later. */
  line(text: string): Promise<string>;
}

function startRun(file: string | undefined, options: RunOptions, env: Io['env']): Running {
  const lines = new Lines();
  const stdout: string[] = [];
  const stop = deferred<void>();
  const out = (line: string) => {
    stdout.push(line);
    lines.add(line);
  };
  const io = createTestIo({ out, err: (line) => lines.add(line), env });
  const signal = {
    requested: stop.promise,
    insisted: new Promise<never>(() => {}),
    onHangUp: () => {},
    dispose: () => {},
  };
  const ended = runEngine(file, options, io, signal);
  const line = (text: string) =>
    Promise.race([lines.find(text), ended.then(() => Promise.reject(new Error('it ended')))]);
  return { stdout, stop, ended, line, ready: async () => JSON.parse(await line('"ready"')).ready };
}

/** Lines that were written, and those who wait for one. */
class Lines {
  readonly #lines: string[] = [];
  readonly #waiting: { text: string; found: (line: string) => void }[] = [];

  add(line: string): void {
    this.#lines.push(line);
    for (const { text, found } of this.#waiting) if (line.includes(text)) found(line);
  }

  find(text: string): Promise<string> {
    const known = this.#lines.find((line) => line.includes(text));
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((found) => this.#waiting.push({ text, found }));
  }
}

async function occupied(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

async function freePort(): Promise<number> {
  const { server, port } = await occupied();
  server.close();
  await once(server, 'close');
  return port;
}
