import { unpack } from 'msgpackr';
import WebSocket from 'ws';
import type { ServerMessage } from '../../src/model/wire.js';

type Op = ServerMessage['op'];
type Of<O extends Op> = Extract<ServerMessage, { op: O }>;

interface Waiter {
  readonly test: (message: ServerMessage) => boolean;
  readonly resolve: (message: ServerMessage) => void;
}

/** A plain WebSocket as anybody could open it: knows nothing of our client. Waits for what comes, never for time. */
export class PlainClient {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  readonly frames: ServerMessage[][] = [];
  /** How frames came. */
  readonly kinds = new Set<'text' | 'binary'>();
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #waiters = new Set<Waiter>();
  /** How far {@link next} has read. */
  #read = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on('error', () => {});
    socket.on('message', (data, binary) => this.#take(data as Buffer, binary));
  }

  /** Resolves when open; rejects with {@link HandshakeRefused} when the server says no. */
  static open(
    url: string,
    subprotocols: readonly string[] = [],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<PlainClient> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), [...subprotocols], { headers });
    const client = new PlainClient(socket);
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(client));
      socket.on('error', reject);
      socket.on('unexpected-response', (_, response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => reject(new HandshakeRefused(response.statusCode ?? 0, response.headers, body)));
      });
    });
  }

  /** In the codec of the subprotocol. */
  send(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The next message with that op, after those that were already waited for. */
  next<O extends Op>(op: O, test: (message: Of<O>) => boolean = () => true): Promise<Of<O>> {
    const wanted = (message: ServerMessage) => message.op === op && test(message as Of<O>);
    for (; this.#read < this.messages.length; this.#read++) {
      const message = this.messages[this.#read]!;
      if (!wanted(message)) continue;
      this.#read++;
      return Promise.resolve(message as Of<O>);
    }
    return new Promise((resolve) => {
      const waiter: Waiter = {
        test: wanted,
        resolve: (message) => {
          this.#waiters.delete(waiter);
          resolve(message as Of<O>);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #take(data: Buffer, binary: boolean): void {
    const frame = (binary ? unpack(data) : JSON.parse(data.toString())) as ServerMessage[];
    this.frames.push(frame);
    this.kinds.add(binary ? 'binary' : 'text');
    for (const message of frame) {
      this.messages.push(message);
      for (const waiter of [...this.#waiters]) {
        if (!waiter.test(message)) continue;
        this.#read = this.messages.length;
        waiter.resolve(message);
      }
    }
  }
}

/** The server answered the handshake with something else than 101. */
export class HandshakeRefused extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;

  constructor(status: number, headers: Readonly<Record<string, unknown>>, body: string) {
    super(`the handshake was refused: ${status} ${body}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}
