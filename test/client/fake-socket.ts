import type { ClientMessage, ServerMessage } from '../../src/model/wire.js';

type Hello = Extract<ServerMessage, { op: 'hello' }>;

export const hello: Hello = {
  op: 'hello',
  protocol: 1,
  server: 'tocsin/test',
  epoch: 'e1',
  session: 's1',
  heartbeatMs: 15_000,
  limits: {},
  user: 'anonymous',
  time: 0,
};

/** The server's end of a connection, in memory: what the client sent, and what to say to it. */
export class FakeSocket {
  static opened: FakeSocket[] = [];

  static get last(): FakeSocket {
    return FakeSocket.opened.at(-1)!;
  }

  binaryType = '';
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly url: string;
  readonly protocols: string[];
  readonly sent: ClientMessage[] = [];
  closedWith: number | undefined;

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
    FakeSocket.opened.push(this);
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  /** One frame from the server. */
  say(...messages: ServerMessage[]): void {
    this.onmessage?.({ data: JSON.stringify(messages) });
  }

  sayRaw(data: unknown): void {
    this.onmessage?.({ data });
  }

  end(code: number, reason = ''): void {
    this.onclose?.({ code, reason });
  }

  /** What the client sent of one kind. */
  ofKind<O extends ClientMessage['op']>(op: O): Extract<ClientMessage, { op: O }>[] {
    return this.sent.filter((message): message is Extract<ClientMessage, { op: O }> => message.op === op);
  }
}
