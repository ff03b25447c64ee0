import type { SchedulerLike } from 'rxjs';
import { type AlertRecord, isOpen, ruleAlertKey } from '../model/alert.js';
import type { Logger } from '../model/logger.js';
import { isAbsenceRule, type Rule } from '../model/rule.js';
import { parseSeriesKey, type Series } from '../model/series.js';
import type { AbsenceEntry } from '../operators/absence.js';
import type { ThresholdEntry, ThresholdMemoryEntry } from '../operators/threshold.js';
import {
  asPiece,
  type CheckpointHead,
  type CheckpointPiece,
  type MemoryRow,
  type Row,
  type SourceRow,
  type StateRow,
  unpackRows,
} from './checkpoint-piece.js';
import { contentHash } from './hash.js';
import type { Clock, EventLog } from './ports.js';
import type { SeriesTable } from './series-table.js';

/** What was found in the log. */
export interface FoundCheckpoint {
  readonly head?: CheckpointHead;
  readonly rows: readonly Row[];
  /** Last message of each subject that holds a piece. */
  readonly found: ReadonlyMap<string, number>;
}

/** What rules remember, on the scheduler's present clock. */
export interface Remembered {
  readonly entries: readonly ThresholdEntry<Series>[];
  readonly memories: readonly ThresholdMemoryEntry<Series>[];
  /** Sources that were watched for absence, by rule. */
  readonly sources: ReadonlyMap<string, readonly AbsenceEntry<string>[]>;
}

export interface RestoreDeps {
  readonly rules: readonly Rule[];
  readonly series: SeriesTable;
  readonly loaded: Iterable<{ readonly record: AlertRecord }>;
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
}

/** An older checkpoint says nothing about what is so now. */
const maxAgeMs = 3_600_000;
/** What came due meanwhile waits a moment: the first value may end it. */
const graceMs = 1_000;
/** Windows lie on the scheduler's clock: when that differs by more from one run to the next, they begin anew. */
const sameClockMs = 1_000;
const defaultStaleMs = 300_000;

/** The newest checkpoint of which every piece is there. */
export async function findCheckpoint(log: EventLog, logger: Logger): Promise<FoundCheckpoint> {
  const found = new Map<string, number>();
  const byTime = new Map<number, CheckpointPiece[]>();
  for await (const entry of log.read('checkpoint.rules.*')) {
    found.set(entry.subject, entry.seq);
    const piece = asPiece(entry);
    if (piece !== undefined) byTime.set(piece.at, [...(byTime.get(piece.at) ?? []), piece]);
  }
  const complete = [...byTime.values()].filter((pieces) => pieces.length === pieces[0]!.parts);
  const newest = complete.sort((a, b) => b[0]!.at - a[0]!.at)[0]?.sort((a, b) => a.part - b.part);
  if (newest === undefined) return { rows: [], found };
  try {
    const rows = await Promise.all(newest.map(({ gzip }) => unpackRows(gzip)));
    return { head: newest[0]!, rows: rows.flat(), found };
  } catch (error) {
    logger.warn({ err: error }, 'the checkpoint cannot be read');
    return { rows: [], found };
  }
}

/** Takes up what is still true: a value that is stale by now, or a rule that decides otherwise, begins anew. */
export function remembered({ head, rows }: FoundCheckpoint, deps: RestoreDeps): Remembered {
  const { clock, logger, rules, loaded } = deps;
  const stateful = rules.filter((rule) => rule.enabled && isStateful(rule)).length;
  const ageMs = head === undefined ? Number.POSITIVE_INFINITY : clock.wall() - head.at;
  if (head === undefined || ageMs > maxAgeMs) {
    const isFirstStart = loaded[Symbol.iterator]().next().done && head === undefined;
    if (stateful > 0 && !isFirstStart)
      logger.warn(
        { rules: stateful },
        'no checkpoint is young enough: pending conditions, windows and sources begin anew',
      );
    return { entries: [], memories: [], sources: new Map() };
  }
  const restored = new Restoring(head, deps).all(rows);
  const { entries, memories, sources } = restored;
  const counts = { states: entries.length, memories: memories.length, rulesWithSources: sources.size };
  logger.info({ ...counts, ageMs: Math.round(ageMs) }, 'rules go on from a checkpoint');
  return restored;
}

/** Whatever of a rule decides when it fires. */
export function decidingHash(rule: Rule): string {
  const known = hashes.get(rule);
  if (known !== undefined) return known;
  const { name, severity, category, channels, escalation, labels, tags, enabled, repeatMs, ...deciding } = rule;
  const hash = contentHash([JSON.stringify(deciding)]);
  hashes.set(rule, hash);
  return hash;
}

const hashes = new WeakMap<Rule, string>();

