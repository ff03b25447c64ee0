import { type Observable, Subject, type Subscription } from 'rxjs';
import type { AlertRecord, AlertState } from '../model/alert.js';
import { alertIdKeyHash, isOpen } from '../model/alert.js';
import type { DeliveryRecord } from '../model/delivery.js';
import { TocsinError } from '../model/errors.js';
import type { DeliveryEventType } from '../model/event.js';
import { type AlertPage, type AlertQuery, queryPage } from '../model/query.js';
import { type AlertEvent, type AlertView, alertView, transitionEvent } from '../model/view.js';
import { alertSubject } from './alert-subject.js';
import { CommonParts } from './common-parts.js';
import { deliverySubject } from './delivery-record.js';
import { earlierIncidents } from './earlier-incidents.js';
import type { Retired } from './janitor.js';
import { asClearing, asDelivery, asTransition } from './log-entry.js';
import type { Clock, EventLog, LogEntry } from './ports.js';

export interface ReadModelOptions {
  readonly log: EventLog;
  /** Resolved alerts that are kept in sight. */
  readonly maxResolved: number;
  /** Bytes of the log that they, and all that was written about them, may take. */
  readonly maxBytes: number;
  readonly clock: Clock;
  /** What is younger is still in the log. */
  readonly keepMs: number;
  /** Something is no longer needed in the log. */
  readonly onRetired: (retired: Retired) => void;
  readonly onError: (error: unknown) => void;
}

/** Between once and twice as many transitions of an open alert stay in the log. */
const keptTransitions = 256;

interface Known {
  record: AlertRecord;
  /** Where the record stands. */
  seq: number;
  /** Where it stood when its number of transitions was last a multiple of those that are kept. */
  keptFrom?: { readonly seq: number; readonly at: number };
  /** The last delivery of each channel. */
  deliveries: readonly Placed[];
  /** Bytes of the log that were read of it. */
  bytes: number;
}

interface Placed {
  readonly delivery: DeliveryRecord;
  readonly seq: number;
}

/**
 * The alerts as they stand, built from the event log alone: what gateways and queries read. After `load` it follows the
 * log; `events$` emits each event after the state includes it, so `seq`, the views and the events are always in step.
 */
