import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SchedulerLike, Subscription } from 'rxjs';
import type { Logger } from '../model/logger.js';
import type { Rule } from '../model/rule.js';
import type { Series } from '../model/series.js';
import type { ThresholdPart, ThresholdState } from '../operators/threshold.js';
import { type CheckpointHead, packRows, type Row, type SourceRow } from './checkpoint-piece.js';
import { decidingHash } from './checkpoint-restore.js';
import type { LogHealth } from './log-health.js';
import type { Clock, EventLog } from './ports.js';

export interface CheckpointDeps {
  readonly log: EventLog;
  readonly health: LogHealth;
  readonly thresholds: () => ThresholdState<Series>;
  /** Each source that is watched for absence. */
  readonly sources: () => Iterable<SourceRow>;
  readonly rules: () => readonly Rule[];
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
  /** Distinguishes the writes of this process from those of any other. */
  readonly writer: string;
  /** Last message of each subject that holds a piece already. */
  readonly found: ReadonlyMap<string, number>;
}

const everyMs = 10_000;
/** Taking one may use this share of the time. */
const shareOfTime = 1 / 20;
/** In one turn of the loop, in states; a memory with its windows costs as much as many of them. */
const perTurn = 500;
const memoryCost = 10;
/** Of rows, so that a piece is less than 512 KiB even if nothing of it can be compressed. */
const pieceBytes = 384 * 1024;
/** Of all rows: more than that begins anew after a restart. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Writes from time to time what rules remember and alerts do not tell: pending conditions, windows, votes, flapping, and
 * the sources that are watched. A piece at a time, a bounded number of states a turn of the loop.
 */
export class Checkpointer {
  readonly #deps: CheckpointDeps;
  readonly #found: Map<string, number>;
  #written = createHash('sha256').update('[]').digest('hex');
  #timer: Subscription | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #cut = false;

  constructor(deps: CheckpointDeps) {
    this.#deps = deps;
    this.#found = new Map(deps.found);
    this.#later(everyMs);
  }

  /** Takes a last one. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.unsubscribe();
    await this.#running;
    await this.#take();
  }

  #later(ms: number): void {
    if (this.#stopped) return;
    this.#timer = this.#deps.scheduler.schedule(() => {
      const startedAt = this.#deps.scheduler.now();
      this.#running = this.#take().then(() => {
        const tookMs = this.#deps.scheduler.now() - startedAt;
        this.#later(Math.max(everyMs, tookMs / shareOfTime));
      });
    }, ms);
  }

  async #take(): Promise<void> {
    const { health, clock, scheduler, logger } = this.#deps;
    if (!health.isWell) return;
    try {
      const [at, mono] = [clock.wall(), scheduler.now()];
      const { texts, hash } = await this.#texts();
      if (hash === this.#written) return;
      await this.#write(texts, { v: 1, at, mono, rules: this.#rules() });
      this.#written = hash;
    } catch (error) {
      logger.warn({ err: error }, 'a checkpoint could not be written: after a restart, conditions would begin anew');
    }
  }

  /** All rows as JSON, in pieces, and a digest of them. */
  async #texts(): Promise<{ readonly texts: readonly string[]; readonly hash: string }> {
    const pieces = new Pieces();
    let cost = 0;
    for (const { row, weight } of this.#rows()) {
      if (row !== undefined) pieces.add(JSON.stringify(row));
      if (pieces.bytes > maxBytes) break;
      cost += weight;
      if (cost < perTurn) continue;
      cost = 0;
      await nextTurn();
    }
    this.#sayCut(pieces.bytes);
    return pieces.end();
  }

  *#rows(): Iterable<{ row: Row | undefined; weight: number }> {
    for (const part of this.#deps.thresholds().parts()) {
      yield { row: rowOf(part), weight: 'memory' in part ? memoryCost : 1 };
    }
    for (const row of this.#deps.sources()) yield { row, weight: 1 };
  }

  #rules(): Record<string, string> {
    return Object.fromEntries(this.#deps.rules().map((rule) => [rule.id, decidingHash(rule)]));
  }

  async #write(texts: readonly string[], head: CheckpointHead): Promise<void> {
    const { log, writer } = this.#deps;
    const before = new Map(this.#found);
    for (const [part, text] of texts.entries()) {
      const subject = `checkpoint.rules.${part}`;
      const rules = part === 0 ? head.rules : {};
      const body = { ...head, rules, part, parts: texts.length, gzip: await packRows(text) };
      const messageId = `checkpoint.${writer}.${head.at}.${part}`;
      this.#found.set(subject, await log.append({ subject, body, messageId }));
    }
    // Only now: until the last piece is there, the one before is what counts.
    for (const [subject, seq] of before) await log.purge(subject, seq);
    for (const subject of before.keys())
      if (this.#found.get(subject) === before.get(subject)) this.#found.delete(subject);
  }

  #sayCut(bytes: number): void {
    const cut = bytes > maxBytes;
    if (cut && !this.#cut) this.#deps.logger.warn({ bytes }, 'a checkpoint is full: what is beyond begins anew');
    this.#cut = cut;
  }
}

/** Rows of JSON, in texts of bounded length. */
class Pieces {
  bytes = 0;
  readonly #texts: string[] = [];
  readonly #hash = createHash('sha256');
  #rows: string[] = [];
  #length = 0;

  add(row: string): void {
    this.#rows.push(row);
    this.#length += row.length + 1;
    this.bytes += row.length + 1;
    if (this.#length >= pieceBytes) this.#close();
  }

  end(): { readonly texts: readonly string[]; readonly hash: string } {
    if (this.#rows.length > 0 || this.#texts.length === 0) this.#close();
    return { texts: this.#texts, hash: this.#hash.digest('hex') };
  }

  #close(): void {
    const text = `[${this.#rows.join()}]`;
    this.#texts.push(text);
    this.#hash.update(text);
    this.#rows = [];
    this.#length = 0;
  }
}

/** What fires or cools down, the alerts tell. */
function rowOf(part: ThresholdPart<Series>): Row | undefined {
  if ('memory' in part) {
    const { key, metric, source, labels, ...memory } = part.memory;
    return { memory: { ...memory, series: key.key } };
  }
  const { key, metric, source, labels, ...state } = part.entry;
  return state.phase === 'firing' || state.phase === 'cooling' ? undefined : { state: { ...state, series: key.key } };
}
