import { map, Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';
import { type AlertRecord, isOpen } from '../model/alert.js';
import type { ClearedInput, FiringInput } from '../model/decision/index.js';
import type { Logger } from '../model/logger.js';
import { type ConditionRule, isConditionRule, type Rule } from '../model/rule.js';
import type { Sample } from '../model/sample.js';
import { parseSeriesKey, type Series } from '../model/series.js';
import {
  type ThresholdEntry,
  type ThresholdSide,
  type ThresholdSnapshot,
  ThresholdState,
  threshold,
} from '../operators/threshold.js';
import type { Remembered } from './checkpoint-restore.js';
import { Hearing } from './hearing.js';
import type { Clock } from './ports.js';
import type { SeriesTable } from './series-table.js';
import type { Stats } from './stats.js';
import { thresholdInput } from './threshold-input.js';

export interface EvaluateDeps {
  readonly rules$: Observable<readonly Rule[]>;
  /** While it is false nothing can be heard, and that no data comes means nothing. */
  readonly connected$: Observable<boolean>;
  /** Scheduler time at which nothing could be heard last, where windows go on from a checkpoint. */
  readonly gapEndedAt?: number;
  readonly series: SeriesTable;
  readonly maxSeries: number;
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly stats: Stats;
  readonly logger: Logger;
  /** Where the rules stand: see {@link thresholdState}. */
  readonly thresholds: ThresholdState<Series>;
}

export interface LoadedAlerts {
  readonly series: SeriesTable;
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly loaded: Iterable<{ readonly record: AlertRecord }>;
  /** What a checkpoint adds to that. */
  readonly remembered: Pick<Remembered, 'entries' | 'memories'>;
}

/** What is open at start fires already, before the first sample, and what was waited for is waited for still. */
export function thresholdState(alerts: LoadedAlerts): ThresholdState<Series> {
  const { entries, memories } = alerts.remembered;
  const firing = firingAlready(alerts);
  // Of two for the same rule and series the first counts.
  return new ThresholdState({ ...firing, entries: [...entries, ...firing.entries], memories });
}

/** Samples are held against the rules; what comes out is that a rule began or ceased to hold for a series. */
export function evaluate(deps: EvaluateDeps): OperatorFunction<readonly Sample[], FiringInput | ClearedInput> {
  const hearing = new Hearing(deps.scheduler, deps.gapEndedAt);
  const thresholds = threshold<Sample, Series, ConditionRule>((sample) => sample.series, {
    rules: deps.rules$.pipe(map((rules) => rules.filter(isConditionRule))),
    metric: (sample) => sample.series.name,
    source: (sample) => sample.series.source,
    labels: (sample) => sample.series.labels,
    value: (sample) => sample.value,
    maxKeys: deps.maxSeries,
    scheduler: deps.scheduler,
    pause: hearing.note(deps.connected$).pipe(map((isConnected) => !isConnected)),
    state: deps.thresholds,
    onError: 'skip',
    side: { next: (notice) => report(notice, deps) },
  });
  return (batches) =>
    batches.pipe(
      eachSample(deps),
      thresholds,
      map((transition) => thresholdInput(transition, deps.clock.wall(), hearing.sinceGapMs)),
    );
}

/** One emission a sample, and the time that the whole message took. */
function eachSample({ clock, stats }: EvaluateDeps): OperatorFunction<readonly Sample[], Sample> {
  return (batches) =>
    new Observable((subscriber) =>
      batches.subscribe({
        next(samples) {
          for (const sample of samples) subscriber.next(sample);
          stats.evaluated += samples.length;
          stats.stage('evaluate', clock.wall() - samples[0]!.received);
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
}

function report(notice: ThresholdSide<Sample, Series, ConditionRule>, { logger }: EvaluateDeps): void {
  if (notice.kind === 'flapping') {
    const { rule, key, state, share } = notice;
    logger.warn({ rule: rule.id, series: key.key, share }, `flapping ${state}`);
  } else {
    logger.warn({ notice: notice.kind }, 'a sample was not evaluated');
  }
}

/** What the alerts say of each rule and series: it fires, or may not fire again before its cooldown is over. */
function firingAlready(deps: LoadedAlerts): ThresholdSnapshot<Series> {
  const { scheduler, clock } = deps;
  const entries = [...deps.loaded].flatMap(({ record }) => {
    const { rule, cooldownUntil = Number.NEGATIVE_INFINITY } = record;
    const open = isOpen(record);
    if (
      rule === undefined ||
      record.series === undefined ||
      record.missing === 'absent' ||
      (!open && cooldownUntil <= clock.wall())
    )
      return [];
    const { name, source, labels } = parseSeriesKey(record.series);
    const key = deps.series.intern(name, source, labels);
    if (key === undefined) return [];
    const coolUntil = scheduler.now() + (cooldownUntil - clock.wall());
    const phase: ThresholdSnapshot<Series>['entries'][number] = {
      ...{ ruleId: rule, key, metric: name, source, labels, coolUntil },
      ...{ since: scheduler.now(), value: record.value ?? 0 },
      ...(open ? { phase: 'firing', ...levelOf(record) } : { phase: 'cooling', due: coolUntil }),
    };
    return [phase];
  });
  return { version: 2, entries };
}

function levelOf({ level, missing }: AlertRecord): Pick<ThresholdEntry<Series>, 'level' | 'noData'> {
  return { ...(level === undefined ? {} : { level }), ...(missing === undefined ? {} : { noData: true as const }) };
}