export class ReadModel {
  readonly #options: ReadModelOptions;
  readonly #events = new Subject<AlertEvent>();
  readonly #byId = new Map<string, Known>();
  readonly #parts = new CommonParts();
  /** Ids of resolved alerts, oldest first. */
  readonly #resolved = new Set<string>();
  readonly #byState: Record<AlertState, number> = {
    active: 0,
    acknowledged: 0,
    escalated: 0,
    suppressed: 0,
    resolved: 0,
  };
  #resolvedBytes = 0;
  /** Records of the writer, by sequence, which the log has not told yet. */
  readonly #ahead = new Map<number, AlertRecord>();
  /** What ended before this wall time was cleared away. */
  #clearedBefore = Number.NEGATIVE_INFINITY;
  #seq = 0;
  #stopped = false;
  #following: Subscription | undefined = undefined;

  readonly events$: Observable<AlertEvent> = this.#events.asObservable();

  constructor(options: ReadModelOptions) {
    this.#options = options;
  }

  get epoch(): string {
    return this.#options.log.epoch;
  }

  /** Sequence of the last event that the state includes. */
  get seq(): number {
    return this.#seq;
  }

  /** Reads what the log holds. Everything after it arrives by {@link follow}. */
  async load(): Promise<void> {
    const { log } = this.#options;
    const head = await log.head();
    const deliveries: LogEntry[] = [];
    let last = 0;
    for await (const entry of log.latest('>')) {
      if (!isPassing(entry)) last = entry.seq;
      const delivery = asDelivery(entry);
      if (delivery === undefined) this.#apply(entry);
      else if (this.#byId.has(delivery.alertId)) this.#applyDelivery(entry, delivery);
      else deliveries.push(entry);
    }
    // An alert that changed after it was delivered comes later in the log than its delivery.
    for (const entry of deliveries) this.#apply(entry);
    this.#seq = Math.min(head, last);
  }

  /**
   * Takes in the incidents before the last one of each key, within the bounds of the history. They are read a little at a
   * time, after everything else: nothing waits for them.
   */
  async loadEarlier(): Promise<void> {
    const { log } = this.#options;
    const isKnown = (id: string) => this.#byId.has(id);
    const { ends, deliveries } = await earlierIncidents({ log, isKnown, isStopped: () => this.#stopped });
    if (this.#stopped) return;
    const known = [...this.#resolved];
    this.#resolved.clear();
    for (const entry of ends) if (!isKnown(asTransition(entry)!.alert.id)) this.#apply(entry);
    for (const entry of deliveries) this.#apply(entry);
    const kept = [...this.#resolved, ...known].filter(isKnown);
    const byEnd = kept.sort((a, b) => this.#endOf(a) - this.#endOf(b));
    this.#resolved.clear();
    for (const id of byEnd) this.#resolved.add(id);
    this.#trim();
  }

  follow(): void {
    this.#following = this.#options.log.follow('>', { fromSeq: this.#seq + 1 }).subscribe({
      next: (entry) => this.#live(entry),
      error: this.#options.onError,
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#following?.unsubscribe();
    this.#events.complete();
  }

  get byState(): Readonly<Record<AlertState, number>> {
    return this.#byState;
  }

  /** The last record of each key, for those who decide on it. */
  *records(): Iterable<{ readonly seq: number; readonly record: AlertRecord }> {
    for (const { seq, record } of this.#byId.values()) yield { seq, record };
  }

  *views(): Iterable<AlertView> {
    for (const known of this.#byId.values()) yield viewOf(known);
  }

  /** Who wrote a record holds it too, and may be told of it first: one copy of each is enough. */
  share(seq: number, record: AlertRecord): void {
    const known = this.#byId.get(record.id);
    if (known?.seq === seq) known.record = record;
    else if (seq > this.#seq) this.#ahead.set(seq, record);
  }

  /** The record that the log has at this sequence, if it is still how the alert stands. */
  held(id: string, seq: number): AlertRecord | undefined {
    const known = this.#byId.get(id);
    return known?.seq === seq ? known.record : undefined;
  }

  /** Throws `query_invalid`. */
  query(query: AlertQuery): AlertPage {
    const { items, cursor } = queryPage(this.#allRecords(), query);
    const alerts = items.map(({ id }) => this.view(id)!);
    return cursor === undefined ? { alerts } : { alerts, cursor };
  }

  /** What is known of the deliveries of one alert. */
  deliveries(id: string): readonly DeliveryRecord[] {
    return deliveriesOf(this.#byId.get(id));
  }

  view(id: string): AlertView | undefined {
    const known = this.#byId.get(id);
    return known && viewOf(known);
  }

  /** One alert with its whole history, read from the log. */
  async detail(id: string): Promise<{ alert: AlertView; events: AlertEvent[] }> {
    const alert = this.view(id);
    if (alert === undefined)
      throw new TocsinError('alert_unknown', `no alert has the id ${id}`, { field: 'id', value: id });
    const events: AlertEvent[] = [];
    const { log } = this.#options;
    const keyHash = alertIdKeyHash(id);
    for (const filter of [`alert.*.${keyHash}`, `delivery.${keyHash}.*`]) {
      for await (const entry of log.read(filter)) {
        const event = this.#event(entry);
        if (event?.alert.id === id) events.push(event);
      }
    }
    return { alert, events: events.sort((a, b) => a.seq - b.seq) };
  }

  /**
   * At most `limit` events after `seq`, in order; fewer mean that these were the last. `undefined` when some of them may
   * be gone: `seq` itself is no longer in the log, or so old that what followed may have been removed.
   */
  async since(seq: number, limit: number): Promise<AlertEvent[] | undefined> {
    const { log, clock, keepMs } = this.#options;
    const head = this.#seq;
    const events: AlertEvent[] = [];
    let complete = false;
    for await (const entry of log.read('>', { fromSeq: seq })) {
      if (!complete && (entry.seq !== seq || entry.time < clock.wall() - keepMs)) return undefined;
      complete = true;
      if (entry.seq > head || events.length === limit) break;
      const event = entry.seq === seq ? undefined : this.#event(entry);
      if (event !== undefined) events.push(event);
    }
    return complete ? events : undefined;
  }

  *#allRecords(): Iterable<AlertRecord> {
    for (const { record } of this.#byId.values()) yield record;
  }

  #live(entry: LogEntry): void {
    if (isPassing(entry)) return;
    this.#apply(entry);
    this.#seq = entry.seq;
    for (const seq of this.#ahead.keys()) {
      if (seq > entry.seq) break;
      this.#ahead.delete(seq);
    }
    const event = this.#event(entry);
    if (event !== undefined) this.#events.next(event);
  }

  #apply(entry: LogEntry): void {
    const cleared = asClearing(entry);
    if (cleared !== undefined) this.#clearBefore(cleared.before);
    const event = asTransition(entry);
    if (event !== undefined) this.#applyRecord(entry, this.#ahead.get(entry.seq) ?? this.#parts.of(event.alert));
    const delivery = asDelivery(entry);
    if (delivery !== undefined) this.#applyDelivery(entry, delivery);
  }

  #applyRecord({ seq, bytes }: LogEntry, record: AlertRecord): void {
    const known = this.#byId.get(record.id);
    if (known === undefined) {
      this.#byId.set(record.id, { record, seq, bytes, deliveries: none });
    } else {
      if (seq <= known.seq) return;
      this.#byState[known.record.state]--;
      known.record = record;
      known.seq = seq;
      this.#grow(known, bytes);
      if (record.n % keptTransitions === 0) this.#shorten(known);
    }
    this.#byState[record.state]++;
    if (isOpen(record) || this.#resolved.has(record.id)) return;
    this.#resolved.add(record.id);
    this.#resolvedBytes += this.#byId.get(record.id)!.bytes;
    if (endedAt(record) < this.#clearedBefore) this.#forget(record.id);
    this.#trim();
  }

  #grow(known: Known, bytes: number): void {
    known.bytes += bytes;
    if (this.#resolved.has(known.record.id)) this.#resolvedBytes += bytes;
  }

  /** Of a long alert only the last transitions are kept. */
  #shorten(known: Known): void {
    const { seq, record, deliveries, keptFrom } = known;
    known.keptFrom = { seq, at: record.updatedAt };
    if (keptFrom === undefined) return;
    const later = deliveries.filter((last) => last.seq > keptFrom.seq).map((last) => placeOf(record, last));
    const places = [alertSubject(record), ...later].map((subject) => ({ subject, upToSeq: keptFrom.seq }));
    this.#options.onRetired({ at: keptFrom.at, places });
  }

  #applyDelivery({ seq, bytes }: LogEntry, read: DeliveryRecord): void {
    const known = this.#byId.get(read.alertId);
    if (known === undefined) return;
    this.#grow(known, bytes);
    const others = known.deliveries.filter(({ delivery }) => delivery.channel !== read.channel);
    // One text for the id: there are as many of these as there are alerts.
    known.deliveries = [...others, { seq, delivery: { ...read, alertId: known.record.id } }];
  }

  /** Resolved alerts that ended before this wall time go out of sight. */
  retireBefore(time: number): void {
    for (const id of this.#resolved) {
      if (endedAt(this.#byId.get(id)!.record) >= time) return;
      this.#forget(id);
    }
  }

  /** How many alerts a clearing of what ended before this wall time would put out of sight. */
  endedBefore(time: number): number {
    let count = 0;
    for (const id of this.#resolved) if (endedAt(this.#byId.get(id)!.record) < time) count += 1;
    return count;
  }

  #endOf(id: string): number {
    return endedAt(this.#byId.get(id)!.record);
  }

  #clearBefore(time: number): void {
    this.#clearedBefore = Math.max(this.#clearedBefore, time);
    for (const id of this.#resolved) if (endedAt(this.#byId.get(id)!.record) < time) this.#forget(id);
  }

  #trim(): void {
    const { maxResolved, maxBytes } = this.#options;
    for (const id of this.#resolved) {
      if (this.#resolved.size <= maxResolved && this.#resolvedBytes <= maxBytes) return;
      this.#forget(id);
    }
  }

  #forget(id: string): void {
    const known = this.#byId.get(id)!;
    this.#resolved.delete(id);
    this.#resolvedBytes -= known.bytes;
    this.#retire(known);
    this.#byId.delete(id);
    this.#byState.resolved--;
  }

  #retire({ record, seq, deliveries }: Known): void {
    const delivered = deliveries.map((last) => ({ subject: placeOf(record, last), upToSeq: last.seq }));
    const places = [{ subject: alertSubject(record), upToSeq: seq }, ...delivered];
    this.#options.onRetired({ at: endedAt(record), places });
  }

  #event(entry: LogEntry): AlertEvent | undefined {
    const stored = asTransition(entry);
    if (stored !== undefined) {
      const marks = { ...stored.marks, stored: entry.time };
      return transitionEvent(entry.seq, { ...stored, marks }, this.deliveries(stored.alert.id));
    }
    const delivery = asDelivery(entry);
    return delivery && this.#deliveryEvent(entry.seq, delivery);
  }

  #deliveryEvent(seq: number, delivery: DeliveryRecord): AlertEvent | undefined {
    const type = deliveryEventType(delivery);
    const alert = this.view(delivery.alertId);
    if (type === undefined || alert === undefined) return undefined;
    const marks = type === 'delivered' ? { marks: { sent: delivery.at } } : {};
    return { seq, type, time: delivery.at, reason: delivery.error ?? type, ...marks, alert };
  }
}

const none: readonly Placed[] = [];

function viewOf(known: Known): AlertView {
  return alertView(known.record, deliveriesOf(known));
}

function deliveriesOf(known: Known | undefined): readonly DeliveryRecord[] {
  return known?.deliveries.map(({ delivery }) => delivery) ?? [];
}

function placeOf({ keyHash }: AlertRecord, { delivery }: Placed): string {
  return deliverySubject(keyHash, delivery.channel);
}

/** It goes when the next one comes: nobody could go on from where it stood. */
function isPassing({ subject }: LogEntry): boolean {
  return subject.startsWith('checkpoint.') || subject.startsWith('probe.');
}

function endedAt({ resolved, updatedAt }: AlertRecord): number {
  return resolved?.at ?? updatedAt;
}

function deliveryEventType({ status }: DeliveryRecord): DeliveryEventType | undefined {
  switch (status) {
    case 'sending':
    case 'delivered':
      return status;
    case 'failed':
    case 'dead':
      return 'delivery_failed';
    case 'pending':
      return undefined;
  }
}
