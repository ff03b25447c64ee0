import { defer, from, map, merge, type Observable, Subject, share, takeUntil, tap } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import {
  type ClearedInput,
  type FiringInput,
  missingVariables,
  type SummaryInput,
  type TimerInput,
} from '../model/decision/index.js';
import type { StoredEvent } from '../model/event.js';
import type { Sample } from '../model/sample.js';
import { type AbsencesDeps, absences } from './absence.js';
import { rungTimer } from './alert-timers.js';
import { ArmedTimers } from './armed-timers.js';
import { type AuditDeps, timerAudit } from './audit.js';
import { CatchUp } from './catch-up.js';
import { type DeadlineDeps, deadlines } from './deadlines.js';
import { type EscalationDeps, escalation } from './escalation.js';
import { type EvaluateDeps, evaluate } from './evaluate.js';
import { type Asked, type LifecycleDeps, lifecycle, type Stored } from './lifecycle.js';
import type { Mutes } from './mutes.js';

/** What the timers have in common is made here. */
type Given<T> = Omit<T, 'catchUp' | 'armed' | 'rungs' | 'deadlines' | 'leftMs'>;

export interface PipelineDeps
  extends EvaluateDeps,
    AbsencesDeps,
    Given<LifecycleDeps>,
    Given<EscalationDeps>,
    Given<DeadlineDeps>,
    Given<AuditDeps> {
  /** Decoded samples, one emission a message. */
  readonly samples$: Observable<readonly Sample[]>;
  /** Alerts from outside and commands. */
  readonly asked$: Observable<Asked>;
  /** Rate keys that have room again. */
  readonly summaries$: Observable<SummaryInput>;
  /** Held-back alerts whose rate key has room. */
  readonly offers$: Observable<TimerInput>;
  /** Silences and inhibition; what was open at start is known to them. */
  readonly mutes: Mutes;
  /** Nothing more is taken; what is in flight is finished, then the pipeline completes. */
  readonly stop$: Observable<unknown>;
  /** What the log held at start. */
  readonly loaded: Iterable<{ readonly seq: number; readonly record: AlertRecord }>;
}

/**
 * The whole way of an alert, on one screen:
 *
 * ```
 * samples ─► evaluate ─┐
 * samples ─► absences ─┤
 * raises, commands ────┼─► lifecycle ─► stored ─► (event log: dispatch, gateway)
 * summaries ───────────┤                  │
 * escalation ◄─────────┼──── records ◄────┘
 * mutes      ◄─────────┤
 * deadlines  ◄─────────┘                  (audit: whose timer is missing passes again)
 * ```
 *
 * Emits each transition once the log has it. What is open at start arms its timers again first.
 */
export function alertPipeline(deps: PipelineDeps): Observable<Stored> {
  return defer(() => {
    const stored$ = new Subject<Stored>();
    const unrecorded$ = new Subject<StoredEvent>();
    const tell = (event: StoredEvent) => {
      deps.onUnrecorded(event);
      unrecorded$.next(event);
    };
    const loaded$ = from(deps.loaded).pipe(map(({ record }) => record));
    const catchUp = new CatchUp(deps.loaded, deps);
    const [rungs, armed] = [new ArmedTimers(), new ArmedTimers()];
    const leftMs = (record: AlertRecord) => rungs.leftMs(record, rungTimer(record), deps.scheduler.now());
    const audited$ = timerAudit({ ...deps, rungs, deadlines: armed }).pipe(share());
    const warnings = (input: FiringInput | ClearedInput) => countWarnings(input, deps);
    const events$ = merge(stored$.pipe(map(({ event }) => event)), unrecorded$);
    const records$ = merge(loaded$, events$.pipe(map(({ alert }) => alert)), audited$);
    const inputs$ = merge(
      deps.samples$.pipe(evaluate(deps), tap(warnings)),
      deps.samples$.pipe(absences(deps), tap(warnings)),
      deps.summaries$,
      deps.offers$,
      records$.pipe(escalation({ ...deps, catchUp, armed: rungs })),
      records$.pipe(deadlines({ ...deps, catchUp, armed })),
    );
    const muted$ = records$.pipe(deps.mutes.stage());
    const asked$ = merge(deps.asked$, muted$, inputs$.pipe(map((input): Asked => ({ input }))));
    return asked$.pipe(takeUntil(deps.stop$), lifecycle({ ...deps, leftMs, onUnrecorded: tell }), tap(stored$));
  });
}

/** A variable that the template of a rule wants and nothing gives is shown as missing, and counted. */
function countWarnings(input: FiringInput | ClearedInput, { stats }: Pick<PipelineDeps, 'stats'>): void {
  if (input.kind !== 'firing') return;
  for (const variable of missingVariables(input)) stats.warned({ code: 'template_variable_missing', variable });
}
