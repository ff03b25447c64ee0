import { randomUUID } from 'node:crypto';
import { map, type Observable, type SchedulerLike, Subject, Subscription } from 'rxjs';
import type { EngineConfig } from './config/engine-config.js';
import { configCommands } from './live/config-commands.js';
import { followAdmission } from './live/live-admission.js';
import type { LiveConfig } from './live/live-config.js';
import { deliverySettings, onChange, part$, routingOf } from './live/settings.js';
import { isOpen } from './model/alert.js';
import { type DeliveryRecord, type OutboxMessage, toldBy } from './model/delivery.js';
import { TocsinError } from './model/errors.js';
import type { StoredEvent } from './model/event.js';
import type { Logger } from './model/logger.js';
import type { Rejection, Sample } from './model/sample.js';
import type { Series } from './model/series.js';
import type { EngineStats } from './model/wire.js';
import { ThresholdState } from './operators/threshold.js';
import { AdmissionGate, type AdmissionLimits } from './streams/admission.js';
import { eventsSince } from './streams/admission-history.js';
import { captureWatch } from './streams/capture-watch.js';
import { Settling } from './streams/catch-up.js';
import type { ChannelRegistry } from './streams/channel-registry.js';
import { Checkpointer } from './streams/checkpoint.js';
import type { SourceRow } from './streams/checkpoint-piece.js';
import { type FoundCheckpoint, findCheckpoint, type Remembered, remembered } from './streams/checkpoint-restore.js';
import { clearCommands } from './streams/clear-history.js';
import { listenForCommands } from './streams/command-subjects.js';
import { Commands } from './streams/commands.js';
import { DeadLetters, deadLetterCommands } from './streams/dead-letters.js';
import { createSampleDecoder } from './streams/decode.js';
import { startDelivery } from './streams/delivery.js';
import { DirectDelivery } from './streams/direct-delivery.js';
import { startDispatch } from './streams/dispatch.js';
import { thresholdState } from './streams/evaluate.js';
import { Explainer, explainCommands } from './streams/explain.js';
import { intake } from './streams/intake.js';
import { Janitor } from './streams/janitor.js';
import { LastSamples } from './streams/last-samples.js';
import type { Asked } from './streams/lifecycle.js';
import { LogHealth } from './streams/log-health.js';
import { Mutes } from './streams/mutes.js';
import { alertPipeline } from './streams/pipeline.js';
import type { BusStatus, Clock, Driver } from './streams/ports.js';
import { listenForRaises, type RaisesDeps } from './streams/raises.js';
import { ReadModel } from './streams/read-model.js';
import { RejectedReporter } from './streams/rejected.js';
import type { SeriesTable } from './streams/series-table.js';
import { silenceCommands } from './streams/silence-commands.js';
import { Silences } from './streams/silences.js';
import { source } from './streams/source.js';
import type { Stats } from './streams/stats.js';

export interface RuntimeDeps {
  /** As it was at the start: for what only a start takes over. */
  readonly config: EngineConfig;
  /** As it is now. */
  readonly live: LiveConfig;
  readonly driver: Driver;
  readonly channels: ChannelRegistry;
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
  readonly logger: Logger;
  readonly stats: Stats;
  readonly stats$: Observable<EngineStats>;
  readonly series: SeriesTable;
  /** Where decoded samples go besides the rules. */
  readonly samples$: Subject<readonly Sample[]>;
  /** Called when the alerts of the log are known, before anything moves them. */
  readonly onLoaded: (model: ReadModel) => void;
}

/** Writes in flight may take this long when the engine stops. */
const drainMs = 5_000;
/** Messages of the log up to which the whole history is read before the engine is ready. */
const shortHistory = 1_000;
/** And the last checkpoint. */
const checkpointMs = 3_000;

