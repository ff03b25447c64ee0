import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface RunSettings {
  readonly listen?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** The built command, as a user runs it: a process of its own, in a folder of its own. */
export class CommandProcess implements AsyncDisposable {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  /** Exit status; null when a signal ended it. */
  readonly exited: Promise<number | null>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = process.env, folder = temporaryFolder()) {
    this.#folder = folder;
    const program = join(process.cwd(), 'dist/bin/tocsin.js');
    this.#child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.#child, 'close').then(([code]) => code as number | null);
    this.#collect(this.#child.stdout!, this.stdout);
    this.#collect(this.#child.stderr!, this.stderr);
  }

  /** Runs `tocsin run` on a configuration, on a free port unless told otherwise. */
  static run(config: string, { listen = '127.0.0.1:0', env = process.env }: RunSettings = {}): CommandProcess {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'tocsin.yaml'), config);
    return new CommandProcess(['run', 'tocsin.yaml', '--listen', listen], env, folder);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The first line on either stream that matches, now or later. Rejects when the process ends without one. */
  line(pattern: RegExp): Promise<string> {
    const find = () => [...this.stdout, ...this.stderr].find((line) => pattern.test(line));
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = find();
        if (found === undefined) return;
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
      void this.exited.then((code) => reject(new Error(`it ended with ${code}:\n${this.stderr.join('\n')}`)));
    });
  }

  /** Base address of the running engine, as the banner tells it. */
  async url(): Promise<string> {
    return /http:\/\/[^/]+/.exec(await this.line(/Dashboard/))![0];
  }

  /** Sends a signal and resolves with the exit status. */
  async end(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #collect(stream: NodeJS.ReadableStream, into: string[]): void {
    createInterface({ input: stream }).on('line', (line) => {
      into.push(line);
      for (const check of [...this.#waiting]) check();
    });
  }
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tocsin-command-'));
}
