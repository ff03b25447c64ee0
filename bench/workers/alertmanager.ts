import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.js';

const readyMs = 10_000;

/** Debian's Alertmanager, which tells a webhook of each alert by itself and at once. */
export class Alertmanager implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;
  /** Resolves with why. */
  readonly #exited: Promise<string>;
  readonly #folder: string;

  private constructor([program, ...words]: readonly string[], hookUrl: string, port: number) {
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = mkdtempSync(join(tmpdir(), 'tocsin-alertmanager-'));
    const config = join(this.#folder, 'alertmanager.yml');
    writeFileSync(config, configText(hookUrl));
    const options = [
      `--config.file=${config}`,
      `--storage.path=${join(this.#folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      '--log.level=error',
    ];
    this.#child = spawn(program!, [...words, ...options], { stdio: 'ignore' });
    this.#exited = once(this.#child, 'exit').then(
      () => 'it ended',
      (error: Error) => error.message,
    );
    process.once('exit', () => this.#child.kill('SIGKILL'));
  }

  /** `command`: the words that begin its command line. */
  static async start(command: readonly string[], hookUrl: string): Promise<Alertmanager> {
    const started = new Alertmanager(command, hookUrl, await freePort());
    const failure = await Promise.race([started.#ready(), started.#exited]);
    if (failure === undefined) return started;
    await started[Symbol.asyncDispose]();
    throw new Error(`Alertmanager does not run: ${failure}`);
  }

  /** Resolves with nothing, or with what keeps it from being ready. */
  async #ready(): Promise<string | undefined> {
    for (const endAt = performance.now() + readyMs; performance.now() < endAt; await pause(50)) {
      if (await this.#isReady()) return undefined;
    }
    return `it is not ready within ${readyMs} ms`;
  }

  async #isReady(): Promise<boolean> {
    return await fetch(`${this.url}/-/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** JSON is YAML. */
function configText(hookUrl: string): string {
  const route = { receiver: 'hook', group_by: ['...'], group_wait: '0s', group_interval: '1m', repeat_interval: '4h' };
  const receivers = [{ name: 'hook', webhook_configs: [{ url: hookUrl, send_resolved: false }] }];
  return JSON.stringify({ route, receivers });
}