/** An engine's stages, running on one driver. */
export class Runtime {
  readonly readModel: ReadModel;
  readonly commands: Commands;
  readonly deadLetters: DeadLetters;
  readonly explainer: Explainer;
  readonly silences: Silences;
  readonly #deps: RuntimeDeps;
  readonly #gate: AdmissionGate;
  /** What the gate was made with. */
  readonly #limits: AdmissionLimits;
  readonly #janitor: Janitor;
  readonly #mutes: Mutes;
  readonly #asked = new Subject<Asked>();
  readonly #stop = new Subject<void>();
  readonly #intake = new Subscription();
  readonly #last = new LastSamples();
  readonly #rejected: RejectedReporter;
  /** What ends when the engine stops, last in first out. */
  readonly #closers: (() => Promise<void> | void)[] = [];
  readonly #counters = {
    timers_rearmed: 0,
    transitions_unrecorded: 0,
    unrecorded_delivered: 0,
    transitions_lost: 0,
    alerts_captured: 0,
  };
  #captured: string | undefined = undefined;
  /** Distinguishes the writes of this process from those of any other. */
  readonly #writer = randomUUID().slice(0, 8);
  readonly #health: LogHealth;
  #settling: Settling | undefined = undefined;
  #direct: DirectDelivery | undefined = undefined;
  #checkpoint: FoundCheckpoint = { rows: [], found: new Map() };
  #remembered: Remembered = { entries: [], memories: [], sources: new Map() };
  #sources: () => Iterable<SourceRow> = () => [];
  #thresholds = new ThresholdState<Series>();
  #status: BusStatus = 'connected';
  #stopping = false;
  #failed = false;

  constructor(deps: RuntimeDeps) {
    const { config, live, driver, clock, scheduler, logger } = deps;
    this.#deps = deps;
    const keepMs = Math.max(longestWindowMs(config), longestHoldMs(config));
    this.#health = new LogHealth({ log: driver.log, scheduler, logger, writer: this.#writer });
    this.#closers.push(() => this.#health.stop());
    this.readModel = new ReadModel({
      log: driver.log,
      clock,
      get keepMs() {
        return Math.max(keepMs, longestWindowMs(live.current));
      },
      get maxResolved() {
        return live.current.history.maxAlerts;
      },
      maxBytes: config.history.maxBytes,
      onRetired: (retired) => this.#janitor.retire(retired),
      onError: (err) => logger.error({ err }, 'the event log can no longer be followed'),
    });
    this.#mutes = new Mutes(scheduler);
    this.silences = new Silences({
      ...{ log: driver.log, mutes: this.#mutes, clock, scheduler, logger },
      history: () => live.current.history,
      onRetired: (retired) => this.#janitor.retire(retired),
    });
    const retireOld = () => {
      this.readModel.retireBefore(clock.wall() - live.current.history.maxAgeMs);
      this.silences.retire();
    };
    this.#janitor = new Janitor({
      ...{ log: driver.log, clock, scheduler, logger, beforeSweep: retireOld },
      get keepMs() {
        return Math.max(keepMs, longestWindowMs(live.current));
      },
    });
    this.#closers.push(() => this.#janitor.stop());
    this.#limits = live.current;
    this.#gate = new AdmissionGate({ ...limitsOf(this.#limits), clock, scheduler });
    this.#rejected = new RejectedReporter({
      bus: driver.control,
      subject: `${config.prefix}.rejected`,
      logger,
      scheduler,
    });
    this.deadLetters = new DeadLetters({ outbox: driver.outbox, clock, logger });
    this.explainer = new Explainer({
      ...{ log: driver.log, series: deps.series, last: this.#last, clock, scheduler },
      rules: () => live.current.rules,
      states: (series) => this.#thresholds.of(series),
    });
    this.commands = new Commands({
      submit: (asked) => this.#asked.next(asked),
      clock,
      resolveAfterMs: config.ingest.alerts[0]?.resolveAfterMs ?? 24 * 3_600_000,
      get templates() {
        return live.current.templates;
      },
      onWarning: (warning) => this.#deps.stats.warned(warning),
      handlers: {
        ...deadLetterCommands(this.deadLetters),
        ...configCommands(live),
        ...explainCommands(this.explainer),
        ...clearCommands({ log: driver.log, readModel: this.readModel, clock, logger }),
        ...silenceCommands({ silences: this.silences, mutes: this.#mutes, clock }),
      },
      assertReady: () => this.#assertReady(),
    });
  }

  get isConnected(): boolean {
    return this.#status === 'connected';
  }

  /** The pipeline has ended by an error: only a restart helps. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** Which stream answers raises in our place; `undefined` when none does. */
  get captured(): string | undefined {
    return this.#captured;
  }

  /** Why the event log refuses to be written; `undefined` while it does not. */
  get logTrouble(): string | undefined {
    return this.#health.trouble;
  }

  /** What happened inside that should not, or seldom. */
  counters(): Readonly<Record<string, number>> {
    return { ...this.#counters };
  }

  /** State first, then what moves it, then what comes in. Rejects with `stopping` when it is stopped meanwhile. */
  async start(): Promise<void> {
    const { config, live, driver } = this.#deps;
    const steps = [
      () => driver.assertNotCaptured(config.ingest.alerts.map(({ subject }) => subject)),
      () => this.#watchConnection(),
      () => live.load(driver.log),
      () => this.#load(),
      () => this.#restoreAdmission(),
      () => this.#settle(),
      () => this.#recall(),
      () => this.#startPipeline(),
      () => this.#startCheckpoints(),
      () => this.#follow(),
      () => this.#startDelivery(),
      () => this.#loadEarlier(),
      () => this.#watchCaptures(),
      () => this.#listen(),
      () => this.#heard(),
    ];
    for (const step of steps) {
      await step();
      if (this.#stopping) throw stopping();
    }
  }

  /** The reverse: nothing more is taken, writes end, workers hand back what they hold. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#intake.unsubscribe();
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  #watchConnection(): void {
    const { control } = this.#deps.driver;
    const watching = control.status$.subscribe((status) => {
      this.#status = status;
    });
    this.#closers.push(() => watching.unsubscribe());
  }

  async #load(): Promise<void> {
    await this.readModel.load();
    await this.silences.load();
    const inhibitions$ = part$(this.#deps.live, ({ inhibit }) => inhibit);
    const inhibiting = inhibitions$.subscribe((inhibitions) => this.#mutes.setRules(inhibitions));
    this.#closers.push(() => inhibiting.unsubscribe());
    this.#mutes.restore([...this.readModel.records()].map(({ record }) => record));
    this.#deps.onLoaded(this.readModel);
  }

  /** What was admitted and held back within the longest window still counts. */
  async #restoreAdmission(): Promise<void> {
    const { live, driver, clock, scheduler, logger } = this.#deps;
    const since = (limits: AdmissionLimits) => eventsSince(driver.log, clock.wall() - longestWindowMs(limits));
    const open = () => [...this.readModel.records()].map(({ record }) => record).filter(isOpen);
    this.#gate.restore(await since(this.#limits), open());
    const change = (limits: AdmissionLimits) => this.#gate.change(limitsOf(limits), () => since(limits), open);
    const following = followAdmission(live, { limits: this.#limits, change, scheduler, logger });
    this.#closers.push(() => following.unsubscribe());
  }

  /** A short history is complete from the start; a long one is read while the engine runs. */
  async #loadEarlier(): Promise<void> {
    const { logger } = this.#deps;
    const loading = this.readModel
      .loadEarlier()
      .catch((err: unknown) => logger.warn({ err }, 'earlier incidents could not be read: they are not listed'));
    if (this.readModel.seq <= shortHistory) await loading;
  }

  /** Who would answer raises in our place may come later, too. */
  #watchCaptures(): void {
    const { config, driver, scheduler, logger } = this.#deps;
    const subjects = config.ingest.alerts.map(({ subject }) => subject);
    const watching = captureWatch(driver, subjects, scheduler).subscribe((captured) => {
      if (captured !== undefined) {
        this.#counters.alerts_captured++;
        logger.warn({}, captured);
      } else if (this.#captured !== undefined) logger.info({}, 'no stream captures alerts any more');
      this.#captured = captured;
    });
    this.#closers.push(() => watching.unsubscribe());
  }

  #follow(): void {
    const { live } = this.#deps;
    this.#closers.push(live.follow());
    this.readModel.follow();
    this.silences.follow();
    this.#closers.push(() => {
      this.readModel.stop();
      this.silences.stop();
    });
  }

  #settle(): void {
    const { config, channels, clock, scheduler, random, logger } = this.#deps;
    const settling = new Settling([...this.readModel.records()], scheduler);
    this.#settling = settling;
    const direct = new DirectDelivery({
      ...{ channels, clock, scheduler, random, logger },
      config: config.delivery,
      settled: settling.over,
      onDelivered: () => this.#counters.unrecorded_delivered++,
    });
    this.#direct = direct;
    this.#closers.push(() => direct.stop());
  }

  /** What rules remember beyond the alerts. */
  async #recall(): Promise<void> {
    const { live, driver, clock, scheduler, logger, series } = this.#deps;
    this.#checkpoint = await findCheckpoint(driver.log, logger);
    const loaded = [...this.readModel.records()];
    const { rules } = live.current;
    this.#remembered = remembered(this.#checkpoint, { rules, series, loaded, clock, scheduler, logger });
  }

  #startCheckpoints(): void {
    const { live, driver, clock, scheduler, logger } = this.#deps;
    const checkpoints = new Checkpointer({
      ...{ log: driver.log, health: this.#health, writer: this.#writer, clock, scheduler, logger },
      thresholds: () => this.#thresholds,
      sources: () => this.#sources(),
      rules: () => live.current.rules,
      found: this.#checkpoint.found,
    });
    this.#closers.push(() => within(checkpoints.stop(), checkpointMs, scheduler));
  }

  #startPipeline(): void {
    const { config, live, driver, channels, clock, scheduler, logger, stats, series } = this.#deps;
    const loaded = [...this.readModel.records()];
    const routing = routingOf(live);
    const { memories, sources } = this.#remembered;
    this.#thresholds = thresholdState({ series, clock, scheduler, loaded, remembered: this.#remembered });
    const stored$ = alertPipeline({
      samples$: this.#deps.samples$,
      asked$: this.#asked,
      summaries$: this.#gate.summaries$,
      offers$: this.#gate.offers$,
      stop$: this.#stop,
      rules$: part$(live, ({ rules }) => rules),
      connected$: driver.bus.status$.pipe(map((status) => status === 'connected')),
      loaded,
      thresholds: this.#thresholds,
      ...(memories.length > 0 && { gapEndedAt: scheduler.now() }),
      remembered: (ruleId) => sources.get(ruleId) ?? [],
      onWatching: (watched) => {
        this.#sources = watched;
      },
      admission: this.#gate,
      mutes: this.#mutes,
      routing: () => ({ ...routing(), allChannels: channels.enabled() }),
      chain: (id) => live.current.escalations[id],
      repeatMs: () => live.current.group?.repeatMs,
      records: () => this.readModel.records(),
      logIsWell: () => this.#health.isWell,
      onRearmed: () => this.#counters.timers_rearmed++,
      onFolded: (event) => stats.stored(event, clock.wall()),
      maxSeries: config.ingest.limits.maxSeries,
      writer: this.#writer,
      health: this.#health,
      onUnrecorded: (event) => this.#tellDirectly(event),
      onLost: () => this.#counters.transitions_lost++,
      log: driver.log,
      clock,
      scheduler,
      logger,
      stats,
      series,
    });
    const drained = new Promise<void>((resolve) => {
      const running = stored$.subscribe({
        next: ({ seq, event }) => {
          this.readModel.share(seq, event.alert);
          this.#direct?.recorded(event);
          stats.stored(event, clock.wall());
        },
        error: (err) => {
          logger.fatal({ err }, 'the alert pipeline failed: nothing is evaluated any more; restart the engine');
          this.#failed = true;
          resolve();
        },
        complete: resolve,
      });
      this.#closers.push(() => {
        running.unsubscribe();
        this.#gate.dispose();
        this.#mutes.dispose();
      });
    });
    this.#closers.push(async () => {
      this.#stop.next();
      await within(drained, drainMs, scheduler);
    });
  }

  /** The log refuses a transition. */
  #tellDirectly(event: StoredEvent): void {
    this.#counters.transitions_unrecorded++;
    this.#direct?.send(event);
  }

  async #startDelivery(): Promise<void> {
    const { live, driver, channels, clock, scheduler, logger, stats } = this.#deps;
    const { log, outbox } = driver;
    const settling = this.#settling!;
    const onResult = (record: DeliveryRecord, message: OutboxMessage) => {
      for (const _ of toldBy(message)) stats.delivered(record, message.event.marks?.stored);
    };
    const delivery = await startDelivery({
      settled: settling.over,
      ...{ outbox, log, channels, clock, scheduler, logger },
      random: this.#deps.random,
      config: deliverySettings(live),
      deliveries: (id) => this.readModel.deliveries(id),
      onResult,
    });
    this.#closers.push(() => {
      settling.end();
      channels.detach();
      return delivery.stop();
    });
    const dispatch = await startDispatch({
      ...{ log, outbox, channels, clock, scheduler, logger, onResult },
      group: live.current.group,
      groupChannels: () => [...channels.values()].filter(({ sendGroup }) => sendGroup).map(({ name }) => name),
      onRetired: (retired) => this.#janitor.retire(retired),
    });
    const regroup = () => dispatch.configure(live.current.group);
    channels.attach({ delivery, outbox, isConnected: () => this.isConnected, changed: regroup });
    const regrouping = onChange(
      live,
      ({ group }) => group,
      () => void regroup(),
    );
    this.#closers.push(() => {
      regrouping.unsubscribe();
      return dispatch.stop();
    });
  }

  #listen(): void {
    const { config, live, driver, clock, stats, series, samples$ } = this.#deps;
    const { prefix, ingest } = config;
    const reject = (rejection: Rejection) => this.#rejected.report(rejection);
    const rejectAlert = (rejection: Rejection) => {
      stats.rejected(rejection);
      reject(rejection);
    };
    const decoder = createSampleDecoder({
      ingest: ingest.metrics,
      limits: ingest.limits,
      series,
      now: () => clock.wall(),
    });
    const samples = source(
      driver.bus,
      ingest.metrics.map(({ subject }) => subject),
    ).pipe(intake({ decoder, stats, reject }));
    this.#intake.add(listenForCommands(driver.control, prefix, this.commands));
    const { commands } = this;
    const raises: RaisesDeps = {
      ...{ bus: driver.control, queue: prefix, ingest: ingest.alerts, commands, clock },
      get templates() {
        return live.current.templates;
      },
      reject: rejectAlert,
    };
    for (const listening of listenForRaises(raises)) this.#intake.add(listening);
    this.#intake.add(
      samples.subscribe((batch) => {
        this.#last.note(batch);
        samples$.next(batch);
      }),
    );
    const encoder = new TextEncoder();
    this.#intake.add(
      this.#deps.stats$.subscribe((current) => {
        if (this.isConnected) driver.control.publish(`${prefix}.stats`, encoder.encode(JSON.stringify(current)));
      }),
    );
  }

  /** Who is told that we are ready may publish at once. A server that went away learns it when it is back. */
  async #heard(): Promise<void> {
    const { bus, control } = this.#deps.driver;
    await Promise.allSettled([bus.flush(), control.flush()]);
  }

  #assertReady(): void {
    if (this.#stopping) throw stopping();
    if (this.#failed) throw new TocsinError('internal', 'the alert pipeline has failed');
    if (!this.isConnected) throw new TocsinError('bus_unavailable', 'NATS is not connected now', { temporary: true });
  }
}

function stopping(): TocsinError {
  return new TocsinError('stopping', 'the engine is stopping', { temporary: true });
}

function limitsOf({ rateLimit, dedupe }: AdmissionLimits): AdmissionLimits {
  return { rateLimit, dedupe };
}

/** What happened within this time still decides what is admitted. */
function longestWindowMs({ rateLimit, dedupe }: AdmissionLimits): number {
  const longestRateMs = Math.max(...rateLimit.windows.map(({ perMs }) => perMs));
  return Math.max(dedupe.windowMs, longestRateMs + rateLimit.cooldownMs);
}

/** What waits for others of its group is in the log alone. */
function longestHoldMs({ group }: EngineConfig): number {
  return group === undefined ? 0 : 2 * Math.max(group.waitMs, group.intervalMs);
}

/** The promise, or the time, whichever ends first. */
function within(promise: Promise<void>, ms: number, scheduler: SchedulerLike): Promise<void> {
  return new Promise((resolve) => {
    const timer = scheduler.schedule(() => resolve(), ms);
    void promise.then(() => {
      timer.unsubscribe();
      resolve();
    });
  });
}
