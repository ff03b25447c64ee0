import { NatsError } from 'nats';
import { type OutboxMessage, outboxChannel, wayId } from '../../model/delivery.js';
import { nameToken } from '../driver/subjects.js';
import { asDeadLetter, asOutboxMessage } from '../log-entry.js';
import type { Consumer, DeadLetter, Exhumed, Outbox, OutboxVerdict } from '../ports.js';
import { type Delivery, readBody } from './delivery.js';
import { Failures } from './failures.js';
import { OrderedReader } from './ordered-reader.js';
import { type Store, unavailable, write } from './store.js';
import type { StreamNames } from './streams.js';
import { type Outcome, startWorker } from './worker.js';

/** Of a deletion: the message is not there. Newer servers say the first, older ones the second. */
const goneCodes: ReadonlySet<unknown> = new Set([10037, 10057]);
/** Messages in back-off are handed back with a delay; the server counts those as open. */
const maxOpen = 100_000;

type Handler = (message: OutboxMessage) => Promise<OutboxVerdict>;

/** A work queue with one durable consumer a channel, and a stream of dead letters. */
export class NatsOutbox implements Outbox {
  readonly #store: Store;
  readonly #streams: StreamNames;
  readonly #failures = new Failures();

  constructor(store: Store, streams: StreamNames) {
    this.#store = store;
    this.#streams = streams;
  }

  async put(message: OutboxMessage): Promise<void> {
    const { outbox: stream } = this.#streams;
    const subject = this.#subject(message.channel);
    await write(this.#store, { stream, subject, body: message, messageId: wayId(message) });
  }

  work(
    channel: string,
    { prefetch, ackWaitMs }: { readonly prefetch: number; readonly ackWaitMs: number },
    handler: Handler,
  ): Promise<Consumer> {
    return startWorker(this.#store, {
      stream: this.#streams.outbox,
      durable: nameToken(channel),
      filter: this.#subject(channel),
      isQueue: true,
      limitMs: ackWaitMs,
      maxOpen,
      maxInFlight: prefetch,
      handle: (delivery) => this.#handle(delivery, channel, handler),
    }).catch(asUnavailable);
  }

  /** One subject a letter, of which the stream keeps the last message: burying again replaces. */
  async bury(letter: DeadLetter): Promise<void> {
    const subject = this.#deadSubject(letter.message.id);
    await write(this.#store, { stream: this.#streams.dead, subject, body: letter, messageId: wayId(letter.message) });
  }

  async *dead(): AsyncGenerator<DeadLetter> {
    const filter = `${this.#store.prefix}.dead.>`;
    const reader = new OrderedReader(this.#store, { stream: this.#streams.dead, filter, fromSeq: 1 });
    for await (const page of reader.pages()) {
      for (const delivery of page) {
        const letter = asDeadLetter(readBody(this.#store.link, delivery));
        if (letter !== undefined) yield letter;
      }
    }
  }

  async exhume(messageId: string): Promise<Exhumed | undefined> {
    const found = await this.#last(this.#streams.dead, this.#deadSubject(messageId));
    const letter = asDeadLetter(found?.body);
    if (found === undefined || letter === undefined) return undefined;
    const remove = async () => {
      await this.#store.jsm.streams.deleteMessage(this.#streams.dead, found.seq).catch(unlessGone);
    };
    return { letter, remove };
  }

  async depth(channel: string): Promise<number> {
    const subject = this.#subject(channel);
    const query = { subjects_filter: subject };
    const info = await this.#store.jsm.streams.info(this.#streams.outbox, query).catch(asUnavailable);
    return info.state.subjects?.[subject] ?? 0;
  }

  /** A subject may hold no more than a part of the name: the messages tell the whole of it. */
  async channels(): Promise<readonly string[]> {
    const query = { subjects_filter: this.#subjectOf('*') };
    const info = await this.#store.jsm.streams.info(this.#streams.outbox, query).catch(asUnavailable);
    const names = await Promise.all(Object.keys(info.state.subjects ?? {}).map((subject) => this.#channelOf(subject)));
    return names.filter((name) => name !== undefined);
  }

  async #channelOf(subject: string): Promise<string | undefined> {
    const found = await this.#last(this.#streams.outbox, subject);
    const name = (found?.body as Partial<OutboxMessage> | undefined)?.channel;
    return typeof name === 'string' && this.#subject(name) === subject ? name : undefined;
  }

  async #last(stream: string, subject: string): Promise<{ readonly seq: number; readonly body: unknown } | undefined> {
    const { jsm } = this.#store;
    try {
      const message = await jsm.streams.getMessage(stream, { last_by_subj: subject });
      return { seq: message.seq, body: message.json() };
    } catch (error) {
      if (error instanceof SyntaxError || isNotFound(error)) return undefined;
      return asUnavailable(error);
    }
  }

  async #handle(delivery: Delivery, channel: string, handler: Handler): Promise<Outcome> {
    const message = asOutboxMessage(readBody(this.#store.link, delivery));
    if (message?.channel !== channel) return 'unusable';
    try {
      const verdict = await handler(message);
      this.#failures.forget(delivery.seq);
      return verdict.done ? 'done' : { againInMs: verdict.delayMs };
    } catch (error) {
      if (!this.#failures.isHopeless(delivery.seq, error)) throw error;
      await this.bury({ message, error: `it cannot be handled: ${String(error).slice(0, 200)}`, at: Date.now() });
      this.#failures.forget(delivery.seq);
      return 'unusable';
    }
  }

  #deadSubject(messageId: string): string {
    return `${this.#store.prefix}.dead.${nameToken(outboxChannel(messageId))}.${nameToken(messageId)}`;
  }

  #subject(channel: string): string {
    return this.#subjectOf(nameToken(channel));
  }

  #subjectOf(token: string): string {
    return `${this.#store.prefix}.outbox.${token}`;
  }
}

/** Meanwhile it was sent, or another one took its place. */
function isNotFound(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.code === 404;
}

function unlessGone(error: unknown): void {
  if (!isNotFound(error) && !isGone(error)) asUnavailable(error);
}

function isGone(error: unknown): boolean {
  return error instanceof NatsError && goneCodes.has(error.api_error?.err_code);
}

function asUnavailable(cause: unknown): never {
  throw unavailable('the outbox cannot be reached', cause);
}
