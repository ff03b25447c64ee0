import { type DeliveryRecord, type OutboxMessage, outboxId, type Told, toldBy, wayId } from '../model/delivery.js';
import { recordOf } from './delivery-history.js';
import { compareTurns, deliverySubject, isEnded, type Turn } from './delivery-record.js';
import type { EventLog } from './ports.js';

/** What a worker knows of one message that is not finished. Times are on the scheduler's clock. */
export interface Entry extends Turn {
  readonly id: string;
  /** Between being handed out and handed back. */
  inHand: boolean;
  /** In hand, and its turn has come. */
  leaving: boolean;
  /** The fallback has a copy. */
  copied: boolean;
  /** Whether it was handed to us; else we know of it from the log alone. */
  known: boolean;
  /** When the log is to be asked about it; `Infinity` when it has said all that counts. */
  askAt: number;
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

interface Place {
  readonly turn: Turn;
  readonly entry: Entry;
}

export interface BookOptions {
  readonly log: EventLog;
  readonly channel: string;
  /** Wall time: of what was decided before, messages may have been worked on by somebody before us. */
  readonly since: number;
}

/** Finished messages that are remembered, should the broker hand them out again. */
const maxFinished = 10_000;
/** A message that does not come back for so long after it was to be is gone, and delays nobody any more. */
const lostAfterMs = 60_000;
/** What we only know from the log may be ended by somebody else: whoever waits for it asks again. */
const askAgainMs = 1_000;
/** Alerts of one batch that the log is asked about together. */
const atATime = 50;

/** What one channel's worker knows: which messages are under way, which are finished, and whose turn it is. */
export class DeliveryBook {
  readonly #options: BookOptions;
  /** Unfinished messages. */
  readonly #entries = new Map<string, Entry>();
  /** Their places by key, in order. A batch has one among the messages of each of its alerts, and of its group. */
  readonly #lanes = new Map<string, Place[]>();
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
    const entry = this.#entry(wayId(message), toldBy(message)[0]!, now);
    entry.known = true;
    for (const [lane, turn] of turnsOf(message)) this.#place(lane, turn, entry);
    return entry;
  }

