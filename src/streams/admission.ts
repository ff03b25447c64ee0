import { defer, merge, type Observable, Subject, Subscription } from 'rxjs';
import type { AlertRecord } from '../model/alert.js';
import type { AdmissionAnswer, Reservation, SummaryInput, TimerInput } from '../model/decision/index.js';
import type { StoredEvent } from '../model/event.js';
import { AdmissionBook, type AdmissionOptions, type AdmissionToken, type Keyed } from './admission-book.js';

export type { AdmissionOptions, AdmissionToken } from './admission-book.js';

export type AdmissionLimits = Pick<AdmissionOptions, 'rateLimit' | 'dedupe'>;

/** What was taken for an alert whose write is in flight. */
interface UnderWay {
  readonly token: AdmissionToken;
  readonly book: AdmissionBook;
}

/**
 * The gate between what happened and who is told. Its limits may change while it works: what counts under the new ones
 * is then read from the log, as after a restart.
 */
export class AdmissionGate {
  readonly #options: AdmissionOptions;
  readonly #summaries = new Subject<SummaryInput>();
  /** A cooldown may have ended in a downtime: what came due before anybody listened. */
  readonly #untold: SummaryInput[] = [];
  readonly #offers = new Subject<TimerInput>();
  readonly #underWay = new Map<string, UnderWay>();
  #book: AdmissionBook;
  #told: Subscription;
  /** What was stored while the log was read. */
  #meanwhile: StoredEvent[] | undefined = undefined;

  /** What was held back, once for each trip, when the rate key has room again. */
  readonly summaries$: Observable<SummaryInput> = defer(() => merge(this.#untold.splice(0), this.#summaries));
  /** Grave alerts that were held back, when their rate key has room. */
  readonly offers$: Observable<TimerInput> = this.#offers.asObservable();

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#book = new AdmissionBook(options);
    this.#told = this.#listenTo(this.#book);
  }

  /** Takes over what happened before a restart: the events of the longest window, in order, and what is open. */
  restore(events: Iterable<StoredEvent>, open: Iterable<AlertRecord>): void {
    this.#book.restore(events, open);
  }

  /** Goes over to other limits, under which the same events are counted anew. When `read` rejects, nothing has changed. */
  async change(
    limits: AdmissionLimits,
    read: () => Promise<readonly StoredEvent[]>,
    open: () => Iterable<AlertRecord>,
  ): Promise<void> {
    const meanwhile: StoredEvent[] = [];
    this.#meanwhile = meanwhile;
    try {
      const events = await read();
      const known = new Set(events.map(transitionId));
      const book = new AdmissionBook({ ...this.#options, ...limits });
      book.restore([...events, ...meanwhile.filter((event) => !known.has(transitionId(event)))], open());
      this.#told.unsubscribe();
      this.#book.dispose();
      this.#book = book;
      this.#told = this.#listenTo(book);
    } finally {
      this.#meanwhile = undefined;
    }
  }

  /** A transition is in the log. What it takes was taken when it was decided, maybe under other limits. */
  stored(event: StoredEvent, now: number): void {
    this.#meanwhile?.push(event);
    const underWay = this.#underWay.get(event.alert.id);
    this.#underWay.delete(event.alert.id);
    if (underWay !== undefined && underWay.book !== this.#book) this.#book.restore([event], []);
    this.#book.stored(event, now);
  }

  /** A refused copy was counted and will be written with others. */
  folded(event: StoredEvent, now: number): void {
    this.#book.folded(event, now);
  }

  rateKey(alert: Keyed): string {
    return this.#book.rateKey(alert);
  }

  dedupeKey(alert: Keyed): string | undefined {
    return this.#book.dedupeKey(alert);
  }

  /** Looks, and changes nothing. */
  ask(reservation: Reservation, now: number): AdmissionAnswer {
    return this.#book.ask(reservation, now);
  }

  /** Takes the place that was asked for, in the name of an alert. */
  commit(reservation: Reservation, alertId: string, now: number): AdmissionToken {
    const token = this.#book.commit(reservation, alertId, now);
    this.#underWay.set(alertId, { token, book: this.#book });
    return token;
  }

  /** Counts what was refused at its decision: the key may have room again before the log has confirmed it. */
  holdBack(event: StoredEvent, now: number): AdmissionToken {
    const token = this.#book.holdBack(event, now);
    this.#underWay.set(event.alert.id, { token, book: this.#book });
    return token;
  }

  /** Gives back what was taken for something that could not be stored. */
  release(token: AdmissionToken): void {
    for (const [alertId, underWay] of this.#underWay) {
      if (underWay.token !== token) continue;
      this.#underWay.delete(alertId);
      if (underWay.book === this.#book) this.#book.release(token);
      return;
    }
  }

  dispose(): void {
    this.#told.unsubscribe();
    this.#book.dispose();
    this.#summaries.complete();
    this.#offers.complete();
  }

  #listenTo(book: AdmissionBook): Subscription {
    const told = new Subscription();
    told.add(
      book.summaries$.subscribe((summary) => {
        if (this.#summaries.observed) this.#summaries.next(summary);
        else this.#untold.push(summary);
      }),
    );
    told.add(book.offers$.subscribe((offer) => this.#offers.next(offer)));
    return told;
  }
}

function transitionId({ alert }: StoredEvent): string {
  return `${alert.id}:${alert.n}`;
}
