import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { alertStates } from './model/alert.js';
import type { ChannelView } from './model/channel-view.js';
import { errorCodes } from './model/errors.js';
import { raiseWarningCodes } from './model/raise.js';
import type { EngineStats, StageTimes } from './model/wire.js';

export interface MetricsSource {
  stats(): EngineStats;
  /** Counters of the driver, the gateway and whoever else counts. */
  counters(): Readonly<Record<string, number>>;
  channels(): Promise<readonly ChannelView[]>;
  readonly version: string;
}

type CountedStat =
  | 'received'
  | 'skewed'
  | 'evaluated'
  | 'opened'
  | 'resolved'
  | 'sent'
  | 'failed'
  | 'rateLimited'
  | 'suppressed';

const counted: Readonly<Record<CountedStat, readonly [name: string, help: string]>> = {
  received: ['tocsin_samples_received_total', 'Samples that arrived and could be used'],
  skewed: ['tocsin_samples_skewed_total', 'Samples whose time was impossible, evaluated at their arrival'],
  evaluated: ['tocsin_samples_evaluated_total', 'Samples that were held against the rules'],
  opened: ['tocsin_alerts_opened_total', 'Alerts opened'],
  resolved: ['tocsin_alerts_resolved_total', 'Alerts resolved'],
  sent: ['tocsin_notifications_sent_total', 'Notifications delivered'],
  failed: ['tocsin_notifications_failed_total', 'Notifications given up'],
  rateLimited: ['tocsin_alerts_rate_limited_total', 'Alerts held back by the rate limit'],
  suppressed: ['tocsin_alerts_suppressed_total', 'Duplicates that were not notified'],
};

/** Everything the engine counts, in the Prometheus text format. Each series exists at zero from the start. */
export function createMetrics(source: MetricsSource): { text(): Promise<string>; readonly contentType: string } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'tocsin_build_info',
    help: 'Version of the engine',
    labelNames: ['version'],
    registers: [registry],
  })
    .labels(source.version)
    .set(1);
  const refresh = [
    counters(registry),
    labelled(registry),
    ofChannels(registry),
    gauges(registry),
    stages(registry),
    others(registry, source),
  ];
  return {
    contentType: registry.contentType,
    async text() {
      const stats = source.stats();
      const channels = await source.channels();
      for (const update of refresh) update(stats, channels);
      return registry.metrics();
    },
  };
}

type Update = (stats: EngineStats, channels: readonly ChannelView[]) => void;

function counters(registry: Registry): Update {
  const entries = Object.entries(counted) as [CountedStat, readonly [string, string]][];
  const made = entries.map(
    ([stat, [name, help]]) => [stat, new Counter({ name, help, registers: [registry] })] as const,
  );
  return (stats) => {
    for (const [stat, counter] of made) {
      counter.reset();
      counter.inc(stats[stat]);
    }
  };
}

function labelled(registry: Registry): Update {
  const make = (name: string, help: string, label: string) =>
    new Counter({ name, help, labelNames: [label], registers: [registry] });
  const warned = make('tocsin_alert_warnings_total', 'Alerts that were not used quite as given, by code', 'code');
  const rejected = make('tocsin_inputs_rejected_total', 'Inputs that could not be used, by reason', 'code');
  const bySeverity = make('tocsin_alerts_opened_by_severity_total', 'Alerts opened, by severity', 'severity');
  const byCategory = make('tocsin_alerts_opened_by_category_total', 'Alerts opened, by category', 'category');
  const byChannel = make(
    'tocsin_notifications_sent_by_channel_total',
    'Notifications delivered, by channel',
    'channel',
  );
  const noWarnings = zeros(raiseWarningCodes);
  const noRejections = zeros(Object.keys(errorCodes));
  return (stats, channels) => {
    setAll(rejected, 'code', { ...noRejections, ...stats.rejected });
    setAll(warned, 'code', { ...noWarnings, ...stats.warnings });
    setAll(bySeverity, 'severity', stats.bySeverity);
    setAll(byCategory, 'category', stats.byCategory);
    setAll(byChannel, 'channel', { ...zeros(channels.map(({ name }) => name)), ...stats.byChannel });
  };
}

