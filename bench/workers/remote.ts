import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { bundle } from '../bundle.js';

/** What one process of a scenario can be asked to do. Arguments and answers travel as JSON. */
export type Calls = Readonly<Record<string, (argument: never) => unknown>>;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string };

/** Makes this process answer. It ends with its parent. */
export function serve(calls: Calls): void {
  const reply = (answer: Answer) => void process.send?.(answer);
  process.on('message', ({ id, name, argument }: Question) => {
    void (async () => calls[name]!(argument as never))().then(
      (value) => reply({ id, value }),
      (error: unknown) => reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.once('disconnect', () => process.exit());
}

/** A process that runs `file` of this folder, until disposed of. */
export class Remote<C extends Calls> implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #questions = 0;

  /** `flags`: of Node. */
  constructor(file: string, flags: readonly string[] = []) {
    this.#child = fork(bundle(`workers/${file}`), { execArgv: [...flags] });
    this.#exited = once(this.#child, 'exit');
  }

  /** Rejects when the call fails, when the process ends, and after `withinMs`. */
  call<N extends keyof C & string>(
    name: N,
    argument: Parameters<C[N]>[0],
    withinMs = 30_000,
  ): Promise<Awaited<ReturnType<C[N]>>> {
    const id = ++this.#questions;
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#child.off('message', hear).off('exit', ended);
      };
      const hear = (answer: Answer) => {
        if (answer.id !== id) return;
        done();
        if ('error' in answer) reject(new Error(`${name}: ${answer.error}`));
        else resolve(answer.value as Awaited<ReturnType<C[N]>>);
      };
      const fail = (reason: string) => {
        done();
        reject(new Error(`${name}: ${reason}`));
      };
      const ended = (code: number | null, signal: string | null) => fail(`the process ended with ${signal ?? code}`);
      const timer = setTimeout(() => fail(`no answer within ${withinMs} ms`), withinMs);
      this.#child.on('message', hear).once('exit', ended);
      this.#child.send({ id, name, argument } satisfies Question, (error) => {
        if (error) fail(error.message);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
