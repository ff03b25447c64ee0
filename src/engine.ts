import { interval, map, type Observable, type SchedulerLike, Subject, Subscription, share, startWith } from 'rxjs';
import type { EngineConfig } from './config/engine-config.js';
import type { Gateway } from './gateway/index.js';
import type { AlertPort, GatewayPorts, HealthCheck } from './gateway/ports.js';
import { LateAlerts, LateCommands, notReady } from './late-ports.js';
import { type LiveItems, liveItems, routeViews, ruleViews } from './live/items.js';
import { followChannels, type MakeChannel } from './live/live-channels.js';
import { LiveConfig, type MakeConfig } from './live/live-config.js';
import type { ReloadReport } from './live/reload-report.js';
import type { Channel } from './model/channel.js';
import type { Actor, CommandAnswer, CommandPort } from './model/command.js';
import { TocsinError } from './model/errors.js';
import { type Logger, silentLogger } from './model/logger.js';
import type { RaiseFields } from './model/raisers.js';
import type { Sample, SampleAnswer, SampleFields } from './model/sample.js';
import type { AlertEvent } from './model/view.js';
import type { EngineStats } from './model/wire.js';
import { monotonicScheduler } from './operators/monotonic-scheduler.js';
import { createMetrics } from './prometheus.js';
import { Runtime } from './runtime/runtime.js';
import { ChannelRegistry } from './streams/channel-registry.js';
import { systemClock } from './streams/clock.js';
import type { Clock, Driver } from './streams/ports.js';
import { SeriesTable } from './streams/series-table.js';
import { Stats } from './streams/stats.js';

export interface EngineOptions {
  readonly config: EngineConfig;
  /** Where messages and state live. A function is called once at start; meanwhile the engine says that it is not ready. */
  readonly driver: Driver | (() => Promise<Driver>);
  /** By name: everything that the configuration sends to. */
  readonly channels: ReadonlyMap<string, Channel>;
  /** Makes the channels that a reload declares or changes. Absent: such changes need a restart. */
  readonly makeChannel?: MakeChannel;
  /** Makes the gateway of this engine; absent: none. */
  readonly gateway?: (ports: GatewayPorts) => Gateway;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Durations run on it. Default: the monotonic clock. */
  readonly scheduler?: SchedulerLike;
  /** 0 (inclusive) to 1 (exclusive): spreads retries. Default: `Math.random`. */
  readonly random?: () => number;
  readonly version?: string;
}

/**
 * A running alert engine. `start` resolves when everything is loaded and listening, `stop` when it has drained; both
 * may be called more than once. Engines share nothing: several live in one process.
 */
export interface Engine extends LiveItems {
  start(): Promise<{ readonly url?: string }>;
  stop(): Promise<void>;
  /** Every alert event from the start on. */
  readonly events$: Observable<AlertEvent>;
  readonly commands: CommandPort;
  /** The ways out; they may come and go while the engine runs. */
  readonly channels: EngineChannels;
  /** Raises or resolves an alert made elsewhere; never rejects. Makers of usual ones: `tradeAlert`, `riskAlert`, `executionAlert`. */
  raise(fields: RaiseFields): Promise<CommandAnswer>;
  /**
   * Takes samples as a message on `metrics.<source>.<name>` would be taken, with the same checks; they need no NATS.
   * Throws `not_ready` before the start, and `stopping`.
   */
  publish(samples: SampleFields | readonly SampleFields[]): SampleAnswer;
  stats(): EngineStats;
  /** Counts anew. What is open stays open. */
  resetStats(): void;
  /**
   * Takes over another configuration, made by `resolveConfig`; rules that are unchanged keep their state. Throws what
   * `config` throws, and goes on with what it had. `by`: who, for the log; default `library`. A function is given what
   * there is in code: `engine.reload((known) => resolveConfig(input, known))` may name channels that were registered.
   */
  reload(config: EngineConfig | MakeConfig, by?: string): ReloadReport;
  /** Alerts as they stand, and the history of each. */
  readonly alerts: AlertQueries;
}

