import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { type WebSocket, WebSocketServer } from 'ws';
import { TocsinError } from '../model/errors.js';
import type { GatewayLimits } from '../model/limits.js';
import type { Subprotocol } from '../model/wire.js';
import { defaultSubprotocol } from './encodings.js';
import { chooseSubprotocol } from './handshake.js';
import type { Hub } from './hub.js';
import type { Transport } from './transport.js';
import { admit, type Doorkeeper, refuse } from './upgrade.js';

const closeMs = 2_000;

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly limits: GatewayLimits;
  /** Why no WebSocket can be opened at the moment, if so. */
  readonly closed: () => 'stopping' | 'not_ready' | undefined;
  readonly onRefused: () => void;
}

/** HTTP and WebSocket on one port: turns sockets into sessions of the hub. */
export class GatewayServer implements Doorkeeper {
  readonly host: string;
  readonly limits: GatewayLimits;
  readonly closed: ServerOptions['closed'];
  readonly #options: ServerOptions;
  readonly #hub: Hub;
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;
  readonly #open = new Set<WebSocket>();
  readonly #byAddress = new Map<string, number>();

  constructor(hub: Hub, app: Pick<Hono<{ Bindings: HttpBindings }>, 'fetch'>, options: ServerOptions) {
    this.host = options.host;
    this.limits = options.limits;
    this.closed = options.closed;
    this.#options = options;
    this.#hub = hub;
    this.#http = httpServer(app);
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#webSockets = webSocketServer(options.limits);
  }

  /** Rejects with `port_taken`. */
  listen(): Promise<number> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#http.once('error', (error) => reject(listenError(error, host, port)));
      this.#http.listen({ host, port, backlog: 2048 }, () => resolve((this.#http.address() as AddressInfo).port));
    });
  }

  /** Takes no connection any more; resolves when all are closed, after two seconds at the latest. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeIdleConnections();
    const hurry = setTimeout(() => {
      for (const socket of this.#open) socket.terminate();
      this.#http.closeAllConnections();
    }, closeMs);
    await closed;
    clearTimeout(hurry);
  }

  connections(): number {
    return this.#open.size;
  }

  connectionsFrom(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    endOnError(socket);
    try {
      const subprotocol = admit(request, this);
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) =>
        this.#accept(webSocket, socket, subprotocol, request.socket.remoteAddress ?? ''),
      );
    } catch (error) {
      this.#options.onRefused();
      refuse(socket, error);
    }
  }

  #accept(webSocket: WebSocket, socket: Duplex, subprotocol: Subprotocol, address: string): void {
    this.#open.add(webSocket);
    this.#byAddress.set(address, this.connectionsFrom(address) + 1);
    const actor = { name: 'anonymous', authenticated: false, via: `websocket ${address}` };
    const session = this.#hub.connect(new SocketTransport(webSocket, socket, subprotocol), subprotocol, actor);
    webSocket.on('message', (data, isBinary) => session.receive(data as Buffer, isBinary));
    webSocket.on('pong', () => session.pong());
    // What is wrong with it is said by the close that follows.
    webSocket.on('error', () => {});
    webSocket.on('close', () => {
      this.#hub.disconnect(session);
      this.#forget(webSocket, address);
    });
    socket.on('drain', () => session.drained());
  }

  #forget(webSocket: WebSocket, address: string): void {
    this.#open.delete(webSocket);
    const left = this.connectionsFrom(address) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}

class SocketTransport implements Transport {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex & { readonly bytesWritten?: number };
  readonly #options: { readonly binary: boolean };

  constructor(webSocket: WebSocket, socket: Duplex, subprotocol: Subprotocol) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#options = subprotocol === defaultSubprotocol ? textFrames : binaryFrames;
  }

  send(frame: Uint8Array): void {
    this.#webSocket.send(frame, this.#options);
  }

  buffered(): number {
    return this.#webSocket.bufferedAmount;
  }

  taken(): number {
    return (this.#socket.bytesWritten ?? 0) - this.#socket.writableLength;
  }

  ping(): void {
    this.#webSocket.ping();
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }
}

const textFrames = { binary: false };
const binaryFrames = { binary: true };

/** A function of its own: what is listed beside a listener, such as the request, lives as long as the listener. */
function endOnError(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
}

function httpServer(app: Pick<Hono<{ Bindings: HttpBindings }>, 'fetch'>): Server {
  const server = createServer(
    { headersTimeout: 5_000, requestTimeout: 10_000, maxHeaderSize: 8 * 1024, keepAliveTimeout: 5_000 },
    getRequestListener(app.fetch, { overrideGlobalObjects: false }),
  );
  server.maxHeadersCount = 64;
  return server;
}

function webSocketServer({ maxMessageBytes }: GatewayLimits): WebSocketServer {
  const options = {
    noServer: true,
    clientTracking: false,
    // One message a turn of the loop: whoever sends thousands at once does not keep the others waiting.
    allowSynchronousEvents: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    maxFragments: 64,
    maxBufferedChunks: 1024,
    closeTimeout: closeMs,
    handleProtocols: (_offered: Set<string>, { headers }: IncomingMessage) => chooseSubprotocol(headers),
  };
  return new WebSocketServer(options);
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new TocsinError('port_taken', `${host}:${port} is already in use`, { value: port, cause: error });
}
