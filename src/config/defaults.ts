import { defaultGatewayLimits } from '../model/limits.js';
import { builtInTemplates } from '../model/template.js';
import type { EngineConfig } from './engine-config.js';
import type { ConfigInput } from './schema.js';

/** What applies wherever a configuration is silent: an empty file is exactly this. */
export const defaultConfig: EngineConfig = {
  prefix: 'tocsin',
  nats: { inProcess: false },
  ingest: {
    metrics: [{ subject: 'metrics.>', codec: 'auto', tokens: ['_', 'source', 'name...'] }],
    alerts: [{ subject: 'alerts.>', resolveAfterMs: 86_400_000 }],
    limits: { maxSeries: 1_000_000, maxPointsPerMessage: 10_000, maxLabels: 64 },
  },
  rules: [],
  routes: undefined,
  defaultChannels: ['log'],
  rateLimit: {
    key: 'category',
    windows: [
      { max: 10, perMs: 60_000 },
      { max: 100, perMs: 3_600_000 },
    ],
    cooldownMs: 60_000,
  },
  dedupe: { windowMs: 300_000, key: ['title', 'message', 'category'] },
  group: undefined,
  templates: builtInTemplates,
  escalations: {},
  inhibit: [],
  channels: { log: { type: 'log', enabled: true }, console: { type: 'console', enabled: true } },
  delivery: { maxRetries: 3, backoff: { initialMs: 1_000, maxMs: 30_000 }, timeoutMs: 10_000, maxAgeMs: 86_400_000 },
  history: { maxAgeMs: 86_400_000, maxAlerts: 1_000, maxBytes: 1_073_741_824 },
  gateway: { host: '127.0.0.1', port: 8_420, limits: defaultGatewayLimits },
};

/** Of `group`, which is off unless given. */
export const groupDefaults = { waitMs: 30_000, intervalMs: 300_000, max: 50 };

/** What runs without any configuration: a private NATS server, this machine's cpu and memory, alerts on the console. */
export const demoInput: ConfigInput = { presets: ['cpu', 'memory'], defaultChannels: ['console'] };
