import type { DeliveryRecord } from '../model/delivery.js';
import type { Marks, StoredEvent } from '../model/event.js';
import type { RaiseWarning } from '../model/raise.js';
import type { Rejection } from '../model/sample.js';
import type { ConfigStatus, EngineStats } from '../model/wire.js';
import { type StageName, StageRecorder, stageNames, TotalRecorder } from './stages.js';

/** What changes only now and then, read when the statistics are. */
export interface StatsGauges {
  readonly active: number;
  readonly byState: Readonly<Record<string, number>>;
  readonly series: number;
  readonly rules: number;
  readonly enabledRules: number;
  readonly config: ConfigStatus;
  readonly historySize: number;
}

const maxCategories = 100;
/** Reasons of openings and copies of which nobody is told; what is limited is counted by itself. */
const notTold: ReadonlySet<string> = new Set(['duplicate', 'silenced', 'inhibited']);

/** Counts what passes. Everything is present at zero from the start. */
export class Stats {
  #since: number;
  #rejected: Record<string, number> = {};
  #warnings: Record<string, number> = {};
  #bySeverity: Record<string, number> = noSeverities();
  #byCategory: Record<string, number> = Object.create(null);
  #byChannel: Record<string, number> = Object.create(null);
  readonly #stages = new Map(stageNames.map((name) => [name, new StageRecorder()]));
  readonly #delivery = new TotalRecorder();
  received = 0;
  skewed = 0;
  evaluated = 0;
  #opened = 0;
  #resolved = 0;
  #sent = 0;
  #failed = 0;
  #rateLimited = 0;
  #suppressed = 0;

  constructor(since: number) {
    this.#since = since;
  }

  /** Counts anew from `now` on. What is open, and the stages' last seconds, stay what they are. */
  reset(now: number): void {
    this.#since = now;
    this.#rejected = {};
    this.#warnings = {};
    this.#bySeverity = noSeverities();
    this.#byCategory = Object.create(null);
    this.#byChannel = Object.create(null);
    this.#delivery.reset();
    this.received = this.skewed = this.evaluated = 0;
    this.#opened = this.#resolved = this.#sent = this.#failed = this.#rateLimited = this.#suppressed = 0;
  }

  rejected({ code }: Pick<Rejection, 'code'>): void {
    this.#rejected[code] = (this.#rejected[code] ?? 0) + 1;
  }

  /** An alert was taken, but not quite as given. */
  warned({ code }: RaiseWarning): void {
    this.#warnings[code] = (this.#warnings[code] ?? 0) + 1;
  }

  stage(name: StageName, ms: number): void {
    this.#stages.get(name)!.record(ms);
  }

  /** A transition was stored at `storedAt`. */
  stored(event: StoredEvent, storedAt: number): void {
    this.#countTransition(event);
    const marks: Marks = event.marks ?? {};
    if (marks.published !== undefined && marks.received !== undefined)
      this.stage('ingest', marks.received - marks.published);
    const from = marks.evaluated ?? marks.received;
    if (from !== undefined) this.stage('store', storedAt - from);
  }

  /** An attempt on a channel ended. `storedAt`: when the transition was stored, if that is known. */
  delivered(record: DeliveryRecord, storedAt: number | undefined): void {
    if (record.status === 'delivered') {
      this.#sent++;
      this.#byChannel[record.channel] = (this.#byChannel[record.channel] ?? 0) + 1;
      if (record.ms !== undefined) this.#delivery.record(record.ms);
      if (storedAt !== undefined) this.stage('deliver', record.at - storedAt);
    } else if (record.status === 'failed' || record.status === 'dead') {
      this.#failed++;
    }
  }

  snapshot(now: number, gauges: StatsGauges): EngineStats {
    const stageMs = Object.fromEntries([...this.#stages].map(([name, recorder]) => [name, recorder.times(now)]));
    return {
      since: this.#since,
      time: now,
      received: this.received,
      rejected: { ...this.#rejected },
      warnings: { ...this.#warnings },
      skewed: this.skewed,
      evaluated: this.evaluated,
      opened: this.#opened,
      resolved: this.#resolved,
      sent: this.#sent,
      failed: this.#failed,
      rateLimited: this.#rateLimited,
      suppressed: this.#suppressed,
      ...gauges,
      bySeverity: { ...this.#bySeverity },
      byCategory: { ...this.#byCategory },
      byChannel: { ...this.#byChannel },
      deliveryMs: this.#delivery.times(),
      stageMs,
    };
  }

  /** Categories come from outside: a flood of them counts as one. */
  #countCategory(category: string): void {
    const isNew = this.#byCategory[category] === undefined;
    const name = isNew && Object.keys(this.#byCategory).length >= maxCategories ? 'other' : category;
    this.#byCategory[name] = (this.#byCategory[name] ?? 0) + 1;
  }

  #countTransition({ type, reason, alert }: StoredEvent): void {
    if (type === 'opened' && reason !== 'duplicate') {
      this.#opened++;
      this.#bySeverity[alert.severity] = (this.#bySeverity[alert.severity] ?? 0) + 1;
      this.#countCategory(alert.category);
    }
    if (type === 'resolved') this.#resolved++;
    if (type === 'rate_limited' || reason === 'rate_limited') this.#rateLimited++;
    // Copies that were folded together were counted one by one when they came.
    if (notTold.has(reason)) this.#suppressed++;
  }
}

function noSeverities(): Record<string, number> {
  return { low: 0, medium: 0, high: 0, critical: 0 };
}
