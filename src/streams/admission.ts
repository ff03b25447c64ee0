import { type Observable, type SchedulerLike, Subject } from 'rxjs';
import { type AlertRecord, isOpen } from '../model/alert.js';
import type { AdmissionAnswer, Reservation, SummaryInput } from '../model/decision/index.js';
import type { StoredEvent } from '../model/event.js';
import type { RoutedAlert } from '../model/routing.js';
import { AdmissionKernel, type AdmissionToken as KernelToken } from '../operators/admit-kernel.js';
import { DriverTimer } from '../operators/driver-timer.js';
import { FirstAlerts } from './first-alerts.js';
import { contentHash } from './hash.js';
import { HeldBack, summarizedRateKey } from './held-back.js';
import type { Clock } from './ports.js';

export interface AdmissionOptions {
  readonly rateLimit: {
    /** `category`, `rule`, `source` or `labels.<name>`. */
    readonly key: string;
    readonly windows: readonly { readonly max: number; readonly perMs: number }[];
    /** 0: no cooldown and no summary. */
    readonly cooldownMs: number;
  };
  /** `windowMs` 0: off. */
  readonly dedupe: { readonly windowMs: number; readonly key: readonly string[] };
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
}

export type AdmissionToken = KernelToken<string, string>;

type Keyed = RoutedAlert & { readonly rule?: string; readonly message?: string };

/**
 * The gate between what happened and who is told: the engine's one `AdmissionKernel`, its keys, and the summary of what
 * was held back. Times of its methods are those of the scheduler; those of its answers are wall times.
 */
export class AdmissionGate {
  readonly #options: AdmissionOptions;
  readonly #kernel: AdmissionKernel<string, string>;
  readonly #heldBack = new HeldBack();
  readonly #firsts: FirstAlerts;
  readonly #summaries = new Subject<SummaryInput>();
  readonly #timer: DriverTimer;

  /** What was held back, once for each trip, when the rate key has room again. */
  readonly summaries$: Observable<SummaryInput> = this.#summaries.asObservable();

