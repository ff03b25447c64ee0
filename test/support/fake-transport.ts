import { encodings } from '../../src/gateway/encodings.js';
import { highWaterBytes } from '../../src/gateway/outbox.js';
import type { Transport } from '../../src/gateway/transport.js';
import type { ServerMessage, Subprotocol } from '../../src/model/wire.js';

type Op = ServerMessage['op'];

/** The far end of a session: keeps what it was sent, and takes it as slowly as a test wants. */
export class FakeTransport implements Transport {
  readonly frames: ServerMessage[][] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  terminated = false;
  pings = 0;
  /** While `true`, the network takes nothing, and more than the high water mark waits. */
  blocked = false;
  onDrain: () => void = () => {};
  onSend: (frame: Uint8Array) => void = () => {};
  readonly #subprotocol: Subprotocol;
  #buffered = 0;
  #sent = 0;

  constructor(subprotocol: Subprotocol = 'tocsin.v1.json') {
    this.#subprotocol = subprotocol;
  }

  get messages(): ServerMessage[] {
    return this.frames.flat();
  }

  of<O extends Op>(op: O): Extract<ServerMessage, { op: O }>[] {
    return this.messages.filter((message): message is Extract<ServerMessage, { op: O }> => message.op === op);
  }

  send(frame: Uint8Array): void {
    this.onSend(frame);
    this.frames.push(encodings[this.#subprotocol].decode(frame) as ServerMessage[]);
    this.#sent += frame.length;
    if (this.blocked) this.#buffered += frame.length;
  }

  buffered(): number {
    return this.blocked ? highWaterBytes + this.#buffered : 0;
  }

  taken(): number {
    return this.#sent - this.#buffered;
  }

  /** The network takes everything again. */
  release(): void {
    this.blocked = false;
    this.#buffered = 0;
    this.onDrain();
  }

  ping(): void {
    this.pings++;
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  terminate(): void {
    this.terminated = true;
  }
}