  /**
   * Of a message that somebody before us may have worked on: takes over what the log says of it, and of one before it
   * that is still under way.
   */
  async recall(message: OutboxMessage, entry: Entry, now: number): Promise<void> {
    if (now < entry.askAt || entry.refusals > 0 || this.#isOurs(message)) return;
    const [first, ...others] = toldBy(message);
    const last = await this.#recallOne(first!, entry, now);
    for (let i = 0; i < others.length; i += atATime) {
      await Promise.all(others.slice(i, i + atATime).map((one) => this.#recallOne(one, entry, now)));
    }
    const waits = this.ahead(message, entry, now, (other) => !other.known) !== undefined;
    entry.askAt = waits ? now + askAgainMs : Number.POSITIVE_INFINITY;
    if (last === undefined) return;
    const order = compareTurns(last, entry);
    const own = order > 0 ? await recordOf(first!, this.#options) : order === 0 ? last : undefined;
    if (own !== undefined) takeOver(entry, own, message);
  }

  /**
   * Nobody worked on it before us. When it was put into the outbox does not tell: dispatch puts it anew when it does not
   * know that it did, and an outbox that was killed meanwhile does not know either. A fallback may have been told long
   * before.
   */
  #isOurs({ at, event, fallbackOf }: OutboxMessage): boolean {
    return Math.min(at, event.time) > this.#since && fallbackOf === undefined;
  }

  /** The last record of an alert that a message tells; when it is of an earlier message, that one goes first. */
  async #recallOne({ keyHash, ...turn }: Told, entry: Entry, now: number): Promise<DeliveryRecord | undefined> {
    const last = await this.#lastRecord(deliverySubject(keyHash, this.#options.channel));
    if (last !== undefined && isEnded(last)) this.#forgetUnknown(keyHash, last);
    if (last === undefined || compareTurns(last, turn) >= 0 || isEnded(last)) return last;
    const id = wayId({ ...last, id: last.batch ?? outboxId(last.alertId, last.transition, last.channel) });
    // It may have ended here while the log was read.
    if (id !== entry.id && !this.#finished.has(id)) this.#place(keyHash, last, this.#entry(id, last, now));
    return last;
  }

  /**
   * The message that has to end before this one may leave: an earlier one, or one that is being sent; the first of those
   * that count.
   */
  ahead(message: OutboxMessage, entry: Entry, now: number, counts = (_: Entry) => true): Entry | undefined {
    for (const [lane, turn] of turnsOf(message)) {
      const before = this.#lanes.get(lane)?.find((place) => {
        const other = place.entry;
        if (other === entry || !counts(other) || (!other.inHand && now > other.backAt + lostAfterMs)) return false;
        return other.leaving || compareTurns(place.turn, turn) < 0;
      });
      if (before !== undefined) return before.entry;
    }
    return undefined;
  }

  finish(message: OutboxMessage, entry: Entry): void {
    for (const lane of turnsOf(message).keys()) this.#leave(lane, entry);
    this.#entries.delete(entry.id);
    this.#finished.set(wayId(message), message.at);
    if (this.#finished.size > maxFinished) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const [id, at] = this.#finished.entries().next().value!;
    this.#finished.delete(id);
    this.#since = Math.max(this.#since, at);
  }

  #entry(id: string, { alertId, transition }: Turn, now: number): Entry {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const entry = newEntry({ id, alertId, transition }, now);
    this.#entries.set(id, entry);
    return entry;
  }

  #place(lane: string, turn: Turn, entry: Entry): void {
    const places = this.#lanes.get(lane) ?? [];
    const others = places.filter((place) => place.entry !== entry);
    this.#lanes.set(
      lane,
      [...others, { turn, entry }].sort((a, b) => compareTurns(a.turn, b.turn)),
    );
  }

  #leave(lane: string, entry: Entry): void {
    const rest = (this.#lanes.get(lane) ?? []).filter((place) => place.entry !== entry);
    if (rest.length === 0) this.#lanes.delete(lane);
    else this.#lanes.set(lane, rest);
  }

  /** What was not handed to us, up to one that has ended: somebody else ended it. */
  #forgetUnknown(lane: string, upTo: Turn): void {
    for (const { turn, entry } of this.#lanes.get(lane) ?? []) {
      if (entry.known || compareTurns(turn, upTo) > 0) continue;
      this.#leave(lane, entry);
      this.#entries.delete(entry.id);
    }
  }

  async #lastRecord(filter: string): Promise<DeliveryRecord | undefined> {
    for await (const { body } of this.#options.log.latest(filter)) {
      const record = body as DeliveryRecord | null | undefined;
      if (record?.channel === this.#options.channel) return record;
    }
    return undefined;
  }
}

/** The places of a message by lane: among those of each of its alerts, and among those of its group. */
function turnsOf(message: OutboxMessage): ReadonlyMap<string, Turn> {
  const turns = new Map<string, Turn>();
  for (const { keyHash, ...turn } of toldBy(message)) {
    const other = turns.get(keyHash);
    if (other === undefined || compareTurns(other, turn) < 0) turns.set(keyHash, turn);
  }
  if (message.batch === undefined) return turns;
  const { groupHash, order } = message.batch;
  return turns.set(`group ${groupHash}`, { alertId: '', transition: order });
}

/** What is known of this way of the message. One that was sent again, as a dead letter, had ended before. */
function takeOver(entry: Entry, record: DeliveryRecord, { resend }: OutboxMessage): void {
  const waysSince = (record.resend?.count ?? 0) - (resend?.count ?? 0);
  if (waysSince > 0) entry.ending = { record, stored: true };
  if (waysSince !== 0) return;
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
    copied: false,
    known: false,
    askAt: now,
    attempts: 0,
    refusals: 0,
    deliveriesThen: 0,
    dueAt: now,
    backAt: now,
    lastWrite: Promise.resolve(),
  };
}
