import type { TocsinError } from '../model/errors.js';
import type { Filter, Topic } from '../model/wire.js';
import type { Encoding } from './encoding.js';
import type { Outbox } from './outbox.js';

/** What a subscription may ask of the client that it belongs to. */
export interface Client {
  readonly encoding: Encoding;
  readonly outbox: Outbox;
  /** Whether more can be given to it: neither bytes wait nor is it behind with what it got. */
  ready(): boolean;
  /** Writes soon: before (`urgent`) or after those who only have metrics. */
  flushSoon(urgency: 'urgent' | 'regular'): void;
}

/** How many series a connection may cover with its subscriptions together. */
export interface SeriesBudget {
  /** Series that subscription `id` may cover, given what the others cover. */
  room(id: number): number;
  /** Subscription `id` covers more by now, and has to go. */
  outgrown(id: number, error: TocsinError): void;
}

export interface Change {
  readonly maxHz?: number;
  readonly filter?: Filter;
}

/** A live subscription of one client. */
export interface Subscription {
  readonly topic: Topic;
  /** Position up to which everything was written to the socket; 0 where there is none. */
  cursor(): number;
  /** Number of series that it covers. */
  series(): number;
  update(change: Change): void;
  /** Called when the client has room again. */
  resume(): void;
  end(): void;
}
