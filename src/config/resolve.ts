import type { GatewayLimits } from '../model/limits.js';
import type { Template } from '../model/template.js';
import { parseListen, parseNatsUrl } from './address.js';
import { defaultConfig, groupDefaults } from './defaults.js';
import { defined } from './defined.js';
import type {
  ChannelConfig,
  CommonChannelConfig,
  DedupeConfig,
  DeliveryConfig,
  EngineConfig,
  GatewayConfig,
  GroupConfig,
  HistoryConfig,
  IngestConfig,
  NatsConfig,
  RateLimitConfig,
} from './engine-config.js';
import { resolveInhibition } from './inhibition.js';
import { bytes, ms, optionalMs } from './numbers.js';
import { presets } from './presets.js';
import { channelList, resolveEscalation, resolveRoute, resolveRule } from './resolve-rules.js';
import type { ChannelInput, ConfigInput, TemplateInput } from './schema.js';

type Section<Key extends keyof ConfigInput> = NonNullable<ConfigInput[Key]>;

/** The configuration as the engine runs it. Whatever comes in here has passed every check. */
export function complete(input: ConfigInput): EngineConfig {
  const channels = { ...defaultConfig.channels, ...mapValues(input.channels ?? {}, resolveChannel) };
  const all = enabledChannels(channels);
  const templates = { ...defaultConfig.templates, ...mapValues(input.templates ?? {}, resolveTemplate) };
  const ready = (input.presets ?? []).map((name) => presets[name]);
  return {
    prefix: input.prefix ?? defaultConfig.prefix,
    nats: resolveNats(input.nats),
    ingest: resolveIngest(input.ingest),
    rules: [...ready, ...(input.rules ?? [])].map((rule) => resolveRule(rule, all, templates)),
    routes: input.routes?.map(resolveRoute),
    defaultChannels: input.defaultChannels ? channelList(input.defaultChannels, all) : defaultConfig.defaultChannels,
    rateLimit: resolveRateLimit(input.rateLimit),
    dedupe: resolveDedupe(input.dedupe),
    group: input.group === undefined ? undefined : resolveGroup(input.group),
    escalations: mapValues(input.escalations ?? {}, (chain, id) => resolveEscalation(id, chain, all)),
    templates,
    channels,
    inhibit: (input.inhibit ?? []).map(resolveInhibition),
    delivery: resolveDelivery(input.delivery),
    history: resolveHistory(input.history),
    gateway: resolveGateway(input.gateway),
  };
}

/** Names of the channels that are switched on: what `*` stands for. */
export function enabledChannels(channels: EngineConfig['channels']): string[] {
  return Object.keys(channels).filter((name) => channels[name]?.enabled === true);
}

function resolveNats({ url, inProcess, tls, ...credentials }: Section<'nats'> = {}): NatsConfig {
  const addresses = [url ?? []].flat().flatMap((text) => parseNatsUrl(text) ?? []);
  const { url: _, ...fromUrl } = addresses[0] ?? { url: '' };
  return {
    inProcess: inProcess ?? false,
    ...(addresses.length === 0 ? {} : { urls: addresses.map((address) => address.url) }),
    ...fromUrl,
    ...defined(credentials),
    ...(tls === undefined ? {} : { tls: defined(tls) }),
  };
}

function resolveIngest({ metrics, alerts, limits }: Section<'ingest'> = {}): IngestConfig {
  const defaults = defaultConfig.ingest;
  const [metric] = defaults.metrics;
  const [alert] = defaults.alerts;
  return {
    metrics:
      metrics?.map(({ subject, codec, tokens }) => ({
        subject,
        codec: codec ?? metric!.codec,
        tokens: tokens ?? metric!.tokens,
      })) ?? defaults.metrics,
    alerts:
      alerts?.map(({ subject, resolveAfter }) => ({
        subject,
        resolveAfterMs: ms(resolveAfter, alert!.resolveAfterMs),
      })) ?? defaults.alerts,
    limits: { ...defaults.limits, ...defined(limits ?? {}) },
  };
}