/** Throws, or rejects with, `not_ready` until the state is loaded. */
export type AlertQueries = Pick<AlertPort, 'query' | 'detail'>;

/** The channels of one engine. */
export type EngineChannels = Pick<ChannelRegistry, 'register' | 'unregister' | 'list' | 'test'>;

/** Joins a driver, channels and a gateway into an engine. Nothing happens before `start`. */
export function createEngine(options: EngineOptions): Engine {
  return new TocsinEngine(options);
}

const statsEveryMs = 1_000;
const ownProgram: Actor = { name: 'library', authenticated: false, via: 'library' };

class TocsinEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #clock: Clock;
  readonly #scheduler: SchedulerLike;
  readonly #logger: Logger;
  readonly #stats: Stats;
  readonly #series: SeriesTable;
  readonly #live: LiveConfig;
  readonly rules: LiveItems['rules'];
  readonly routes: LiveItems['routes'];
  readonly templates: LiveItems['templates'];
  readonly alerts = new LateAlerts();
  readonly #samples = new Subject<readonly Sample[]>();
  readonly #stats$: Observable<EngineStats>;
  readonly channels: ChannelRegistry;
  readonly commands = new LateCommands();
  readonly events$: Observable<AlertEvent> = this.alerts.events$;
  #gateway: Gateway | undefined = undefined;
  #driver: Driver | undefined = undefined;
  #runtime: Runtime | undefined = undefined;
  readonly #followed = new Subscription();
  #isLoaded = false;
  #starting: Promise<{ readonly url?: string }> | undefined = undefined;
  #stopping: Promise<void> | undefined = undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock();
    this.#scheduler = options.scheduler ?? monotonicScheduler;
    this.#logger = options.logger ?? silentLogger;
    this.#stats = new Stats(this.#clock.wall());
    this.#series = new SeriesTable({ maxSeries: options.config.ingest.limits.maxSeries });
    this.channels = new ChannelRegistry(options.channels, this.#clock);
    const { config } = options;
    const channelsAreLive = options.makeChannel !== undefined;
    const extraChannels = () =>
      [...this.channels.keys()].filter((name) => !Object.hasOwn(this.#live.current.channels, name));
    const common = { clock: this.#clock, logger: this.#logger };
    this.#live = new LiveConfig({ config, extraChannels, channelsAreLive, ...common });
    this.#followed.add(this.#followChannels());
    ({ rules: this.rules, routes: this.routes, templates: this.templates } = liveItems(this.#live));
    this.#stats$ = interval(statsEveryMs, this.#scheduler).pipe(
      startWith(0),
      map(() => this.stats()),
      share(),
    );
  }

  start(): Promise<{ readonly url?: string }> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  raise(fields: RaiseFields): Promise<CommandAnswer> {
    return this.commands.execute('raise', fields, ownProgram);
  }

  publish(samples: SampleFields | readonly SampleFields[]): SampleAnswer {
    return this.#loaded().publish(samples);
  }

  reload(config: EngineConfig | MakeConfig, by = ownProgram.name): ReloadReport {
    return this.#live.reload(config, by);
  }

  stats(): EngineStats {
    const { rules } = this.#live.current;
    const byState = this.#runtime?.readModel.byState ?? {};
    const { resolved = 0, ...open }: Partial<Record<string, number>> = byState;
    return this.#stats.snapshot(this.#clock.wall(), {
      active: Object.values(open).reduce<number>((sum, count) => sum + (count ?? 0), 0),
      byState,
      series: this.#series.size,
      rules: rules.length,
      enabledRules: rules.filter((rule) => rule.enabled).length,
      config: this.#live.status,
      historySize: resolved,
    });
  }

  resetStats(): void {
    this.#stats.reset(this.#clock.wall());
  }

  async #start(): Promise<{ readonly url?: string }> {
    try {
      this.#assertGoing();
      this.#gateway = this.#options.gateway?.(this.#ports());
      const listening = await this.#gateway?.start();
      const { driver } = this.#options;
      this.#driver = typeof driver === 'function' ? await driver() : driver;
      await this.#run(this.#driver);
      return listening === undefined ? {} : { url: listening.url };
    } catch (error) {
      await this.stop();
      // What was opened after the stop had begun.
      await this.#stop();
      throw error;
    }
  }

  #assertGoing(): void {
    if (this.#stopping === undefined) return;
    throw new TocsinError('stopping', 'the engine was stopped before it had started', { temporary: true });
  }

  async #run(driver: Driver): Promise<void> {
    this.#assertGoing();
    const { config } = this.#options;
    const { channels } = this;
    const runtime = new Runtime({
      ...{ config, channels, driver },
      live: this.#live,
      clock: this.#clock,
      scheduler: this.#scheduler,
      random: this.#options.random ?? Math.random,
      logger: this.#logger,
      stats: this.#stats,
      stats$: this.#stats$,
      series: this.#series,
      samples$: this.#samples,
      onLoaded: (model) => this.alerts.attach(model),
    });
    this.#runtime = runtime;
    await runtime.start();
    this.#isLoaded = true;
    this.commands.attach(runtime.commands);
  }

  #followChannels(): Subscription {
    const { makeChannel: make } = this.#options;
    if (make === undefined) return Subscription.EMPTY;
    const common = { scheduler: this.#scheduler, logger: this.#logger };
    return followChannels(this.#live, { registry: this.channels, make, ...common });
  }

  /** Last in, first out: intake and its work, the gateway, the connections. Idempotent. */
  async #stop(): Promise<void> {
    this.#followed.unsubscribe();
    await this.#runtime?.stop();
    await this.#gateway?.stop();
    await this.#driver?.close();
    this.#samples.complete();
    this.alerts.events$.complete();
  }

  #ports(): GatewayPorts {
    const { version = '0.0.0' } = this.#options;
    const metrics = createMetrics({
      version,
      channels: () => this.channels.list(),
      stats: () => this.stats(),
      counters: () => ({ ...this.#driver?.counters(), ...this.#gateway?.counters(), ...this.#runtime?.counters() }),
    });
    return {
      commands: this.commands,
      alerts: this.alerts,
      channels: this.channels,
      deliveries: { dead: async (limit) => this.#loaded().deadLetters.list(limit) },
      silences: { list: (states) => this.#loaded().silences.list(states) },
      samples: { samples$: this.#samples },
      stats: { stats$: this.#stats$, current: () => this.stats(), reset: () => this.resetStats() },
      health: { readiness: () => this.#readiness(), metrics: () => metrics.text() },
      rules: () => ruleViews(this.#live),
      routes: () => routeViews(this.#live),
      written: (kind, id) => this.#live.written(kind, id),
    };
  }

  #loaded(): Runtime {
    if (this.#isLoaded && this.#runtime !== undefined) return this.#runtime;
    throw notReady();
  }

  #readiness(): Readonly<Record<string, HealthCheck>> {
    const { rules } = this.#live.current;
    const loaded = this.#isLoaded;
    const connected = this.#runtime?.isConnected ?? false;
    const trouble = this.#trouble();
    const logTrouble = this.#runtime?.logTrouble;
    return {
      nats: { ok: connected, detail: connected ? (this.#driver?.bus.server ?? '') : 'not connected' },
      state: { ok: loaded, detail: loaded ? 'loaded' : 'loading' },
      log: { ok: loaded && logTrouble === undefined, detail: logTrouble ?? (loaded ? 'writable' : 'loading') },
      alerts: { ok: true, detail: this.#runtime?.captured ?? 'not captured' },
      rules: { ok: true, detail: `${rules.length} loaded` },
      // What was wrong with a file that was not taken over is told, but does not stop what runs.
      config: { ok: true, detail: this.#live.detail },
      engine: { ok: trouble === undefined, detail: trouble ?? 'running' },
    };
  }

  #trouble(): string | undefined {
    if (this.#stopping !== undefined) return 'stopping';
    return this.#runtime?.hasFailed ? 'the alert pipeline has failed' : undefined;
  }
}
