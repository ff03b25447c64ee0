import { type Observable, type SchedulerLike, Subject } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import type { AdmissionAnswer, Reservation, SummaryInput, TimerInput } from '../model/decision/index.js';
import type { StoredEvent } from '../model/event.js';
import type { RoutedAlert } from '../model/routing.js';
import { DriverTimer } from '../operators/adapter/driver-timer.js';
import { AdmissionKernel, type AdmissionToken as KernelToken } from '../operators/admit-kernel.js';
import { type AdmissionStep, admissionStep } from './admission-history.js';
import { FirstAlerts } from './first-alerts.js';
import { contentHash } from './hash.js';
import { HeldBack } from './held-back.js';
import type { Clock } from './ports.js';
import { RateRoom } from './rate-room.js';

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

/** What a decision took of admission, so that it can be given back. */
export interface AdmissionToken extends KernelToken<string, string> {
  /** What a tripped rate key held back. */
  readonly heldBack?: AlertRecord;
}

export type Keyed = RoutedAlert & { readonly rule?: string; readonly message?: string };

/**
 * What was admitted and held back, under one set of limits: the `AdmissionKernel`, its keys, and the summary of what was
 * held back. Times of its methods are those of the scheduler; those of its answers are wall times.
 */
export class AdmissionBook {
  readonly #options: AdmissionOptions;
  readonly #kernel: AdmissionKernel<string, string>;
  readonly #heldBack = new HeldBack();
  readonly #firsts: FirstAlerts;
  readonly #summaries = new Subject<SummaryInput>();
  readonly #timer: DriverTimer;
  readonly #room: RateRoom;

  /** What was held back, once for each trip, when the rate key has room again. */
  readonly summaries$: Observable<SummaryInput> = this.#summaries.asObservable();

  /** Grave alerts that were held back, when their rate key has room. */
  get offers$(): Observable<TimerInput> {
    return this.#room.offers$;
  }

  constructor(options: AdmissionOptions) {
    const { rateLimit, dedupe, scheduler } = options;
    this.#options = options;
    this.#kernel = new AdmissionKernel({
      rateLimit: { windows: rateLimit.windows, cooldownMs: rateLimit.cooldownMs },
      ...(dedupe.windowMs > 0 && { dedupe: { windowMs: dedupe.windowMs } }),
    });
    this.#firsts = new FirstAlerts(dedupe.windowMs);
    this.#timer = new DriverTimer(scheduler, (now) => this.#tick(now));
    const roomAt = (rateKey: string, now: number) => this.#kernel.rateLimit.peek(rateKey, now).retryAt;
    this.#room = new RateRoom({ windows: rateLimit.windows, scheduler, roomAt });
  }

  /**
   * Takes over what happened before a restart: the events of the longest window, and what is open. The log has them in
   * the order of their writes, admission knew them in that of their decisions.
   */
  restore(events: Iterable<StoredEvent>, open: Iterable<AlertRecord>): void {
    const { clock, scheduler } = this.#options;
    const offset = scheduler.now() - clock.wall();
    for (const event of [...events].sort((a, b) => a.time - b.time)) {
      const step = admissionStep(event);
      if (step?.did === 'took') this.#take(step.event, step.dedupeKey, event.time + offset);
      else if (step !== undefined) this.#follow(step, event.time + offset);
    }
    for (const record of open) this.#room.update(this.rateKey(record), record);
  }

  /** A transition is in the log. What it took, or that it was held back, counts since it was decided. */
  stored(event: StoredEvent, now: number): void {
    const step = admissionStep(event);
    if (step?.did === 'summed_up') this.#heldBack.summedUp(String(event.alert.data['rateKey']), event.alert.key);
    else if (step?.did === 'ended') this.#follow(step, now);
    this.#room.update(this.rateKey(event.alert), event.alert);
  }

  /** A refused copy was counted and will be written with others. */
  folded(event: StoredEvent, now: number): void {
    if (event.reason === 'rate_limited') this.holdBack(event, now);
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

  /** Trips the rate key, and remembers the alert for the summary. A duplicate does neither. */
  holdBack({ alert, time }: StoredEvent, now: number): AdmissionToken {
    if (this.#options.rateLimit.cooldownMs === 0) return {};
    const rateKey = this.rateKey(alert);
    const dedupeKey = alert.origin === 'outside' ? this.dedupeKey(alert) : undefined;
    if (this.#kernel.peek(rateKey, dedupeKey, now).duplicate) return {};
    const token = this.#kernel.replay('limited', rateKey, undefined, now);
    this.#heldBack.add(rateKey, alert, time);
    this.#arm();
    return { ...token, heldBack: alert };
  }

  /** Gives back what was taken for something that could not be stored. */
  release(token: AdmissionToken): void {
    this.#kernel.release(token);
    if (token.heldBack !== undefined) this.#heldBack.remove(this.rateKey(token.heldBack), token.heldBack);
    if (token.dedupe !== undefined) this.#firsts.forget(token.dedupe.key);
  }

  dispose(): void {
    this.#timer.dispose();
    this.#room.dispose();
    this.#summaries.complete();
  }

  #take({ alert }: StoredEvent, dedupeKey: string | undefined, at: number): void {
    this.commit({ rateKey: this.rateKey(alert), ...(dedupeKey !== undefined && { dedupeKey }) }, alert.id, at);
  }

  #follow({ did, event }: AdmissionStep, now: number): void {
    if (did === 'held_back') this.holdBack(event, now);
    else if (did === 'ended') this.#forget(event.alert);
    else if (did === 'summed_up') this.#heldBack.take(String(event.alert.data['rateKey']));
  }

  /** An alert that was open and is over makes room for a new one of the same content. */
  #forget({ id }: AlertRecord): void {
    for (const dedupeKey of this.#firsts.keysOf(id)) {
      this.#kernel.forget(dedupeKey);
      this.#firsts.forget(dedupeKey);
    }
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