  constructor(options: AdmissionOptions) {
    const { rateLimit, dedupe, scheduler } = options;
    this.#options = options;
    this.#kernel = new AdmissionKernel({
      rateLimit: { windows: rateLimit.windows, cooldownMs: rateLimit.cooldownMs },
      ...(dedupe.windowMs > 0 && { dedupe: { windowMs: dedupe.windowMs } }),
    });
    this.#firsts = new FirstAlerts(dedupe.windowMs);
    this.#timer = new DriverTimer(scheduler, (now) => this.#tick(now));
  }

  /** Takes over what was admitted and held back before a restart. */
  restore(records: Iterable<AlertRecord>): void {
    const { clock, scheduler } = this.#options;
    const offset = scheduler.now() - clock.wall();
    const inOrder = [...records].sort((a, b) => a.admission.at - b.admission.at);
    const told = lastSummaries(inOrder);
    for (const record of inOrder) {
      const { verdict, at } = record.admission;
      if (verdict === 'admitted') this.#recommit(record, at + offset);
      else if (verdict === 'rate_limited' && this.#isUntold(record, told)) this.#holdBack(record, at, at + offset);
    }
  }

  rateKey(alert: Keyed): string {
    return field(alert, this.#options.rateLimit.key);
  }

  dedupeKey(alert: Keyed): string | undefined {
    const { windowMs, key } = this.#options.dedupe;
    return windowMs > 0 ? contentHash(key.map((name) => field(alert, name))) : undefined;
  }

  /** Looks, and changes nothing. */
  ask({ rateKey, dedupeKey }: Reservation, now: number): AdmissionAnswer {
    const { admitted, reason, retryAt } = this.#kernel.peek(rateKey, dedupeKey, now);
    if (admitted) return { verdict: 'admitted' };
    if (reason === 'duplicate') {
      const duplicateOf = this.#firsts.find(dedupeKey!);
      return { verdict: 'duplicate', ...(duplicateOf !== undefined && { duplicateOf }) };
    }
    return { verdict: 'rate_limited', retryAt: this.#options.clock.wall() + (retryAt - now) };
  }

  /** Takes the place that was asked for, in the name of an alert. */
  commit({ rateKey, dedupeKey }: Reservation, alertId: string, now: number): AdmissionToken {
    const token = this.#kernel.commit(rateKey, dedupeKey, now);
    if (dedupeKey !== undefined) this.#firsts.add(dedupeKey, alertId, now);
    this.#arm();
    return token;
  }

  /** Gives a place back, because what it was taken for could not be stored. */
  release(token: AdmissionToken): void {
    this.#kernel.release(token);
    if (token.dedupe !== undefined) this.#firsts.forget(token.dedupe.key);
  }

  /** Holds an alert back: trips its rate key, and remembers it for the summary. */
  limited(event: StoredEvent, now: number): void {
    this.#holdBack(event.alert, event.time, now);
  }

  /** An alert that was open and is over makes room for a new one of the same content; an event does not. */
  forget(record: AlertRecord): void {
    const { dedupeKey, verdict } = record.admission;
    if (dedupeKey === undefined || verdict !== 'admitted') return;
    this.#kernel.forget(dedupeKey);
    this.#firsts.forget(dedupeKey);
  }

  dispose(): void {
    this.#timer.dispose();
    this.#summaries.complete();
  }

  #recommit(record: AlertRecord, at: number): void {
    const { rateKey, dedupeKey } = record.admission;
    if (rateKey === undefined) return;
    const remembered = isOpen(record) || record.resolved?.by === 'event';
    this.commit({ rateKey, ...(remembered && dedupeKey !== undefined && { dedupeKey }) }, record.id, at);
  }

  /** What no summary has told yet, unless it is too long ago to be news. */
  #isUntold({ admission }: AlertRecord, told: ReadonlyMap<string, number>): boolean {
    const { windows, cooldownMs } = this.#options.rateLimit;
    const newsMs = cooldownMs + Math.max(...windows.map(({ perMs }) => perMs));
    const { at, rateKey = '' } = admission;
    return at > (told.get(rateKey) ?? 0) && at > this.#options.clock.wall() - newsMs;
  }

  /** `at`: wall time. */
  #holdBack(alert: AlertRecord, at: number, now: number): void {
    if (this.#options.rateLimit.cooldownMs === 0) return;
    const rateKey = this.rateKey(alert);
    this.#kernel.replay('limited', rateKey, undefined, now);
    this.#heldBack.add(rateKey, alert, at);
    this.#arm();
  }

  #arm(): void {
    this.#timer.armAt(this.#kernel.nextDue());
  }

  #tick(now: number): void {
    for (const notice of this.#kernel.advance(now)) {
      if (notice.kind !== 'reopened') continue;
      const summary = this.#heldBack.take(notice.key);
      if (summary !== undefined) this.#summaries.next(summary);
    }
    this.#arm();
  }
}

/** When each rate key was last told of, wall times. */
function lastSummaries(records: readonly AlertRecord[]): Map<string, number> {
  const told = new Map<string, number>();
  for (const { key, startedAt } of records) {
    const rateKey = summarizedRateKey(key);
    if (rateKey !== undefined) told.set(rateKey, Math.max(startedAt, told.get(rateKey) ?? 0));
  }
  return told;
}

/** A field of an alert by its configured name; an absent one is the empty text. */
function field(alert: Keyed, name: string): string {
  if (name.startsWith('labels.')) return own(alert.labels, name.slice('labels.'.length));
  switch (name) {
    case 'category':
    case 'source':
    case 'title':
    case 'severity':
      return alert[name];
    case 'message':
    case 'rule':
      return alert[name] ?? '';
    default:
      return own(alert.labels, name);
  }
}

function own(labels: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(labels, name) ? labels[name]! : '';
}