class Restoring {
  readonly #deps: RestoreDeps;
  readonly #now: number;
  /** From the times of the checkpoint to those of now. The downtime counts, unless the wall clock was set back. */
  readonly #shiftMs: number;
  readonly #rules: ReadonlyMap<string, Rule>;
  readonly #open: ReadonlyMap<string, AlertRecord>;

  constructor(head: CheckpointHead, deps: RestoreDeps) {
    const { clock, scheduler, rules, loaded } = deps;
    this.#deps = deps;
    this.#now = scheduler.now();
    this.#shiftMs = this.#now - Math.max(0, clock.wall() - head.at) - head.mono;
    this.#rules = new Map(rules.filter((rule) => head.rules[rule.id] === decidingHash(rule)).map((r) => [r.id, r]));
    this.#open = new Map([...loaded].filter(({ record }) => isOpen(record)).map(({ record }) => [record.key, record]));
  }

  all(rows: readonly Row[]): Remembered {
    const entries: ThresholdEntry<Series>[] = [];
    const memories: ThresholdMemoryEntry<Series>[] = [];
    const sources = new Map<string, AbsenceEntry<string>[]>();
    for (const row of rows) {
      if ('state' in row) push(entries, this.#state(row.state));
      else if ('memory' in row) push(memories, this.#memory(row.memory));
      else this.#source(row, sources);
    }
    return { entries, memories, sources };
  }

  #state({ series, ...saved }: StateRow): ThresholdEntry<Series> | undefined {
    const rule = this.#rules.get(saved.ruleId);
    const place = this.#place(series);
    if (rule === undefined || isAbsenceRule(rule) || place === undefined) return undefined;
    const seenAt = this.#shifted(saved.seenAt ?? saved.since);
    const record = this.#open.get(ruleAlertKey(rule.id, series));
    if (saved.phase === 'watching') {
      return record === undefined ? { ...saved, ...place, since: seenAt, seenAt: this.#now } : undefined;
    }
    const isStale = seenAt + (rule.staleAfterMs ?? defaultStaleMs) <= this.#now;
    if (isStale || !fits(saved, record)) return undefined;
    return { ...saved, ...place, ...this.#times(saved), seenAt };
  }

  #times({
    since,
    due,
    coolUntil,
    reachedSince,
  }: Pick<ThresholdEntry<unknown>, Times>): Pick<ThresholdEntry<unknown>, Times> {
    return {
      since: this.#shifted(since),
      ...(due !== undefined && { due: Math.max(this.#shifted(due), this.#now + graceMs) }),
      ...(coolUntil !== undefined && { coolUntil: this.#shifted(coolUntil) }),
      ...(reachedSince && { reachedSince: reachedSince.map((at) => (at === null ? null : this.#shifted(at))) }),
    };
  }

  #memory({ series, ...saved }: MemoryRow): ThresholdMemoryEntry<Series> | undefined {
    const place = this.#place(series);
    if (place === undefined) return undefined;
    const sameClock = Math.abs(this.#shiftMs) <= sameClockMs;
    const rules = saved.rules.filter(({ ruleId }) => this.#rules.has(ruleId));
    return { ...saved, ...place, rules, windows: sameClock ? saved.windows : [], seenAt: this.#shifted(saved.seenAt) };
  }

  /** Who is absent, the alerts tell. */
  #source({ ruleId, source }: SourceRow, sources: Map<string, AbsenceEntry<string>[]>): void {
    if (!this.#rules.has(ruleId) || source.absentAt !== undefined) return;
    const known = sources.get(ruleId) ?? [];
    sources.set(ruleId, known);
    known.push({ ...source, since: source.since === null ? null : this.#shifted(source.since) });
  }

  #place(seriesKey: string) {
    const { name: metric, source, labels } = parseSeriesKey(seriesKey);
    const key = this.#deps.series.intern(metric, source, labels);
    return key && { key, metric, source, labels };
  }

  #shifted(time: number): number {
    return time + this.#shiftMs;
  }
}

type Times = 'since' | 'due' | 'coolUntil' | 'reachedSince';

/** The alerts say what is open; the checkpoint may only say more of it. */
function fits({ phase, level }: Pick<ThresholdEntry<unknown>, 'phase' | 'level'>, record?: AlertRecord): boolean {
  if (phase === 'pending') return record === undefined;
  return (phase === 'rising' || phase === 'clearing') && record !== undefined && record.level === level;
}

function isStateful(rule: Rule): boolean {
  if (isAbsenceRule(rule)) return true;
  const { forMs, keepFiringForMs, window, nOf, flap, noData } = rule;
  return forMs > 0 || keepFiringForMs > 0 || noData === 'alert' || Boolean(window ?? nOf ?? flap);
}

function push<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}
