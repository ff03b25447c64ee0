import { readFileSync } from 'node:fs';
import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  NatsError,
  nkeyAuthenticator,
} from 'nats';
import { TocsinError } from '../../model/errors.js';
import type { Logger } from '../../model/logger.js';
import { pause } from '../driver/pause.js';
import { unreachableAdvice } from './advice.js';

export interface NatsServers {
  readonly urls: readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** Read again at each connect, so that rotated credentials are taken up. */
  readonly credsFile?: string;
  readonly nkeySeedFile?: string;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
}

export interface DialOptions {
  readonly servers: NatsServers;
  /** Shown in the server's connection list. */
  readonly name: string;
  /** How long to try; `Infinity`: until it is there. */
  readonly connectTimeoutMs: number;
  readonly signal?: AbortSignal;
  readonly log: Logger;
}

const retryMs = 250;
/** Long enough that the library's own heartbeat never ends a connection that only has much to read. */
const libraryPingMs = 600_000;

/**
 * Connects, trying again until `connectTimeoutMs` is over; afterwards the connection mends itself for ever.
 * Rejects with `nats_unreachable`; at once when the server refuses the credentials.
 */
export async function dial(options: DialOptions): Promise<NatsConnection> {
  const giveUpAt = performance.now() + options.connectTimeoutMs;
  for (let attempt = 1; ; attempt++) {
    try {
      const connection = await connect(connectionOptions(options));
      if (attempt > 1) options.log.info({ servers: hosts(options.servers) }, 'NATS is reached');
      return connection;
    } catch (error) {
      if (isRefusal(error) || options.signal?.aborted || performance.now() >= giveUpAt)
        throw unreachable(options, error);
      if (attempt === 1) warnOfWait(options, error);
      await pause(Math.min(retryMs * attempt, 2_000), options.signal);
    }
  }
}

function warnOfWait({ servers, log }: DialOptions, cause: unknown): void {
  const fields = { servers: hosts(servers), reason: reasonOf(cause) };
  log.warn(fields, `NATS cannot be reached, trying again: ${unreachableAdvice}`);
}

/** Host and port of each server, without credentials. */
export function hosts(servers: NatsServers): string[] {
  return servers.urls.map((url) => parseUrl(url).host);
}

function connectionOptions(options: DialOptions): ConnectionOptions {
  const { servers } = options;
  const first = parseUrl(servers.urls[0] ?? '127.0.0.1:4222');
  const user = servers.user ?? first.user;
  const pass = servers.password ?? first.password;
  const authenticators = fileAuthenticators(servers);
  return {
    servers: hosts(servers),
    name: options.name,
    timeout: Math.max(1, Math.min(5_000, options.connectTimeoutMs)),
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: retryMs,
    reconnectJitter: retryMs,
    // Ours is in heartbeat.ts, and says why.
    pingInterval: libraryPingMs,
    noAsyncTraces: true,
    ...(user ? { user } : {}),
    ...(pass ? { pass } : {}),
    ...(servers.token ? { token: servers.token } : {}),
    ...(authenticators.length > 0 ? { authenticator: authenticators } : {}),
    ...(servers.tls || first.tls ? { tls: { ...servers.tls } } : {}),
  };
}

function fileAuthenticators({ credsFile, nkeySeedFile }: NatsServers): Authenticator[] {
  const authenticators: Authenticator[] = [];
  if (credsFile) authenticators.push(rereading(credsFile, credsAuthenticator));
  if (nkeySeedFile) authenticators.push(rereading(nkeySeedFile, nkeyAuthenticator));
  return authenticators;
}

/** An exception in an authenticator would end the connection for good: a file that went away counts as unchanged. */
function rereading(file: string, create: (content: Uint8Array) => Authenticator): Authenticator {
  const read = () => new TextEncoder().encode(readFileSync(file, 'utf8').trim());
  let content = read();
  return (nonce) => {
    try {
      content = read();
    } catch {
      // Then the content read before still counts.
    }
    return create(content)(nonce);
  };
}

/** The client library does not read credentials out of a URL, people write them there all the same. */
function parseUrl(text: string): { host: string; user: string; password: string; tls: boolean } {
  const url = new URL(/^[a-z]+:\/\//.test(text) ? text : `nats://${text}`);
  return {
    host: `${url.hostname}:${url.port || '4222'}`,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    tls: url.protocol === 'tls:',
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof NatsError && error.isAuthError();
}

function unreachable({ servers }: DialOptions, cause: unknown): TocsinError {
  const message = `NATS at ${hosts(servers).join(', ')} could not be reached: ${reasonOf(cause)}`;
  return new TocsinError('nats_unreachable', message, { temporary: true, cause });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
