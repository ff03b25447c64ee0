import type { Observable } from 'rxjs';
import type { WireError } from '../model/errors.js';
import type { Sample } from '../model/sample.js';
import type { AlertEvent, AlertView } from '../model/view.js';
import type { EngineStats } from '../model/wire.js';

/** What the gateway needs from the engine. `engine.ts` hands it over; nothing here knows where it comes from. */

/** Who does something. */
export interface Actor {
  /** Authenticated name, or `anonymous`. */
  readonly name: string;
  readonly authenticated: boolean;
  /** `http`, `websocket`, `nats`, and the remote address where there is one. */
  readonly via: string;
}

export type CommandAnswer =
  | { readonly ok: true; readonly [field: string]: unknown }
  | { readonly ok: false; readonly error: WireError };

/** One implementation serves NATS, HTTP and WebSocket. Never rejects. */
export interface CommandPort {
  execute(name: string, args: unknown, actor: Actor): Promise<CommandAnswer>;
}

export interface AlertQuery {
  readonly state?: readonly string[];
  readonly severity?: readonly string[];
  readonly minSeverity?: string;
  readonly category?: readonly string[];
  readonly source?: string;
  readonly rule?: readonly string[];
  /** Epoch milliseconds: started at or after. */
  readonly since?: number;
  /** `time`: newest first (default). `severity`: gravest first, then the oldest. */
  readonly sort?: 'time' | 'severity';
  readonly limit?: number;
  readonly cursor?: string;
}

export interface AlertPage {
  readonly alerts: readonly AlertView[];
  readonly cursor?: string;
}

/**
 * The alerts as they stand after event `seq`, and every event after it. Snapshot and events come from one in-process
 * order: whoever reads `seq` and the views, and subscribes in the same turn, sees no gap and no repetition.
 */
export interface AlertPort {
  readonly epoch: string;
  readonly seq: number;
  readonly events$: Observable<AlertEvent>;
  views(): Iterable<AlertView>;
  query(query: AlertQuery): AlertPage;
  /** Rejects with `alert_unknown`. */
  detail(id: string): Promise<{ readonly alert: AlertView; readonly events: readonly AlertEvent[] }>;
  /** Events after `seq`, up to the head, from the log; `undefined` when they are no longer all there. */
  since(seq: number, limit: number): Promise<readonly AlertEvent[] | undefined>;
}

/** Samples as they arrive, decoded and interned; one emission per input message. */
export interface SamplePort {
  readonly samples$: Observable<readonly Sample[]>;
}

export interface StatsPort {
  readonly stats$: Observable<EngineStats>;
  current(): EngineStats;
}

export interface HealthCheck {
  readonly ok: boolean;
  readonly detail: string;
}

export interface HealthPort {
  /** Named checks; ready when all are ok. */
  readiness(): Readonly<Record<string, HealthCheck>>;
  /** Prometheus text format. */
  metrics(): Promise<string>;
}

/** A rule as the dashboard draws it. */
export interface RuleView {
  readonly id: string;
  readonly name: string;
  readonly metric: string;
  readonly match: Readonly<Record<string, string>>;
  readonly when: string;
  readonly clear?: string;
  /** Numbers to draw as lines. */
  readonly thresholds: readonly number[];
  readonly clearThresholds: readonly number[];
  readonly severity: string;
  readonly enabled: boolean;
}

export interface GatewayPorts {
  readonly commands: CommandPort;
  readonly alerts: AlertPort;
  readonly samples: SamplePort;
  readonly stats: StatsPort;
  readonly health: HealthPort;
  rules(): readonly RuleView[];
}
