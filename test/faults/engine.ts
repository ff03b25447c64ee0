import { CommandProcess } from '../support/command-process.js';
import { freePort } from '../support/free-port.js';
import { type HttpAnswer, http } from '../support/outside.js';

/** The command as a process of its own that is ended and started again, always at the same address. */
export class EngineProcess implements AsyncDisposable {
  readonly url: string;
  readonly #config: string;
  #process: CommandProcess | undefined;

  private constructor(config: string, port: number) {
    this.#config = config;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async create(config: string): Promise<EngineProcess> {
    return new EngineProcess(config, await freePort());
  }

  /** Starts the process; it may not be ready yet. */
  spawn(): void {
    this.#process = CommandProcess.run(this.#config, { listen: new URL(this.url).host });
  }

  async ready(): Promise<void> {
    await this.#process!.url();
  }

  async start(): Promise<void> {
    this.spawn();
    await this.ready();
  }

  /** Exit status, null when it was killed. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const ending = this.#process!;
    this.#process = undefined;
    const status = await ending.end(signal);
    await ending[Symbol.asyncDispose]();
    return status;
  }

  get(path: string): Promise<HttpAnswer> {
    return http(`${this.url}${path}`);
  }

  post(path: string, body: unknown): Promise<HttpAnswer> {
    const headers = { 'content-type': 'application/json' };
    return http(`${this.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers });
  }

  /** Whether `/readyz` says so; an engine that does not answer is not ready. */
  async isReady(): Promise<boolean> {
    return this.get('/readyz').then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }
}
