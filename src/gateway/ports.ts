import type { Observable } from 'rxjs';
import type { ChannelTest, ChannelView } from '../model/channel-view.js';
import type { CommandPort } from '../model/command.js';
import type { AlertPage, AlertQuery } from '../model/query.js';
import type { RouteView } from '../model/route-view.js';
import type { RuleView } from '../model/rule-view.js';
import type { Sample } from '../model/sample.js';
import type { SilenceState, SilenceView } from '../model/silence.js';
import type { AlertEvent, AlertView, DeadLetterView } from '../model/view.js';
import type { EngineStats } from '../model/wire.js';

/** What the gateway needs from the engine. `engine.ts` hands it over; nothing here knows where it comes from. */

export type { Actor, CommandAnswer, CommandPort } from '../model/command.js';
export type { AlertPage, AlertQuery } from '../model/query.js';
export type { RuleView } from '../model/rule-view.js';

/**
 * The alerts as they stand after event `seq`, and every event after it. Snapshot and events come from one in-process
 * order: whoever reads `seq` and the views, and subscribes in the same turn, sees no gap and no repetition.
 */
export interface AlertPort {
  /** Empty until the state is loaded. */
  readonly epoch: string;
  readonly seq: number;
  readonly events$: Observable<AlertEvent>;
  views(): Iterable<AlertView>;
  query(query: AlertQuery): AlertPage;
  /** Rejects with `alert_unknown`. */
  detail(id: string): Promise<{ readonly alert: AlertView; readonly events: readonly AlertEvent[] }>;
  /**
   * The first `limit` events after `seq`, from the log; fewer only when they reach the head as it stood at the call.
   * `undefined` when the log no longer has all of them.
   */
  since(seq: number, limit: number): Promise<readonly AlertEvent[] | undefined>;
}

/** Samples as they arrive, decoded and interned; one emission per input message. */
export interface SamplePort {
  readonly samples$: Observable<readonly Sample[]>;
}

export interface StatsPort {
  readonly stats$: Observable<EngineStats>;
  current(): EngineStats;
  /** Counts anew from now on. */
  reset(): void;
}

export interface DeliveryPort {
  /** The newest dead letters, newest first. Rejects with `not_ready`, `log_unavailable`. */
  dead(limit: number): Promise<readonly DeadLetterView[]>;
}

export interface SilencePort {
  /** Newest first, all or those in one of the states. Throws `not_ready`. */
  list(states?: readonly SilenceState[]): readonly SilenceView[];
}

export interface ChannelPort {
  list(): Promise<readonly ChannelView[]>;
  /** Rejects with `channel_unknown`, `not_ready`, and `overloaded` when the channel's rate does not allow it now. */
  test(name: string): Promise<ChannelTest>;
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

export interface GatewayPorts {
  readonly commands: CommandPort;
  readonly alerts: AlertPort;
  readonly deliveries: DeliveryPort;
  readonly channels: ChannelPort;
  readonly silences: SilencePort;
  readonly samples: SamplePort;
  readonly stats: StatsPort;
  readonly health: HealthPort;
  rules(): readonly RuleView[];
  routes(): readonly RouteView[];
  /** As it would stand in the configuration file. Throws `rule_unknown` or `route_unknown`. */
  written(kind: 'rule' | 'route', id: string): object;
}
