import { Observable, type SchedulerLike } from 'rxjs';
import { TocsinError } from '../../model/errors.js';
import { subjectMatches } from '../../model/subject.js';
import type { DriverCounters } from '../driver/counters.js';
import { checkSubject } from '../driver/subjects.js';
import type { Consumer, EventLog, LogAppend, LogEntry, LogPosition } from '../ports.js';
import { DeliveryQueue } from './delivery-queue.js';
import { Recent } from './recent.js';
import { createTurn } from './turn.js';

export interface MemoryEventLogOptions {
  readonly scheduler: SchedulerLike;
  readonly wall: () => number;
  readonly maxBytes: number;
  readonly counters: DriverCounters;
}

interface Durable {
  readonly filter: string;
  readonly queue: DeliveryQueue<number>;
}

const duplicateWindowMs = 120_000;

/** The event log in memory: gone with the process, otherwise like the one on JetStream. */
export class MemoryEventLog implements EventLog {
  readonly epoch: string;
  readonly #options: MemoryEventLogOptions;
  readonly #entries = new Map<number, LogEntry>();
  /** Sequences of each subject, ascending. */
  readonly #subjects = new Map<string, number[]>();
  readonly #written: Recent<number>;
  readonly #durables = new Map<string, Durable>();
  readonly #followers = new Set<() => void>();
  #lastSeq = 0;
  #bytes = 0;
  #closed = false;

  constructor(options: MemoryEventLogOptions) {
    this.#options = options;
    this.epoch = options.wall().toString(36);
    this.#written = new Recent(duplicateWindowMs, () => options.scheduler.now());
  }

  /** Stored when the call returns, so that the order of calls is the order of the log. */
  async append(entry: LogAppend): Promise<number> {
    checkSubject(entry.subject, { wildcards: false });
    if (this.#closed) throw unavailable('the log is closed');
    const before = this.#written.get(entry.messageId);
    if (before !== undefined) return before;
    this.#checkExpected(entry);
    return this.#store(entry);
  }

  async *latest(filter: string): AsyncGenerator<LogEntry> {
    checkSubject(filter, { wildcards: true });
    const last = [...this.#subjects]
      .filter(([subject]) => subjectMatches(filter, subject))
      .map(([, seqs]) => seqs.at(-1)!);
    for (const seq of last.sort((a, b) => a - b)) {
      const entry = this.#entries.get(seq);
      if (entry) yield toEntry(entry);
    }
  }

  async *read(filter: string, { fromSeq = 1, fromTime = 0 }: LogPosition = {}): AsyncGenerator<LogEntry> {
    checkSubject(filter, { wildcards: true });
    for (const entry of this.#matching(filter, fromSeq, this.#lastSeq)) if (entry.time >= fromTime) yield entry;
  }

  follow(filter: string, { fromSeq }: { readonly fromSeq: number }): Observable<LogEntry> {
    checkSubject(filter, { wildcards: true });
    return new Observable((subscriber) => {
      let next = fromSeq;
      const advance = createTurn(() => {
        for (const entry of this.#matching(filter, next, this.#lastSeq)) {
          if (subscriber.closed) return;
          next = entry.seq + 1;
          subscriber.next(entry);
        }
        next = Math.max(next, this.#lastSeq + 1);
      });
      this.#followers.add(advance);
      advance();
      return () => this.#followers.delete(advance);
    });
  }

  async head(): Promise<number> {
    return this.#lastSeq;
  }

  async consume(
    name: string,
    filter: string,
    { maxInFlight }: { readonly maxInFlight: number },
    handler: (entry: LogEntry) => Promise<void>,
  ): Promise<Consumer> {
    checkSubject(filter, { wildcards: true });
    const handle = async (seq: number) => {
      const entry = this.#entries.get(seq);
      if (entry) await handler(toEntry(entry));
      return undefined;
    };
    return this.#durable(name, filter).queue.work({ maxInFlight, handle });
  }

  async purge(subject: string, upToSeq: number): Promise<void> {
    checkSubject(subject, { wildcards: false });
    const seqs = this.#subjects.get(subject) ?? [];
    const kept = seqs.filter((seq) => seq > upToSeq);
    for (const seq of seqs.slice(0, seqs.length - kept.length)) this.#forget(seq);
    if (kept.length === 0) this.#subjects.delete(subject);
    else this.#subjects.set(subject, kept);
  }

  close(): void {
    this.#closed = true;
    this.#followers.clear();
    for (const { queue } of this.#durables.values()) queue.close();
  }

  #checkExpected({ subject, expectedSeq }: LogAppend): void {
    const last = this.#subjects.get(subject)?.at(-1) ?? 0;
    if (expectedSeq === undefined || expectedSeq === last) return;
    const message = `${subject} has moved on: its last message is ${last}, not ${expectedSeq}`;
    throw new TocsinError('log_conflict', message, { temporary: true });
  }

  #store({ subject, body, messageId }: LogAppend): number {
    const text = JSON.stringify(body);
    const bytes = text.length + subject.length;
    if (this.#bytes + bytes > this.#options.maxBytes) throw unavailable('the log is full');
    const seq = ++this.#lastSeq;
    this.#entries.set(seq, { seq, subject, time: this.#options.wall(), body: JSON.parse(text), bytes });
    this.#bytes += bytes;
    const seqs = this.#subjects.get(subject);
    if (seqs) seqs.push(seq);
    else this.#subjects.set(subject, [seq]);
    this.#written.set(messageId, seq);
    this.#announce(seq, subject);
    return seq;
  }

  #announce(seq: number, subject: string): void {
    for (const { filter, queue } of this.#durables.values()) if (subjectMatches(filter, subject)) queue.push(seq);
    for (const advance of this.#followers) advance();
  }

  #forget(seq: number): void {
    this.#bytes -= this.#entries.get(seq)?.bytes ?? 0;
    this.#entries.delete(seq);
  }

  #durable(name: string, filter: string): Durable {
    const known = this.#durables.get(name);
    if (known) return known;
    const { scheduler, counters } = this.#options;
    const durable = { filter, queue: new DeliveryQueue<number>(scheduler, counters) };
    for (const { seq } of this.#matching(filter, 1, this.#lastSeq)) durable.queue.push(seq);
    this.#durables.set(name, durable);
    return durable;
  }

  /** Numbers that were purged are skipped; the first key is the oldest entry. */
  *#matching(filter: string, fromSeq: number, toSeq: number): Generator<LogEntry> {
    const first = this.#entries.keys().next().value ?? this.#lastSeq + 1;
    for (let seq = Math.max(fromSeq, first); seq <= toSeq; seq++) {
      const entry = this.#entries.get(seq);
      if (entry && subjectMatches(filter, entry.subject)) yield toEntry(entry);
    }
  }
}

function toEntry({ seq, subject, time, body, bytes }: LogEntry): LogEntry {
  return { seq, subject, time, body, bytes };
}

function unavailable(message: string): TocsinError {
  return new TocsinError('log_unavailable', message, { temporary: true });
}
