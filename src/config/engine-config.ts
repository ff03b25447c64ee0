import type { ChannelPolicy } from '../model/channel.js';
import type { EscalationChain } from '../model/escalation.js';
import type { GatewayLimits } from '../model/limits.js';
import type { Inhibition } from '../model/muting.js';
import type { Route } from '../model/routing.js';
import type { Rule } from '../model/rule.js';
import type { Template } from '../model/template.js';

/** The configuration as the engine runs it: complete, checked, durations in milliseconds, sizes in bytes. */
export interface EngineConfig {
  /** Of subjects, streams and buckets. */
  readonly prefix: string;
  readonly nats: NatsConfig;
  readonly ingest: IngestConfig;
  readonly rules: readonly Rule[];
  /** `undefined`: the three default routes. */
  readonly routes: readonly Route[] | undefined;
  readonly defaultChannels: readonly string[];
  readonly rateLimit: RateLimitConfig;
  readonly dedupe: DedupeConfig;
  /** `undefined`: every notification is sent alone. */
  readonly group: GroupConfig | undefined;
  /** By name, the built-in ones included. */
  readonly templates: Readonly<Record<string, Template>>;
  readonly escalations: Readonly<Record<string, EscalationChain>>;
  /** By name; `log` and `console` are always present. */
  readonly channels: Readonly<Record<string, ChannelConfig>>;
  /** Open alerts that keep others quiet. */
  readonly inhibit: readonly Inhibition[];
  readonly delivery: DeliveryConfig;
  readonly history: HistoryConfig;
  readonly gateway: GatewayConfig;
}

export interface NatsConfig {
  /** Absent: a private server. */
  readonly urls?: readonly string[];
  readonly inProcess: boolean;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly credsFile?: string;
  readonly nkeySeedFile?: string;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
}

export type Codec = 'auto' | 'json' | 'msgpack';

export interface MetricsIngest {
  readonly subject: string;
  readonly codec: Codec;
  /** Meaning of each subject token: `_` ignored, `source`, `name`, a last `name...` takes the rest, others are labels. */
  readonly tokens: readonly string[];
}

export interface IngestConfig {
  readonly metrics: readonly MetricsIngest[];
  readonly alerts: readonly { readonly subject: string; readonly resolveAfterMs: number }[];
  readonly limits: { readonly maxSeries: number; readonly maxPointsPerMessage: number; readonly maxLabels: number };
}

export interface RateLimitConfig {
  /** `category`, `rule`, `source` or `labels.<name>`. */
  readonly key: string;
  readonly windows: readonly { readonly max: number; readonly perMs: number }[];
  /** 0: none. */
  readonly cooldownMs: number;
}

export interface DedupeConfig {
  /** 0: off. */
  readonly windowMs: number;
  readonly key: readonly string[];
}

export interface GroupConfig {
  /** `category`, `source`, `rule`, `severity` or `labels.<name>`. */
  readonly by: readonly string[];
  readonly waitMs: number;
  readonly intervalMs: number;
  /** For alerts whose rule says nothing of it. */
  readonly repeatMs?: number;
  /** Notifications that one message tells. */
  readonly max: number;
}

export type ChannelConfig = LocalChannelConfig | WebhookConfig;

export interface CommonChannelConfig extends ChannelPolicy {
  readonly enabled: boolean;
}

export interface LocalChannelConfig extends CommonChannelConfig {
  readonly type: 'log' | 'console';
}

export interface WebhookConfig extends CommonChannelConfig {
  readonly type: 'webhook';
  readonly url: string;
  /** Standard Webhooks secret (`whsec_…` or raw text); absent: not signed. */
  readonly secret?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface DeliveryConfig {
  readonly maxRetries: number;
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  readonly timeoutMs: number;
  readonly maxAgeMs: number;
}

/** Of resolved alerts; open ones never expire. */
export interface HistoryConfig {
  readonly maxAgeMs: number;
  readonly maxAlerts: number;
  readonly maxBytes: number;
}

export interface GatewayConfig {
  readonly host: string;
  readonly port: number;
  readonly limits: GatewayLimits;
}
