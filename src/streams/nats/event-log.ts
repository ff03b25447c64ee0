import type { StreamInfo } from 'nats';
import { Observable } from 'rxjs';
import { checkSubject, nameToken } from '../driver/subjects.js';
import type { Consumer, EventLog, LogAppend, LogEntry, LogPosition } from '../ports.js';
import { type Delivery, readBody } from './delivery.js';
import { OrderedReader, type ReaderOptions } from './ordered-reader.js';
import { type Store, unavailable, write } from './store.js';
import { type Outcome, startWorker } from './worker.js';

/** Longer than a handler takes that waits for a write of its own. */
const limitMs = 30_000;

/** The event log on the JetStream stream that `info` describes. */
export class NatsEventLog implements EventLog {
  readonly epoch: string;
  readonly #store: Store;
  readonly #stream: string;
  readonly #base: string;

  constructor(store: Store, info: StreamInfo) {
    this.#store = store;
    this.#stream = info.config.name;
    this.#base = `${store.prefix}.events.`;
    this.epoch = new Date(info.created).getTime().toString(36);
  }

  async append(entry: LogAppend): Promise<number> {
    return write(this.#store, { ...entry, stream: this.#stream, subject: this.#absolute(entry.subject, false) });
  }

  latest(filter: string): AsyncGenerator<LogEntry> {
    return this.#entries({ filter, fromSeq: 1, lastPerSubject: true });
  }

  async *read(filter: string, { fromSeq = 1, fromTime = 0 }: LogPosition = {}): AsyncGenerator<LogEntry> {
    const last = await this.head();
    if (fromSeq > last) return;
    for await (const entry of this.#entries({ filter, fromSeq, fromTime })) {
      if (entry.seq > last) return;
      if (entry.time >= fromTime) yield entry;
    }
  }

  follow(filter: string, { fromSeq }: { readonly fromSeq: number }): Observable<LogEntry> {
    const reading = { stream: this.#stream, filter: this.#absolute(filter, true), fromSeq };
    return new Observable((subscriber) => {
      const reader = new OrderedReader(this.#store, reading);
      void reader.follow((delivery) => {
        const entry = this.#toEntry(delivery);
        if (entry) subscriber.next(entry);
      });
      return () => void reader.close();
    });
  }

  async head(): Promise<number> {
    return (await this.#store.jsm.streams.info(this.#stream).catch(asUnavailable)).state.last_seq;
  }

  consume(
    name: string,
    filter: string,
    { maxInFlight }: { readonly maxInFlight: number },
    handler: (entry: LogEntry) => Promise<void>,
  ): Promise<Consumer> {
    return startWorker(this.#store, {
      stream: this.#stream,
      durable: nameToken(name),
      filter: this.#absolute(filter, true),
      isQueue: false,
      limitMs,
      maxInFlight,
      maxOpen: Math.max(1_000, maxInFlight),
      handle: (delivery) => this.#handle(delivery, handler),
    }).catch(asUnavailable);
  }

  async purge(subject: string, upToSeq: number): Promise<void> {
    const filter = this.#absolute(subject, false);
    // The server takes "up to the first message" for "everything".
    if (upToSeq < 1) return;
    const range = { filter, seq: upToSeq + 1 };
    await this.#store.jsm.streams.purge(this.#stream, range).catch(asUnavailable);
  }

  async *#entries(options: Omit<ReaderOptions, 'stream'>): AsyncGenerator<LogEntry> {
    const filter = this.#absolute(options.filter, true);
    const reader = new OrderedReader(this.#store, { ...options, stream: this.#stream, filter });
    for await (const page of reader.pages()) {
      for (const delivery of page) {
        const entry = this.#toEntry(delivery);
        if (entry) yield entry;
        // Whoever wants to write after it has to know its place, readable or not.
        else if (options.lastPerSubject) yield this.#unreadable(delivery);
      }
    }
  }

  async #handle(delivery: Delivery, handler: (entry: LogEntry) => Promise<void>): Promise<Outcome> {
    const entry = this.#toEntry(delivery);
    if (!entry) return 'unusable';
    await handler(entry);
    return 'done';
  }

  #toEntry(delivery: Delivery): LogEntry | undefined {
    const body = readBody(this.#store.link, delivery);
    if (body === undefined) return undefined;
    const { seq, time, subject, data } = delivery;
    return { seq, time, subject: subject.slice(this.#base.length), body, bytes: data.length };
  }

  #unreadable({ seq, time, subject, data }: Delivery): LogEntry {
    return { seq, time, subject: subject.slice(this.#base.length), body: undefined, bytes: data.length };
  }

  #absolute(subject: string, wildcards: boolean): string {
    checkSubject(subject, { wildcards });
    return this.#base + subject;
  }
}

function asUnavailable(cause: unknown): never {
  throw unavailable('the event log cannot be reached', cause);
}
