import type { ClientMessage, ServerMessage } from '../model/wire.js';
import { ClientError } from './types.js';

interface Waiting {
  readonly message: ClientMessage;
  resolve(result: unknown): void;
  reject(error: ClientError): void;
  readonly timer: ReturnType<typeof setTimeout>;
}

const timeoutMs = 10_000;

/** Commands that wait for a connection, or for their answer: while there is a connection every one has been sent. */
export class Commands {
  readonly #waiting = new Map<number, Waiting>();
  readonly #send: (message: ClientMessage) => void;
  #state: 'offline' | 'online' | 'closed' = 'offline';
  #nextRef = 1;

  /** `send` is called only between {@link online} and {@link offline}. */
  constructor(send: (message: ClientMessage) => void) {
    this.#send = send;
  }

  /** Rejects after 10 s, with `timeout` or `not_connected`, and with whatever code the server refuses. */
  run(name: string, args: unknown): Promise<unknown> {
    if (this.#state === 'closed') return Promise.reject(notConnected());
    const ref = this.#nextRef++;
    const message: ClientMessage = { op: 'command', ref, name, args };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(ref, name), timeoutMs);
      this.#waiting.set(ref, { message, resolve, reject, timer });
      if (this.#state === 'online') this.#send(message);
    });
  }

  online(): void {
    this.#state = 'online';
    for (const { message } of this.#waiting.values()) this.#send(message);
  }

  /** Whether `message` was an answer to a command. */
  handle(message: ServerMessage): boolean {
    if ((message.op !== 'ok' && message.op !== 'error') || message.ref === undefined) return false;
    const waiting = this.#take(message.ref);
    if (message.op === 'ok') waiting?.resolve(message.result);
    else waiting?.reject(new ClientError(message.code, message.message, message.temporary));
    return true;
  }

  /** The connection is gone: whether those that were sent were carried out is unknown. */
  offline(): void {
    if (this.#state !== 'online') return;
    this.#state = 'offline';
    this.#rejectAll(new ClientError('connection_lost', 'the connection was lost before the answer came', true));
  }

  /** There will be no connection any more. */
  close(): void {
    this.offline();
    this.#state = 'closed';
    this.#rejectAll(notConnected());
  }

  #expire(ref: number, name: string): void {
    const unanswered = new ClientError('timeout', `no answer to ${name} within ${timeoutMs / 1000} s`, true);
    this.#take(ref)?.reject(this.#state === 'online' ? unanswered : notConnected());
  }

  #rejectAll(error: ClientError): void {
    for (const ref of [...this.#waiting.keys()]) this.#take(ref)?.reject(error);
  }

  #take(ref: number): Waiting | undefined {
    const waiting = this.#waiting.get(ref);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(ref);
    return waiting;
  }
}

function notConnected(): ClientError {
  return new ClientError('not_connected', 'there is no connection now', true);
}
