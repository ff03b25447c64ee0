import type { ClientMessage, ServerMessage } from '../model/wire.js';
import { ClientError } from './types.js';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: ClientError): void;
  readonly timer: ReturnType<typeof setTimeout>;
}

const timeoutMs = 10_000;

/** Commands that wait for their answer. */
export class Commands {
  readonly #waiting = new Map<number, Waiting>();
  #nextRef = 1;

  /** Rejects with `timeout` after 10 s, and with whatever code the server refuses. */
  run(name: string, args: unknown, send: (message: ClientMessage) => void): Promise<unknown> {
    const ref = this.#nextRef++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(ref);
        reject(new ClientError('timeout', `no answer to ${name} within ${timeoutMs / 1000} s`, true));
      }, timeoutMs);
      this.#waiting.set(ref, { resolve, reject, timer });
      send({ op: 'command', ref, name, args });
    });
  }

  /** Whether `message` was an answer to a command. */
  handle(message: ServerMessage): boolean {
    if ((message.op !== 'ok' && message.op !== 'error') || message.ref === undefined) return false;
    const waiting = this.#take(message.ref);
    if (message.op === 'ok') waiting?.resolve(message.result);
    else waiting?.reject(new ClientError(message.code, message.message, message.temporary));
    return true;
  }

  /** The connection is gone: whether they were carried out is unknown. */
  lost(): void {
    for (const ref of [...this.#waiting.keys()]) {
      this.#take(ref)?.reject(
        new ClientError('connection_lost', 'the connection was lost before the answer came', true),
      );
    }
  }

  #take(ref: number): Waiting | undefined {
    const waiting = this.#waiting.get(ref);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(ref);
    return waiting;
  }
}
