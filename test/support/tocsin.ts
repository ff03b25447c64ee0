import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Ready {
  readonly url: string;
  readonly bus: string;
}

/** The built command, run as a user would, with a private nats-server and a folder of its own. */
export class TocsinProcess implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tocsin-run-'));
  #child: ChildProcess | undefined;
  #listen = '127.0.0.1:0';
  #ready: Ready | undefined;

  readonly #source: string;

  /** `config` is the text of a configuration file; without it, the demo runs. */
  constructor(config?: string) {
    this.#source = config === undefined ? '--demo' : join(this.#folder, 'tocsin.yaml');
    if (config !== undefined) writeFileSync(this.#source, config);
  }

  /** Address of the page; the same after another start. */
  get url(): string {
    return this.#ready!.url;
  }

  get nats(): string {
    return /nats:\/\/[\d.:]+/.exec(this.#ready!.bus)![0];
  }

  async start(): Promise<void> {
    const data = join(this.#folder, 'data');
    const args = ['run', this.#source, '--json', '--listen', this.#listen, '--data', data];
    this.#child = spawn(process.execPath, ['dist/bin/tocsin.js', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#ready = await readyLine(this.#child);
    this.#listen = new URL(this.url).host;
  }

  /** Writes another text into the configuration file. */
  rewrite(config: string): void {
    writeFileSync(this.#source, config);
  }

  hangUp(): void {
    this.#child!.kill('SIGHUP');
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What is printed after the first line is read and dropped, so that it never fills the pipe. */
async function readyLine(child: ChildProcess): Promise<Ready> {
  const lines = createInterface({ input: child.stdout! });
  const line = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    lines.once('close', () => reject(new Error('tocsin ended before it was ready')));
  });
  return JSON.parse(line).ready;
}
