import { map, type Observable, Subject } from 'rxjs';
import { part$, routingOf } from '../live/settings.js';
import { Settling } from '../streams/catch-up.js';
import { Checkpointer } from '../streams/checkpoint.js';
import { DirectDelivery } from '../streams/direct-delivery.js';
import { thresholdState } from '../streams/evaluate.js';
import type { Stored } from '../streams/lifecycle.js';
import { alertPipeline, type PipelineDeps } from '../streams/pipeline.js';
import type { Recalled } from './restore.js';
import type { Running } from './running.js';
import { within } from './within.js';

/** Writes in flight may take this long when the engine stops. */
const drainMs = 5_000;
/** And the last checkpoint. */
const checkpointMs = 3_000;

/** Nobody is notified of the past right after a restart. */
export function settle({ parts, deps }: Running): Settling {
  return new Settling([...parts.readModel.records()], deps.scheduler);
}

/** Tells what the log refuses to take. */
export function startDirectDelivery({ deps, condition, onStop }: Running, settling: Settling): DirectDelivery {
  const { config, channels, clock, scheduler, random, logger } = deps;
  const direct = new DirectDelivery({
    ...{ channels, clock, scheduler, random, logger },
    config: config.delivery,
    settled: settling.over,
    onDelivered: () => condition.counters.unrecorded_delivered++,
  });
  onStop(() => direct.stop());
  return direct;
}

/** From here on alerts move. When it stops, what is in flight is finished first. */
export function startPipeline(running: Running, recalled: Recalled, direct: DirectDelivery): void {
  const { deps, parts, condition, onStop } = running;
  const { series, clock, scheduler } = deps;
  const loaded = parts.readModel.records();
  condition.thresholds = thresholdState({ series, clock, scheduler, loaded, remembered: recalled.remembered });
  const stop$ = new Subject<void>();
  const stored$ = alertPipeline(pipelineDeps(running, recalled, direct, stop$));
  const drained = new Promise<void>((resolve) => {
    const pipeline = subscribePipeline(running, stored$, direct, resolve);
    onStop(() => {
      pipeline.unsubscribe();
      parts.gate.dispose();
      parts.mutes.dispose();
    });
  });
  onStop(async () => {
    stop$.next();
    await within(drained, drainMs, scheduler);
  });
}

function subscribePipeline(
  { deps, parts, condition }: Running,
  stored$: Observable<Stored>,
  direct: DirectDelivery,
  onEnd: () => void,
) {
  const { clock, logger, stats } = deps;
  return stored$.subscribe({
    next: ({ seq, event }) => {
      parts.readModel.share(seq, event.alert);
      direct.recorded(event);
      stats.stored(event, clock.wall());
    },
    error: (err) => {
      logger.fatal({ err }, 'the alert pipeline failed: nothing is evaluated any more; restart the engine');
      condition.hasFailed = true;
      onEnd();
    },
    complete: onEnd,
  });
}

function pipelineDeps(
  { deps, parts, condition }: Running,
  { remembered }: Recalled,
  direct: DirectDelivery,
  stop$: Observable<void>,
): PipelineDeps {
  const { config, live, driver, channels, clock, scheduler, logger, stats, series } = deps;
  const { readModel, gate, mutes, health, writer } = parts;
  const routing = routingOf(live);
  const { memories, sources } = remembered;
  return {
    ...{ log: driver.log, clock, scheduler, logger, stats, series, health, writer, stop$ },
    // Not a list: who is given it holds it, and with it every record that was replaced since.
    loaded: { [Symbol.iterator]: () => readModel.records()[Symbol.iterator]() },
    samples$: deps.samples$,
    asked$: parts.asked$,
    summaries$: gate.summaries$,
    offers$: gate.offers$,
    rules$: part$(live, ({ rules }) => rules),
    connected$: driver.bus.status$.pipe(map((status) => status === 'connected')),
    thresholds: condition.thresholds,
    ...(memories.length > 0 && { gapEndedAt: scheduler.now() }),
    remembered: (ruleId) => sources.get(ruleId) ?? [],
    onWatching: (watched) => {
      condition.sources = watched;
    },
    ...{ admission: gate, mutes },
    routing: () => ({ ...routing(), allChannels: channels.enabled() }),
    chain: (id) => live.current.escalations[id],
    repeatMs: () => live.current.group?.repeatMs,
    maxSeries: config.ingest.limits.maxSeries,
    records: () => readModel.records(),
    logIsWell: () => health.isWell,
    onRearmed: () => condition.counters.timers_rearmed++,
    onFolded: (event) => stats.stored(event, clock.wall()),
    onUnrecorded: (event) => {
      condition.counters.transitions_unrecorded++;
      direct.send(event);
    },
    onLost: () => condition.counters.transitions_lost++,
  };
}

/** Writes down what rules remember beyond the alerts, for the next start. */
export function startCheckpoints({ deps, parts, condition, onStop }: Running, { found }: Recalled): void {
  const { live, driver, clock, scheduler, logger } = deps;
  const { health, writer } = parts;
  const checkpoints = new Checkpointer({
    ...{ log: driver.log, health, writer, clock, scheduler, logger, found },
    thresholds: () => condition.thresholds,
    sources: () => condition.sources(),
    rules: () => live.current.rules,
  });
  onStop(() => within(checkpoints.stop(), checkpointMs, scheduler));
}
