import type { ClientMessage, ServerMessage } from '../model/wire.js';
import type { Start } from './feed.js';
import type { Topic } from './topics.js';
import { ClientError, type Observer } from './types.js';

type Send = (message: ClientMessage) => void;

interface Entry {
  readonly topic: Topic;
  readonly observer: Observer<never>;
  retry?: ReturnType<typeof setTimeout>;
}

const retryMs = 1000;

/** Every subscription of a client, under the id that the wire knows; asked for again on every connection. */
export class Registry {
  readonly #entries = new Map<number, Entry>();
  readonly #send: Send;
  #nextId = 1;
  #online = false;
  #closed = false;
  #hiddenHz: number | undefined;

  /** `send` is called only between {@link online} and {@link offline}. */
  constructor(send: Send) {
    this.#send = send;
  }

  start<T>(create: (observer: Observer<T>) => Topic): Start<T> {
    return (observer) => {
      if (this.#closed) {
        observer.complete();
        return () => {};
      }
      const id = this.#nextId++;
      this.#entries.set(id, { topic: create(observer), observer });
      if (this.#online) this.#subscribe(id);
      return () => this.#remove(id);
    };
  }

  online(): void {
    this.#online = true;
    for (const id of this.#entries.keys()) this.#subscribe(id);
  }

  offline(): void {
    this.#online = false;
    for (const entry of this.#entries.values()) clearTimeout(entry.retry);
  }

  /** Nothing comes any more: tells every observer. */
  close(): void {
    this.offline();
    this.#closed = true;
    for (const entry of [...this.#entries.values()]) entry.observer.complete?.();
  }

  /** Flushes metrics at `hz` at most; `undefined` gives each subscription back its own rate. */
  limitRate(hz: number | undefined): void {
    this.#hiddenHz = hz;
    if (!this.#online) return;
    for (const [id, { topic }] of this.#entries) {
      if (topic.maxHz !== undefined) this.#send({ op: 'update', id, maxHz: this.#rate(topic) ?? topic.maxHz });
    }
  }

  handle(message: ServerMessage): void {
    if (message.op === 'heartbeat') {
      for (const [id, seq] of Object.entries(message.seq)) this.#entries.get(Number(id))?.topic.position?.(seq);
      return;
    }
    if (!('id' in message) || message.id === undefined) return;
    if (message.op === 'error') this.#refused(message.id, message);
    else this.#entries.get(message.id)?.topic.handle(message);
  }

  #refused(id: number, error: Extract<ServerMessage, { op: 'error' }>): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (error.temporary) {
      clearTimeout(entry.retry);
      entry.retry = setTimeout(() => this.#subscribe(id), error.retryAfterMs ?? retryMs);
      return;
    }
    this.#forget(id);
    entry.observer.error?.(new ClientError(error.code, error.message));
  }

  #rate(topic: Topic): number | undefined {
    if (topic.maxHz === undefined || this.#hiddenHz === undefined) return undefined;
    return Math.min(topic.maxHz, this.#hiddenHz);
  }

  #subscribe(id: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || !this.#online) return;
    this.#send({ op: 'subscribe', id, ...entry.topic.request(this.#rate(entry.topic)) });
  }

  #remove(id: number): void {
    if (this.#forget(id) && this.#online) this.#send({ op: 'unsubscribe', id });
  }

  #forget(id: number): boolean {
    clearTimeout(this.#entries.get(id)?.retry);
    return this.#entries.delete(id);
  }
}
