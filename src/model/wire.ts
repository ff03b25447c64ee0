import type { AlertState } from './alert.js';
import type { ErrorCode, WireProblem } from './errors.js';
import type { Severity } from './severity.js';
import type { AlertEvent, AlertView } from './view.js';

/** Messages of the WebSocket protocol, version 1. PROTOCOL.md is the normative text. */

export const subprotocols = ['tocsin.v1.msgpack', 'tocsin.v1.json'] as const;
export type Subprotocol = (typeof subprotocols)[number];

export type Topic = 'metrics' | 'alerts' | 'stats';

export interface Filter {
  readonly minSeverity?: Severity;
  readonly severity?: readonly Severity[];
  readonly category?: readonly string[];
  readonly state?: readonly AlertState[];
  /** Exact, or with `*` wildcards. */
  readonly source?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly rule?: readonly string[];
}

export type ClientMessage =
  | { readonly op: 'auth'; readonly token: string }
  | {
      readonly op: 'subscribe';
      readonly id: number;
      readonly topic: Topic;
      readonly subjects?: readonly string[];
      readonly filter?: Filter;
      readonly maxHz?: number;
      readonly snapshot?: boolean;
      readonly history?: string;
      readonly from?: { readonly epoch: string; readonly seq: number };
    }
  | { readonly op: 'update'; readonly id: number; readonly maxHz?: number; readonly filter?: Filter }
  | { readonly op: 'unsubscribe'; readonly id: number }
  | { readonly op: 'command'; readonly ref: number; readonly name: string; readonly args?: unknown }
  | { readonly op: 'seen'; readonly frame: number; readonly lagMs?: number };

export interface SeriesInfo {
  readonly name: string;
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly unit?: string;
}

/** `[sid, time, value, count, min, max]`: the latest value since the last flush and what was merged into it. */
export type MetricRow = readonly [sid: number, time: number, value: number, count: number, min: number, max: number];

export type ServerMessage =
  | {
      readonly op: 'hello';
      readonly protocol: 1;
      readonly server: string;
      readonly epoch: string;
      readonly session: string;
      readonly heartbeatMs: number;
      readonly limits: Readonly<Record<string, number>>;
      readonly user: string;
      readonly time: number;
    }
  | {
      readonly op: 'subscribed';
      readonly id: number;
      readonly mode: 'snapshot' | 'resumed' | 'live';
      readonly epoch: string;
      readonly seq: number;
    }
  | {
      readonly op: 'snapshot';
      readonly id: number;
      readonly items: readonly AlertView[] | readonly MetricRow[];
      readonly more: boolean;
    }
  | {
      readonly op: 'series';
      readonly id: number;
      readonly series: readonly (readonly [sid: number, info: SeriesInfo])[];
    }
  | { readonly op: 'metrics'; readonly id: number; readonly rows: readonly MetricRow[] }
  | { readonly op: 'alert'; readonly id: number; readonly seq: number; readonly event: AlertEvent }
  | { readonly op: 'stats'; readonly id: number; readonly stats: EngineStats }
  | { readonly op: 'gap'; readonly id: number; readonly from: number; readonly to: number; readonly reason: string }
  | { readonly op: 'ok'; readonly ref?: number; readonly id?: number; readonly result: unknown }
  | {
      readonly op: 'error';
      readonly ref?: number;
      readonly id?: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly temporary: boolean;
      readonly retryAfterMs?: number;
      readonly problems?: readonly WireProblem[];
    }
  | {
      readonly op: 'heartbeat';
      readonly frame: number;
      readonly seq: Readonly<Record<string, number>>;
      readonly time: number;
    }
  | { readonly op: 'goaway'; readonly reason: string; readonly reconnectMs: readonly [min: number, max: number] };

/** How the last reload of the configuration ended. Starting counts as the first. */
export interface ConfigStatus {
  readonly ok: boolean;
  /** Wall time of the last attempt. */
  readonly at: number;
  /** Wall time of the last one that succeeded. */
  readonly succeededAt: number;
  /** Why the last one failed. */
  readonly error?: string;
}

/** Percentiles of one stage, milliseconds. */
export interface StageTimes {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Counters and `deliveryMs` since the start or the last reset; `stageMs` of the last 10 to 20 seconds. */
export interface EngineStats {
  readonly since: number;
  readonly time: number;
  readonly received: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** Alerts from outside that were not used quite as given, by code. */
  readonly warnings: Readonly<Record<string, number>>;
  readonly skewed: number;
  readonly evaluated: number;
  readonly opened: number;
  readonly resolved: number;
  readonly sent: number;
  readonly failed: number;
  readonly rateLimited: number;
  readonly suppressed: number;
  readonly active: number;
  readonly series: number;
  readonly rules: number;
  readonly enabledRules: number;
  readonly config: ConfigStatus;
  /** Resolved alerts that are in sight. */
  readonly historySize: number;
  readonly bySeverity: Readonly<Record<string, number>>;
  readonly byCategory: Readonly<Record<string, number>>;
  readonly byState: Readonly<Record<string, number>>;
  readonly byChannel: Readonly<Record<string, number>>;
  readonly deliveryMs: StageTimes;
  readonly stageMs: Readonly<Record<string, StageTimes>>;
}

/** Close codes: 40xx do not come back, 41xx come back with backoff, 42xx come back within the hinted window. */
export const closeCodes = {
  unauthorized: 4001,
  forbidden: 4003,
  badProtocol: 4006,
  tooManyViolations: 4008,
  alertLaneOverflow: 4101,
  tooManyConnections: 4102,
  tokenExpired: 4104,
  draining: 4200,
  heartbeatLost: 4201,
} as const;
