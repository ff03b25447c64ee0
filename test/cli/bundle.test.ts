import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const tocsin = join('dist', 'bin', 'tocsin.js');
const linked: string = JSON.parse(readFileSync('package.json', 'utf8')).bin.tocsin;

describe('the command in one file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tocsin-bundle-'));
    await run(process.execPath, ['scripts/build.mjs', '--command']);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('runs by itself and knows its version', async () => {
    const { stdout } = await run(tocsin, ['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const child = spawn(tocsin, ['--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s stops the demo and its private nats-server', async (signal) => {
    const child = spawn(tocsin, ['run', '--demo', '--json', '--listen', '127.0.0.1:0', '--data', folder]);
    const { bus } = await ready(child);
    const port = Number(/:(\d+),/.exec(bus)![1]);
    child.kill(signal);
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    await expect(run('node', ['-e', connectTo(port)])).rejects.toThrow('ECONNREFUSED');
  });
});

describe('the command that npm links', () => {
  it('is part of a checkout and runs its build', async () => {
    const { stdout: tracked } = await run('git', ['ls-files', '--stage', linked]);
    expect(tracked).toMatch(/^100755 /);
    const { stdout } = await run(linked, ['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('says what to do where there is no build and none can be made', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-linked-'));
    try {
      cpSync(linked, join(folder, linked));
      const failed = run(join(folder, linked), ['--version']);
      await expect(failed).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('npm ci && npm run build'),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function ready(child: ChildProcess): Promise<{ bus: string }> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line).ready;
  throw new Error('it ended before it was ready');
}

function connectTo(port: number): string {
  return `require('node:net').connect(${port}, '127.0.0.1')`;
}
