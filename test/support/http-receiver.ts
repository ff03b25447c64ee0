import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds of the monotonic clock at which it began to arrive. */
  readonly at: number;
}

/** A status, a whole answer, `hang` (never answers) or `drop` (closes the connection). */
export type Answer =
  | number
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'hang'
  | 'drop';

export interface HttpReceiver {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** From now on: an answer for each request. */
  answer(next: Answer | ((request: ReceivedRequest, index: number) => Answer)): void;
  /** Resolves once `count` requests have arrived. */
  received(count: number): Promise<readonly ReceivedRequest[]>;
  /** Stops listening and cuts all connections; `url` stays. */
  down(): Promise<void>;
  /** Listens again on the same port. */
  up(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A real HTTP server on a free port that answers as it is told; 200 until told otherwise. */
export async function startHttpReceiver(): Promise<HttpReceiver> {
  const requests: ReceivedRequest[] = [];
  const waiting = new Set<() => void>();
  let decide: (request: ReceivedRequest, index: number) => Answer = () => 200;
  let server: Server;
  let port = 0;

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = performance.now();
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request: ReceivedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString(),
      at,
    };
    const answer = decide(request, requests.push(request) - 1);
    for (const check of waiting) check();
    reply(answer, response);
  }

  async function up(): Promise<void> {
    server = createServer((incoming, response) => void handle(incoming, response).catch(() => response.destroy()));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  }

  async function down(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  function received(count: number): Promise<readonly ReceivedRequest[]> {
    return new Promise((resolve) => {
      const check = () => {
        if (requests.length < count) return;
        waiting.delete(check);
        resolve(requests);
      };
      waiting.add(check);
      check();
    });
  }

  await up();
  return {
    url: `http://127.0.0.1:${port}/hook`,
    requests,
    answer(next) {
      decide = typeof next === 'function' ? next : () => next;
    },
    received,
    down,
    up,
    [Symbol.asyncDispose]: down,
  };
}

function reply(answer: Answer, response: ServerResponse): void {
  if (answer === 'hang') return;
  if (answer === 'drop') {
    response.destroy();
    return;
  }
  const { status, headers = {}, body = '' } = typeof answer === 'number' ? { status: answer } : answer;
  response.writeHead(status, headers).end(body);
}