function ofChannels(registry: Registry): Update {
  const options = { labelNames: ['channel'], registers: [registry] };
  const failed = new Counter({
    ...options,
    name: 'tocsin_notifications_failed_by_channel_total',
    help: 'Notifications that could not be tried or were given up, by channel',
  });
  const open = new Gauge({ ...options, name: 'tocsin_channel_circuit_open', help: '1 while a channel is down' });
  const available = new Gauge({ ...options, name: 'tocsin_channel_available', help: '1 while a channel can be used' });
  const waiting = new Gauge({
    ...options,
    name: 'tocsin_channel_waiting',
    help: 'Notifications that wait, by channel',
  });
  return (_, channels) => {
    for (const metric of [failed, open, available, waiting]) metric.reset();
    for (const { name: channel, circuit, ...view } of channels) {
      failed.inc({ channel }, view.failed + view.dead);
      open.set({ channel }, circuit === 'open' ? 1 : 0);
      available.set({ channel }, view.available ? 1 : 0);
      // Without a connection nobody knows.
      if (view.waiting !== undefined) waiting.set({ channel }, view.waiting);
    }
  };
}

function gauges(registry: Registry): Update {
  const registers = [registry];
  const open = new Gauge({ name: 'tocsin_alerts_open', help: 'Open alerts', registers });
  const state = new Gauge({
    name: 'tocsin_alerts',
    help: 'Alerts in sight, by state',
    labelNames: ['state'],
    registers,
  });
  const series = new Gauge({ name: 'tocsin_series', help: 'Series seen', registers });
  const reloaded = new Gauge({
    name: 'tocsin_config_last_reload_successful',
    help: 'Whether the last reload of the configuration succeeded',
    registers,
  });
  const reloadedAt = new Gauge({
    name: 'tocsin_config_last_reload_success_timestamp_seconds',
    help: 'When the configuration was last loaded',
    registers,
  });
  const rules = new Gauge({ name: 'tocsin_rules', help: 'Rules', labelNames: ['enabled'], registers });
  return (stats) => {
    open.set(stats.active);
    for (const name of alertStates) state.labels(name).set(stats.byState[name] ?? 0);
    series.set(stats.series);
    reloaded.set(stats.config.ok ? 1 : 0);
    reloadedAt.set(stats.config.succeededAt / 1_000);
    rules.labels('true').set(stats.enabledRules);
    rules.labels('false').set(stats.rules - stats.enabledRules);
  };
}

function stages(registry: Registry): Update {
  const gauge = new Gauge({
    name: 'tocsin_stage_seconds',
    help: 'Time in each stage over the last 10 to 20 seconds',
    labelNames: ['stage', 'quantile'],
    registers: [registry],
  });
  const set = (stage: string, times: StageTimes) => {
    gauge.labels(stage, '0.5').set(times.p50 / 1_000);
    gauge.labels(stage, '0.99').set(times.p99 / 1_000);
    gauge.labels(stage, '1').set(times.max / 1_000);
  };
  return (stats) => {
    for (const [stage, times] of Object.entries(stats.stageMs)) set(stage, times);
    set('delivery', stats.deliveryMs);
  };
}

function others(registry: Registry, source: MetricsSource): Update {
  const counter = new Counter({
    name: 'tocsin_internal_total',
    help: 'Drops, reconnects and other happenings inside, by what happened',
    labelNames: ['what'],
    registers: [registry],
  });
  return () => setAll(counter, 'what', source.counters());
}

/** Our own counts are the truth; the library's counters only carry them out. */
function setAll(counter: Counter<string>, label: string, values: Readonly<Record<string, number>>): void {
  counter.reset();
  for (const [name, value] of Object.entries(values)) counter.inc({ [label]: name }, value);
}

function zeros(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 0]));
}
