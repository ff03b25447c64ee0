import type { EngineStats, Filter, MetricRow, SeriesInfo, ServerMessage } from '../model/wire.js';

export type { EngineStats, Filter, MetricRow, SeriesInfo };
export type AlertEvent = Extract<ServerMessage, { op: 'alert' }>['event'];
export type AlertView = AlertEvent['alert'];

/** Codes of the server (PROTOCOL.md), and three that only the client can know. */
export type ClientErrorCode =
  | Extract<ServerMessage, { op: 'error' }>['code']
  | 'not_connected'
  | 'connection_lost'
  | 'timeout';

/** The latest value of a series since the last flush; `count`, `min`, `max` tell what was merged into it. */
export interface MetricPoint {
  /** The same object for every point of a series, until the connection is made anew. */
  readonly series: SeriesInfo;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly value: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
}

/**
 * `snapshot` replaces all that was known; `event` is one change, in order, never repeated; `gap` says that events
 * `from` to `to` could not be delivered.
 */
export type AlertUpdate =
  | { readonly type: 'snapshot'; readonly alerts: readonly AlertView[] }
  | { readonly type: 'event'; readonly event: AlertEvent }
  | { readonly type: 'gap'; readonly from: number; readonly to: number; readonly reason: string };

export type ConnectionState =
  | { readonly status: 'connecting'; readonly attempt: number }
  | {
      readonly status: 'open';
      readonly server: string;
      readonly session: string;
      readonly user: string;
      /** What to add to the clock here to get that of the server, milliseconds. */
      readonly clockOffsetMs: number;
    }
  /** Comes back by itself at `retryAt` (epoch milliseconds). */
  | { readonly status: 'waiting'; readonly attempt: number; readonly retryAt: number; readonly reason: string }
  /** Does not come back: closed by us, or refused for good. */
  | { readonly status: 'closed'; readonly reason: string };

export interface Subscription {
  unsubscribe(): void;
}

export interface Observer<T> {
  next(value: T): void;
  error?(error: unknown): void;
  complete?(): void;
}

/** Can be subscribed to, iterated with `for await`, or handed to RxJS's `from`. Each use is a subscription of its own. */
export interface Feed<T> extends AsyncIterable<T> {
  subscribe(observer: Observer<T> | ((value: T) => void)): Subscription;
}

/** How messages are written. The default is JSON; `{subprotocol: 'tocsin.v1.msgpack', encode: pack, decode: unpack}` works too. */
export interface Codec {
  readonly subprotocol: 'tocsin.v1.json' | 'tocsin.v1.msgpack';
  encode(message: unknown): string | Uint8Array;
  decode(data: string | Uint8Array): unknown;
}

/** The part of the standard WebSocket that is used; the one of browsers, of Node 22 and of `ws` all have it. */
export interface Socket {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
}

export interface ConnectOptions {
  /** Sent as a subprotocol, never in the URL. */
  readonly token?: string;
  /** Constructor to use; default the global one. In Node 20 pass the one of `ws`. */
  readonly WebSocket?: new (
    url: string,
    protocols: string[],
  ) => unknown;
  readonly codec?: Codec;
  /** How often metrics are flushed while the page is hidden; default 0: paused. */
  readonly hiddenHz?: number;
}

export interface MetricsOptions {
  /** Flushes a second; default 10. */
  readonly maxHz?: number;
  readonly filter?: Filter;
}

export interface Client {
  readonly state: ConnectionState;
  /** The present state, then every change. */
  readonly states: Feed<ConnectionState>;
  /** Values of the series whose canonical subjects match; one emission a flush. */
  metrics(subjects?: string | readonly string[], options?: MetricsOptions): Feed<readonly MetricPoint[]>;
  /** The alerts as they stand, then every change. After a reconnect it goes on where it stopped. */
  alerts(filter?: Filter): Feed<AlertUpdate>;
  /** Counters and latencies of the engine, once a second. */
  stats(): Feed<EngineStats>;
  /** Waits for the connection, then for the answer, 10 s in all. Resolves with the result; rejects with a {@link ClientError}. */
  command(name: string, args?: unknown): Promise<unknown>;
  /** Ends the wait for the next attempt. */
  reconnect(): void;
  close(): void;
}

/** What the server refused, or why it could not be asked. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  /** `true` when the same request may succeed later. */
  readonly temporary: boolean;

  constructor(code: ClientErrorCode, message: string, temporary = false) {
    super(message);
    this.name = 'ClientError';
    this.code = code;
    this.temporary = temporary;
  }
}
