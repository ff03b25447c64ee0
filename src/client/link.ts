import type { ClientMessage, ServerMessage } from '../model/wire.js';
import { backoffMs, isFinal } from './backoff.js';
import type { Credit } from './credit.js';
import type { Codec, ConnectionState, ConnectOptions, Socket } from './types.js';

export interface LinkEvents {
  /** `hello` arrived: messages may be sent. */
  opened(): void;
  message(message: ServerMessage): void;
  lost(): void;
  state(state: ConnectionState): void;
}

const jsonCodec: Codec = {
  subprotocol: 'tocsin.v1.json',
  encode: (message) => JSON.stringify(message),
  decode: (data) => JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data)),
};

const seenEveryMs = 1000;
/** Until `hello` has said how often heartbeats come. */
const helloWithinMs = 10_000;

/** One connection at a time, made again whenever it is lost, until it is closed or refused for good. */
export class Link {
  readonly #url: string;
  readonly #options: ConnectOptions;
  readonly #codec: Codec;
  readonly #credit: Credit;
  readonly #events: LinkEvents;
  #state: ConnectionState = { status: 'connecting', attempt: 0 };
  #socket: Socket | undefined;
  #attempt = 0;
  #hint: readonly [min: number, max: number] | undefined;
  #silenceMs = helloWithinMs;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #seen: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, options: ConnectOptions, credit: Credit, events: LinkEvents) {
    this.#url = url;
    this.#options = options;
    this.#codec = options.codec ?? jsonCodec;
    this.#credit = credit;
    this.#events = events;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  open(): void {
    clearTimeout(this.#retry);
    this.#credit.reset();
    this.#silenceMs = helloWithinMs;
    this.#become({ status: 'connecting', attempt: this.#attempt });
    const socket = this.#createSocket();
    this.#socket = socket;
    this.#listenForSilence();
    socket.onopen = null;
    // The close that follows says what there is to say; without a listener `ws` would throw.
    socket.onerror = () => {};
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason }) => this.#lost(code, reason);
  }

  send(message: ClientMessage): void {
    this.#socket?.send(this.#codec.encode(message));
  }

  /** Ends the wait for the next attempt. */
  reconnect(): void {
    if (this.#state.status === 'waiting') this.open();
  }

  close(): void {
    if (this.#state.status === 'closed') return;
    this.#drop(1000);
    clearTimeout(this.#retry);
    this.#become({ status: 'closed', reason: 'closed by the client' });
  }

  #createSocket(): Socket {
    const Constructor = this.#options.WebSocket ?? globalThis.WebSocket;
    if (Constructor === undefined) throw new TypeError('there is no WebSocket here: pass one, such as that of `ws`');
    const { token } = this.#options;
    const protocols: string[] = [this.#codec.subprotocol];
    if (token !== undefined) protocols.push(`tocsin.bearer.${token}`);
    const socket = new Constructor(this.#url, protocols) as Socket;
    socket.binaryType = 'arraybuffer';
    return socket;
  }

  #received(data: unknown): void {
    this.#credit.advance();
    this.#listenForSilence();
    const messages = this.#decode(data);
    if (messages === undefined) {
      this.#lost(1007, 'the server sent what cannot be read');
      return;
    }
    for (const message of messages) this.#handle(message);
    this.#seen ??= setTimeout(() => this.#sendSeen(), seenEveryMs);
  }

  #decode(data: unknown): readonly ServerMessage[] | undefined {
    try {
      const body = typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer);
      return this.#codec.decode(body) as readonly ServerMessage[];
    } catch {
      return undefined;
    }
  }

  #handle(message: ServerMessage): void {
    if (message.op === 'hello') this.#greeted(message);
    else if (message.op === 'goaway') this.#hint = message.reconnectMs;
    else this.#events.message(message);
    if (message.op === 'heartbeat') this.#sendSeen();
  }

  #greeted(hello: Extract<ServerMessage, { op: 'hello' }>): void {
    this.#attempt = 0;
    this.#silenceMs = hello.heartbeatMs * 2.5;
    this.#listenForSilence();
    const { server, session, user, time } = hello;
    this.#become({ status: 'open', server, session, user, clockOffsetMs: time - Date.now() });
    this.#events.opened();
  }

  #sendSeen(): void {
    clearTimeout(this.#seen);
    this.#seen = undefined;
    if (this.#state.status === 'open') this.send({ op: 'seen', frame: this.#credit.consumed });
  }

  /** Browsers show no pings: a server that says nothing for two heartbeats is taken for dead. */
  #listenForSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(4201, 'the server fell silent'), this.#silenceMs);
  }

  #lost(code: number, reason: string): void {
    this.#drop(code === 1006 ? 1000 : code);
    if (isFinal(code)) {
      this.#become({ status: 'closed', reason: reason || `refused with code ${code}` });
      return;
    }
    const delayMs = this.#delayMs();
    const attempt = this.#attempt++;
    this.#retry = setTimeout(() => this.open(), delayMs);
    const retryAt = Date.now() + delayMs;
    this.#become({ status: 'waiting', attempt, retryAt, reason: reason || `closed with code ${code}` });
  }

  #delayMs(): number {
    const hint = this.#hint;
    this.#hint = undefined;
    if (hint === undefined) return backoffMs(this.#attempt, Math.random);
    return hint[0] + Math.random() * (hint[1] - hint[0]);
  }

  /** Lets go of the socket: whatever it still says is no longer heard. */
  #drop(code: number): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#seen);
    this.#seen = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close(code >= 3000 ? code : 1000);
    this.#events.lost();
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#events.state(state);
  }
}