function resolveRateLimit({ key, windows, cooldown }: Section<'rateLimit'> = {}): RateLimitConfig {
  const defaults = defaultConfig.rateLimit;
  return {
    key: key ?? defaults.key,
    windows: windows?.map(({ max, per }) => ({ max, perMs: ms(per, 0) })) ?? defaults.windows,
    cooldownMs: ms(cooldown, defaults.cooldownMs),
  };
}

function resolveDedupe({ window, key }: Section<'dedupe'> = {}): DedupeConfig {
  return { windowMs: ms(window, defaultConfig.dedupe.windowMs), key: key ?? defaultConfig.dedupe.key };
}

function resolveGroup({ by, wait, interval, repeat, max }: Section<'group'>): GroupConfig {
  return {
    by,
    waitMs: ms(wait, groupDefaults.waitMs),
    intervalMs: ms(interval, groupDefaults.intervalMs),
    ...optionalMs('repeatMs', repeat),
    max: max ?? groupDefaults.max,
  };
}

function resolveChannel(input: ChannelInput): ChannelConfig {
  const common = channelPolicy(input);
  if (input.type !== 'webhook') return { type: input.type, ...common };
  const { type, url, secret, headers, timeout } = input;
  const signed = secret === undefined ? {} : { secret };
  return { type, ...common, url, ...signed, headers: headers ?? {}, ...optionalMs('timeoutMs', timeout) };
}

function channelPolicy({ enabled, rate, fallback, fallbackAfter }: ChannelInput): CommonChannelConfig {
  return {
    enabled: enabled ?? true,
    ...(rate === undefined ? {} : { rate: { max: rate.max, perMs: ms(rate.per, 0) } }),
    ...(fallback === undefined ? {} : { fallback }),
    ...optionalMs('fallbackAfterMs', fallbackAfter),
  };
}

function resolveTemplate({ requires = [], ...input }: TemplateInput): Template {
  return { title: input.title, body: input.body, requires, ...defined(input) };
}

function resolveDelivery(input: Section<'delivery'> = {}): DeliveryConfig {
  const defaults = defaultConfig.delivery;
  return {
    maxRetries: input.maxRetries ?? defaults.maxRetries,
    backoff: {
      initialMs: ms(input.backoff?.initial, defaults.backoff.initialMs),
      maxMs: ms(input.backoff?.max, defaults.backoff.maxMs),
    },
    timeoutMs: ms(input.timeout, defaults.timeoutMs),
    maxAgeMs: ms(input.maxAge, defaults.maxAgeMs),
  };
}

function resolveHistory({ maxAge, maxAlerts, maxBytes }: Section<'history'> = {}): HistoryConfig {
  const defaults = defaultConfig.history;
  return {
    maxAgeMs: ms(maxAge, defaults.maxAgeMs),
    maxAlerts: maxAlerts ?? defaults.maxAlerts,
    maxBytes: bytes(maxBytes, defaults.maxBytes),
  };
}

function resolveGateway({ listen, limits }: Section<'gateway'> = {}): GatewayConfig {
  const defaults = defaultConfig.gateway;
  const { host, port } = parseListen(listen) ?? defaults;
  return { host, port, limits: resolveLimits(limits, defaults.limits) };
}

function resolveLimits(
  { heartbeat, maxMessageBytes, alertLaneBytes, ...counts }: NonNullable<Section<'gateway'>['limits']> = {},
  defaults: GatewayLimits,
): GatewayLimits {
  return {
    ...defaults,
    ...defined(counts),
    heartbeatMs: ms(heartbeat, defaults.heartbeatMs),
    maxMessageBytes: bytes(maxMessageBytes, defaults.maxMessageBytes),
    alertLaneBytes: bytes(alertLaneBytes, defaults.alertLaneBytes),
  };
}

function mapValues<A, B>(map: Readonly<Record<string, A>>, change: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]));
}
