import {
  EMPTY,
  from,
  identity,
  ignoreElements,
  map,
  merge,
  type Observable,
  type OperatorFunction,
  type SchedulerLike,
  Subject,
  switchMap,
  tap,
} from 'rxjs';
import { type AlertRecord, isOpen, ruleAlertKey } from '../model/alert.js';
import type { ClearedInput, FiringInput } from '../model/decision/index.js';
import { formatDuration } from '../model/duration.js';
import type { Logger } from '../model/logger.js';
import { type AbsenceRule, isAbsenceRule, type Rule } from '../model/rule.js';
import type { Sample } from '../model/sample.js';
import { type Series, seriesKey } from '../model/series.js';
import { matchesAll, matchesWildcard } from '../model/wildcard.js';
import { type AbsenceSnapshot, type AbsenceTransition, absence } from '../operators/absence.js';
import { StateHandle } from '../operators/state-handle.js';
import type { Clock } from './ports.js';

export interface AbsenceDeps {
  readonly rules$: Observable<readonly Rule[]>;
  /** While it is false nothing can be heard, and silence means nothing. */
  readonly connected$: Observable<boolean>;
  readonly maxSeries: number;
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
  /** What is open at start is absent already. */
  readonly loaded: Iterable<{ readonly record: AlertRecord }>;
}

type Absences = FiringInput | ClearedInput;

/** Sources that fall silent, or never spoke, although a rule waits for them. */
export function absences(deps: AbsenceDeps): OperatorFunction<readonly Sample[], Absences> {
  return (batches) =>
    deps.rules$.pipe(
      map((rules) => rules.filter(isWatching)),
      switchMap((rules) => merge(abandoned(rules, deps), watched(rules, batches, deps))),
    );
}

/** What is open although nobody waits for it any more. */
function abandoned(rules: readonly AbsenceRule[], { loaded, clock }: AbsenceDeps): Observable<ClearedInput> {
  const ids = new Set(rules.map(({ id }) => id));
  const open = [...loaded].filter(
    ({ record }) => record.missing === 'absent' && isOpen(record) && !ids.has(record.rule ?? ''),
  );
  const marks = { evaluated: clock.wall() };
  return from(open.map(({ record }) => ({ kind: 'cleared', key: record.key, reason: 'rule_removed', marks }) as const));
}

function isWatching(rule: Rule): rule is AbsenceRule {
  return rule.enabled && isAbsenceRule(rule);
}

function watched(
  rules: readonly AbsenceRule[],
  batches: Observable<readonly Sample[]>,
  deps: AbsenceDeps,
): Observable<Absences> {
  if (rules.length === 0) return EMPTY;
  const lanes = new Lanes(rules);
  const said = lanes.all.map(({ rule, heard$ }) => heard$.pipe(silences(rule, deps)));
  // It only feeds the lanes, which are subscribed before it.
  const feeding$ = batches.pipe(
    tap((samples) => lanes.feed(samples)),
    ignoreElements(),
  );
  return merge(...said, feeding$);
}

interface Lane {
  readonly rule: AbsenceRule;
  /** A sign of life of a source. */
  readonly heard$: Subject<string>;
}

class Lanes {
  readonly all: readonly Lane[];
  /** Which lanes a series feeds is looked up once. */
  readonly #known = new WeakMap<Series, readonly Lane[]>();

  constructor(rules: readonly AbsenceRule[]) {
    this.all = rules.map((rule) => ({ rule, heard$: new Subject() }));
  }

  feed(samples: readonly Sample[]): void {
    for (const { series } of samples) for (const { heard$ } of this.#of(series)) heard$.next(series.source);
  }

  #of(series: Series): readonly Lane[] {
    const known = this.#known.get(series);
    if (known !== undefined) return known;
    const lanes = this.all.filter(({ rule }) => concerns(rule, series));
    this.#known.set(series, lanes);
    return lanes;
  }
}

function concerns({ metric, match }: AbsenceRule, { name, source, labels }: Series): boolean {
  if (!matchesWildcard(metric, name)) return false;
  return matchesAll(match, (label) => (label === 'source' ? source : labels[label]));
}

function silences(rule: AbsenceRule, deps: AbsenceDeps): OperatorFunction<string, Absences> {
  const { scheduler, logger, maxSeries: maxKeys } = deps;
  const watch = absence<string, string>(identity, {
    absentMs: rule.absentMs,
    forgetAfterMs: Infinity,
    expected: rule.expect,
    pause: deps.connected$.pipe(map((isConnected) => !isConnected)),
    maxKeys,
    scheduler,
    state: new StateHandle(absentAlready(rule, deps)),
    side: { next: (notice) => logger.warn({ rule: rule.id, notice: notice.kind }, 'a source is not watched') },
  });
  return (heard$) =>
    heard$.pipe(
      watch,
      map((transition) => toInput(rule, transition, deps)),
    );
}

function toInput(rule: AbsenceRule, transition: AbsenceTransition<string>, deps: AbsenceDeps): Absences {
  const { clock, scheduler } = deps;
  const series = seriesOf(rule, transition.key);
  const key = ruleAlertKey(rule.id, series.key);
  const marks = { evaluated: clock.wall() };
  if (transition.kind === 'present') return { kind: 'cleared', key, reason: 'present', marks };
  if (transition.kind === 'forgotten') return { kind: 'cleared', key, reason: 'forgotten', marks };
  const { lastSeenAt } = transition;
  const condition = `absent for ${formatDuration(rule.absentMs)}`;
  const seen = lastSeenAt === undefined ? 'never' : new Date(clock.wall() + lastSeenAt - scheduler.now()).toISOString();
  const message = `${rule.name}: ${rule.metric} of ${transition.key} ${condition} (last seen: ${seen})`;
  return { kind: 'firing', key, rule, severity: rule.severity, condition, message, reason: 'absent', series, marks };
}

/** A source is absent as a whole, whatever series it used to send. */
function seriesOf({ metric: name }: AbsenceRule, source: string): FiringInput['series'] {
  return { key: seriesKey(name, source, {}), name, source, labels: {} };
}

/** Who comes back resolves the alert that an engine before this one opened. */
function absentAlready(rule: AbsenceRule, { loaded, scheduler, clock }: AbsenceDeps): AbsenceSnapshot<string> {
  const now = scheduler.now();
  const expected = new Set(rule.expect);
  const keys = [...loaded].flatMap(({ record }) => {
    if (record.rule !== rule.id || record.missing !== 'absent' || !isOpen(record)) return [];
    const at = now - Math.max(0, clock.wall() - record.startedAt);
    const { source: key } = record;
    return [{ key, since: at - rule.absentMs, seen: true, expected: expected.has(key), absentAt: at }];
  });
  return { version: 1, clock: now, now, paused: true, resumedAt: null, keys, transitions: [] };
}
