import {
  BehaviorSubject,
  identity,
  map,
  type Observable,
  type Observer,
  type SchedulerLike,
  Subject,
  type Subscription,
} from 'rxjs';
import { type AlertRecord, isOpen, ruleAlertKey } from '../model/alert.js';
import type { ClearedInput, FiringInput } from '../model/decision/index.js';
import { formatDuration } from '../model/duration.js';
import type { Logger } from '../model/logger.js';
import type { AbsenceRule, Rule } from '../model/rule.js';
import { type Series, seriesKey } from '../model/series.js';
import { matchesAll, matchesWildcard } from '../model/wildcard.js';
import { type AbsenceEntry, type AbsenceSnapshot, type AbsenceTransition, absence } from '../operators/absence.js';
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
  /** Sources that were watched for a rule before the start. */
  readonly remembered: (ruleId: string) => readonly AbsenceEntry<string>[];
}

export type Absences = FiringInput | ClearedInput;

/** One rule at work: the sources that it waits for. The rule may change as long as it waits for the same ones. */
export class AbsenceWatch {
  /** A sign of life of a source. */
  readonly heard$ = new Subject<string>();
  readonly #deps: AbsenceDeps;
  readonly #out: Pick<Observer<Absences>, 'next' | 'error'>;
  readonly #rule$: BehaviorSubject<AbsenceRule>;
  #state: StateHandle<AbsenceSnapshot<string>>;
  #running: Subscription;

  constructor(rule: AbsenceRule, deps: AbsenceDeps, out: Pick<Observer<Absences>, 'next' | 'error'>) {
    this.#deps = deps;
    this.#out = out;
    this.#rule$ = new BehaviorSubject(rule);
    this.#state = new StateHandle(absentAlready(rule, deps));
    this.#running = this.#watch();
  }

  get rule(): AbsenceRule {
    return this.#rule$.value;
  }

  concerns({ name, source, labels }: Series): boolean {
    const { metric, match } = this.rule;
    if (!matchesWildcard(metric, name)) return false;
    const own = (label: string) => (Object.hasOwn(labels, label) ? labels[label] : undefined);
    return matchesAll(match, (label) => (label === 'source' ? source : own(label)));
  }

  /** Goes on under a new version of the rule: what is absent stays so; another `absentMs` lets each silence begin anew. */
  adopt(rule: AbsenceRule): void {
    const { absentMs } = this.rule;
    this.#rule$.next(rule);
    if (rule.absentMs === absentMs) return;
    const snapshot = this.#state.snapshot();
    this.#running.unsubscribe();
    this.#state = new StateHandle(snapshot);
    this.#running = this.#watch();
  }

  /** Every source that is watched. */
  sources(): readonly AbsenceEntry<string>[] {
    return this.#state.snapshot()?.keys ?? [];
  }

  stop(): void {
    this.#running.unsubscribe();
  }

  /** Nobody waits any more: what is absent ends. */
  abandon(): void {
    const keys = this.sources();
    this.stop();
    const marks = { evaluated: this.#deps.clock.wall() };
    for (const { key: source, absentAt } of keys) {
      if (absentAt === undefined) continue;
      const key = ruleAlertKey(this.rule.id, seriesOf(this.rule, source).key);
      this.#out.next({ kind: 'cleared', key, reason: 'rule_removed', marks });
    }
  }

  #watch(): Subscription {
    const { scheduler, logger, maxSeries: maxKeys, connected$ } = this.#deps;
    const watch = absence<string, string>(identity, {
      absentMs: this.rule.absentMs,
      forgetAfterMs: Infinity,
      expected: this.#rule$.pipe(map(({ expect }) => expect)),
      pause: connected$.pipe(map((isConnected) => !isConnected)),
      maxKeys,
      scheduler,
      state: this.#state,
      side: { next: (notice) => logger.warn({ rule: this.rule.id, notice: notice.kind }, 'a source is not watched') },
    });
    return this.heard$.pipe(watch).subscribe({
      next: (transition) => this.#out.next(toInput(this.rule, transition, this.#deps)),
      error: (error) => this.#out.error(error),
    });
  }
}

/** Whether both wait for the same sources, so that what was absent under one is so under the other. */
export function watchesAlike(a: AbsenceRule, b: AbsenceRule): boolean {
  const waitsFor = ({ metric, match }: AbsenceRule) => JSON.stringify([metric, Object.entries(match).sort()]);
  return a === b || waitsFor(a) === waitsFor(b);
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

/** Who comes back resolves the alert that an engine before this one opened; who was heard then is waited for. */
function absentAlready(rule: AbsenceRule, deps: AbsenceDeps): AbsenceSnapshot<string> {
  const { loaded, scheduler, clock } = deps;
  const now = scheduler.now();
  const expected = new Set(rule.expect);
  const absent = [...loaded].flatMap(({ record }) => {
    if (record.rule !== rule.id || record.missing !== 'absent' || !isOpen(record)) return [];
    const at = now - Math.max(0, clock.wall() - record.startedAt);
    const { source: key } = record;
    return [{ key, since: at - rule.absentMs, seen: true, expected: expected.has(key), absentAt: at }];
  });
  const known = new Set(absent.map(({ key }) => key));
  const keys = [...absent, ...deps.remembered(rule.id).filter(({ key }) => !known.has(key))];
  return { version: 1, clock: now, now, paused: true, resumedAt: null, keys, transitions: [] };
}
