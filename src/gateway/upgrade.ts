import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TocsinError } from '../model/errors.js';
import type { GatewayLimits } from '../model/limits.js';
import type { Subprotocol } from '../model/wire.js';
import { checkHost, checkOrigin, chooseSubprotocol } from './handshake.js';
import { problemOf, problemType, retryAfterSeconds } from './problem.js';

const streamPath = '/v1/stream';

/** What decides whether one connection more is taken. */
export interface Doorkeeper {
  readonly host: string;
  readonly limits: Pick<GatewayLimits, 'maxConnections' | 'maxConnectionsPerAddress'>;
  /** Why nobody is let in at the moment, if so. */
  closed(): 'stopping' | 'not_ready' | undefined;
  connections(): number;
  connectionsFrom(address: string): number;
}

/** The subprotocol for a handshake that may proceed. Throws by code what forbids it. */
export function admit({ url, headers, socket }: IncomingMessage, door: Doorkeeper): Subprotocol {
  const path = (url ?? '').split('?', 1)[0]!;
  if (path !== streamPath) throw new TocsinError('not_found', `the WebSocket is at ${streamPath}`);
  checkHost(headers, door.host);
  checkOrigin(headers);
  const subprotocol = chooseSubprotocol(headers);
  const reason = door.closed();
  if (reason !== undefined) throw new TocsinError(reason, 'come back in a moment', { temporary: true });
  checkRoom(socket.remoteAddress ?? '', door);
  return subprotocol;
}

function checkRoom(address: string, door: Doorkeeper): void {
  const { maxConnections, maxConnectionsPerAddress } = door.limits;
  const full = door.connections() >= maxConnections;
  if (!full && (isLoopback(address) || door.connectionsFrom(address) < maxConnectionsPerAddress)) return;
  const who = full ? 'the gateway' : 'your address';
  throw new TocsinError('too_many_connections', `${who} holds as many connections as allowed`, { temporary: true });
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** Answers a handshake that may not proceed. */
export function refuse(socket: Duplex, error: unknown): void {
  const problem = problemOf(error);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'connection: close',
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    ...(problem.status === 503 ? [`retry-after: ${retryAfterSeconds}`] : []),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // A client that does not take even that is not waited for.
  socket.once('finish', () => socket.destroy());
}
