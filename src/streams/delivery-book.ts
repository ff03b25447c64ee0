import { type DeliveryRecord, type OutboxMessage, outboxId, wayId } from '../model/delivery.js';
import { compareTurns, deliverySubject, isEnded, type Turn } from './delivery-record.js';
import type { EventLog } from './ports.js';

/** What a worker knows of one message that is not finished. Times are on the scheduler's clock. */
export interface Entry extends Turn {
  readonly id: string;
  /** Between being handed out and handed back. */
  inHand: boolean;
  /** In hand, and its turn has come. */
  leaving: boolean;
  /** Whether the log was asked about it. */
  recalled: boolean;
  /** Attempts that counted. */
  attempts: number;
  refusals: number;
  lastError?: string;
  /** How many messages the channel had delivered when this one was last refused. */
  deliveriesThen: number;
  /** Not tried again before, unless to find out whether the channel is back. */
  dueAt: number;
  /** When the broker is to hand it out again. */
  backAt: number;
  /** The write of its last record, successful or not. */
  lastWrite: Promise<void>;
  /** How it ended, from the log, or not yet there. */
  ending?: { readonly record: DeliveryRecord; readonly stored: boolean };
}

export interface BookOptions {
  readonly log: EventLog;
  readonly channel: string;
  /** Wall time: older messages may have been worked on by somebody before us. */
  readonly since: number;
}

/** Finished messages that are remembered, should the broker hand them out again. */
const maxFinished = 10_000;
/** A message that does not come back for so long after it was to be is gone, and delays nobody any more. */
const lostAfterMs = 60_000;

/** What one channel's worker knows: which messages are under way, which are finished, and whose turn it is. */
export class DeliveryBook {
  readonly #options: BookOptions;
  /** Unfinished messages by key, in order. */
  readonly #lanes = new Map<string, Entry[]>();
  readonly #finished = new Map<string, number>();
  #since: number;

  constructor(options: BookOptions) {
    this.#options = options;
    this.#since = options.since;
  }

  isFinished(message: OutboxMessage): boolean {
    return this.#finished.has(wayId(message));
  }

  /** The entry of a message, made when it is handed out for the first time. */
  enter(message: OutboxMessage, now: number): Entry {
    const { id, n, keyHash } = message.event.alert;
    return this.#add(keyHash, { id: wayId(message), alertId: id, transition: n }, now);
  }

  /**
   * Of a message that somebody before us may have worked on: takes over what the log says of it, and of one before it
   * that is still under way.
   */
  async recall(message: OutboxMessage, entry: Entry, now: number): Promise<void> {
    if (entry.recalled || message.at > this.#since) return;
    const last = await this.#lastRecord(deliverySubject(message));
    entry.recalled = true;
    if (last === undefined) return;
    const order = compareTurns(last, entry);
    const own = order > 0 ? await this.#recordOf(message, entry) : order === 0 ? last : undefined;
    if (own !== undefined && own.resend?.count === message.resend?.count) takeOver(entry, own);
    if (order < 0 && !isEnded(last)) {
      const { alertId, transition, channel } = last;
      this.#add(message.event.alert.keyHash, { id: outboxId(alertId, transition, channel), alertId, transition }, now);
    }
  }

  /** The message that has to end before this one may leave: an earlier one, or one that is being sent. */
  ahead(message: OutboxMessage, entry: Entry, now: number): Entry | undefined {
    const lane = this.#lanes.get(message.event.alert.keyHash) ?? [];
    return lane.find((other) => {
      if (other === entry || (!other.inHand && now > other.backAt + lostAfterMs)) return false;
      return other.leaving || compareTurns(other, entry) < 0;
    });
  }

  finish(message: OutboxMessage, entry: Entry): void {
    const { keyHash } = message.event.alert;
    const rest = (this.#lanes.get(keyHash) ?? []).filter((other) => other !== entry);
    if (rest.length === 0) this.#lanes.delete(keyHash);
    else this.#lanes.set(keyHash, rest);
    this.#finished.set(wayId(message), message.at);
    if (this.#finished.size > maxFinished) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const [id, at] = this.#finished.entries().next().value!;
    this.#finished.delete(id);
    this.#since = Math.max(this.#since, at);
  }

  #add(keyHash: string, turn: Turn & { readonly id: string }, now: number): Entry {
    const lane = this.#lanes.get(keyHash) ?? [];
    const known = lane.find((other) => other.id === turn.id);
    if (known !== undefined) return known;
    const entry = newEntry(turn, now);
    this.#lanes.set(keyHash, [...lane, entry].sort(compareTurns));
    return entry;
  }

  async #lastRecord(filter: string): Promise<DeliveryRecord | undefined> {
    for await (const { body } of this.#options.log.latest(filter)) {
      const record = body as DeliveryRecord;
      if (record.channel === this.#options.channel) return record;
    }
    return undefined;
  }

  async #recordOf(message: OutboxMessage, turn: Turn): Promise<DeliveryRecord | undefined> {
    let found: DeliveryRecord | undefined;
    for await (const { body } of this.#options.log.read(deliverySubject(message))) {
      const record = body as DeliveryRecord;
      if (record.channel === this.#options.channel && compareTurns(record, turn) === 0) found = record;
    }
    return found;
  }
}

function takeOver(entry: Entry, record: DeliveryRecord): void {
  entry.attempts = record.attempts;
  if (isEnded(record)) entry.ending = { record, stored: true };
  if (record.error === undefined) return;
  entry.refusals = 1;
  entry.lastError = record.error;
}

function newEntry(turn: Turn & { readonly id: string }, now: number): Entry {
  return {
    ...turn,
    inHand: false,
    leaving: false,
    recalled: false,
    attempts: 0,
    refusals: 0,
    deliveriesThen: 0,
    dueAt: now,
    backAt: now,
    lastWrite: Promise.resolve(),
  };
}
