import { setMaxListeners } from 'node:events';
import { type Channel, defaultFallbackAfterMs, type Notification, type SendResult } from '../model/channel.js';
import type { DeliveryRecord, OutboxMessage } from '../model/delivery.js';
import { groupNotificationOf, notificationOf } from '../model/notification.js';
import { jittered } from './backoff.js';
import type { ChannelTally } from './channel-tally.js';
import { Circuit } from './circuit.js';
import { DeliveryBook, type Entry } from './delivery-book.js';
import type { DeliveryDeps } from './delivery-deps.js';
import { DeliveryGate, type Pass } from './delivery-gate.js';
import { DeliveryJournal } from './delivery-journal.js';
import { deliveryRecord } from './delivery-record.js';
import { Fallback } from './fallback.js';
import { unavailableReason } from './no-channel.js';
import { Pace } from './pace.js';
import type { OutboxVerdict } from './ports.js';
import { sendOnce } from './send-attempt.js';
import { Turns } from './turns.js';

export interface WorkerOptions {
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly holdMs: number;
  readonly tally: ChannelTally;
  /** Wall times at which the channel was sent something that still counts to its rate. */
  readonly sentBefore: readonly number[];
}

type Fields = Pick<DeliveryRecord, 'error' | 'ms' | 'providerId'>;

/** Everything is to be delivered within five seconds of the return: half of it is for finding out. */
const maxProbeMs = 2_500;
/** For a message whose turn comes in no time. */
const soonMs = 100;
const unstoredMs = 1_000;
/** A message whose turn comes later than this waits in the outbox, where it takes no place. */
const leadMs = 1_000;
/** Nothing is out of sight for longer, unless so many wait that this would be too much coming and going. */
const longestMs = 60_000;

/** Sends the messages of one channel. */
export class DeliveryWorker {
  readonly #channel: Channel;
  readonly #deps: DeliveryDeps;
  readonly #options: WorkerOptions;
  readonly #circuit: Circuit;
  readonly #pace: Pace | undefined;
  readonly #gate: DeliveryGate;
  readonly #turns = new Turns();
  readonly #book: DeliveryBook;
  readonly #journal: DeliveryJournal;
  readonly #fallback: Fallback | undefined;
  readonly #stop = new AbortController();
  #deliveries = 0;

  constructor(channel: Channel, deps: DeliveryDeps, options: WorkerOptions) {
    const { config, random, scheduler, log, clock, nonce } = deps;
    this.#channel = channel;
    this.#deps = deps;
    this.#options = options;
    this.#circuit = new Circuit({ backoff: config.backoff, maxProbeMs, random });
    this.#pace = paceOf(channel, options, scheduler.now() - clock.wall());
    this.#gate = new DeliveryGate(this.#circuit, { ...options, scheduler, pace: this.#pace });
    // Every attempt on its way listens to it.
    setMaxListeners(0, this.#stop.signal);
    this.#book = new DeliveryBook({ log, channel: channel.name, since: clock.wall() });
    this.#journal = new DeliveryJournal(log, nonce);
    const { name, fallback } = channel;
    this.#fallback = fallback === undefined ? undefined : new Fallback(name, fallback, deps);
  }

  /** What to do with a message that the outbox hands out: the verdict comes when it is sent or has to wait. */
  async handle(message: OutboxMessage): Promise<OutboxVerdict> {
    if (this.#book.isFinished(message)) return { done: true };
    const entry = this.#book.enter(message, this.#now());
    // Handed out twice: the first one will end it.
    if (entry.inHand) return { done: false, delayMs: unstoredMs };
    entry.inHand = true;
    try {
      return await this.#work(message, entry);
    } finally {
      entry.inHand = false;
      entry.leaving = false;
    }
  }

  /** Hands back what waits; what is being sent goes on. */
  close(): void {
    this.#gate.close();
  }

  /** Gives up what is being sent. */
  abort(): void {
    this.#stop.abort();
  }

  /** Wall time since when the channel does not take notifications; `undefined` while it does. */
  get downSince(): number | undefined {
    const { openSince } = this.#circuit;
    return openSince === undefined ? undefined : Math.round(this.#deps.clock.wall() - (this.#now() - openSince));
  }

  /** Sends something that is no alert, at once. `undefined`: its rate does not allow it now. */
  async test(notification: Notification): Promise<{ readonly result: SendResult; readonly ms: number } | undefined> {
    if (!this.#gate.enterNow()) return undefined;
    const startedAt = this.#now();
    const result = await this.#sendOnce(notification, { attempt: 1 });
    this.#gate.leave();
    return { result, ms: this.#now() - startedAt };
  }

  async #work(message: OutboxMessage, entry: Entry): Promise<OutboxVerdict> {
    await this.#book.recall(message, entry, this.#now());
    if (entry.ending !== undefined) return this.#settle(message, entry);
    if (!this.#channel.isAvailable())
      return this.#end(message, entry, 'failed', { error: unavailableReason(this.#channel) });
    if (this.#deps.clock.wall() - message.at > this.#deps.config.maxAgeMs) return this.#endByAge(message, entry);
    await this.#copyOverdue(message, entry);
    // Nothing may come between this and the mark that it leaves.
    const waitMs = this.#waitMs(message, entry);
    if (waitMs > 0) return this.#again(message, entry, waitMs);
    entry.leaving = true;
    const pass = await this.#gate.enter(message.id, message.at, this.#holdMs(message, entry));
    return pass === undefined ? this.#again(message, entry, this.#gateMs()) : this.#send(message, entry, pass);
  }

  /**
   * How long until it is this message's turn: it may be in back-off, behind another one of its alert, or behind more
   * than the rate allows.
   */
  #waitMs(message: OutboxMessage, entry: Entry): number {
    const now = this.#now();
    const before = this.#turns.ahead(entry.id);
    const ahead = this.#book.ahead(message, entry, now);
    if (ahead !== undefined) return Math.max(ahead.backAt - now, this.#circuitMs()) + soonMs;
    const turnMs = (this.#pace?.turnMs(before, now) ?? 0) - leadMs;
    if (this.#circuit.isOpen) return Math.max(turnMs, this.#sweepMs(entry));
    return Math.max(turnMs, entry.dueAt - now);
  }

  /** What the fallback was told of makes room for what it is to be told of, and comes back once for all of that. */
  #sweepMs(entry: Entry): number {
    const crowded = entry.copied && this.#gate.held >= this.#options.concurrency;
    return crowded ? Math.max(maxProbeMs, this.#turns.size) : 0;
  }

  /**
   * Once it has waited for too long on a channel that is down, the fallback is told, after it was told what comes before
   * it. The message stays.
   */
  async #copyOverdue(message: OutboxMessage, entry: Entry): Promise<void> {
    if (this.#fallback === undefined || entry.copied || this.#overdueMs(message) > 0) return;
    if (this.#book.ahead(message, entry, this.#now(), (other) => !other.copied) !== undefined) return;
    try {
      await this.#fallback.copy(message);
      entry.copied = true;
    } catch (err) {
      this.#deps.logger.warn({ channel: this.#channel.name, err }, 'a fallback cannot be told, trying again');
    }
  }

  /** A message that waits for longer is handed back, so that the broker does not think it lost. */
  #holdMs(message: OutboxMessage, entry: Entry): number {
    const { holdMs } = this.#options;
    if (this.#fallback === undefined || entry.copied) return holdMs;
    return Math.min(holdMs, Math.max(soonMs, this.#overdueMs(message)));
  }

  /** How long until the fallback is to be told; `Infinity` while the channel works. */
  #overdueMs({ at }: OutboxMessage): number {
    const { openSince } = this.#circuit;
    if (openSince === undefined) return Number.POSITIVE_INFINITY;
    const waitedMs = Math.min(this.#now() - openSince, this.#deps.clock.wall() - at);
    return (this.#channel.fallbackAfterMs ?? defaultFallbackAfterMs) - waitedMs;
  }

  async #send(message: OutboxMessage, entry: Entry, pass: Pass): Promise<OutboxVerdict> {
    try {
      return await this.#attempt(message, entry, pass);
    } catch (error) {
      // What cannot even be tried must not keep its place among those that are sent.
      this.#gate.leave();
      throw error;
    }
  }

  async #attempt(message: OutboxMessage, entry: Entry, pass: Pass): Promise<OutboxVerdict> {
    const startedAt = this.#now();
    const sent = this.#deps.clock.wall();
    this.#note(message, entry, 'sending', {});
    const context = { attempt: entry.refusals + 1, marks: { ...message.event.marks, sent } };
    const { batch } = message;
    const { deliveries } = this.#deps;
    const notification = batch ? groupNotificationOf(message, batch, deliveries) : notificationOf(message, deliveries);
    const override = message.event.alert.overrides?.[this.#channel.name];
    const result = await this.#sendOnce(notification, override === undefined ? context : { ...context, override });
    const ms = this.#now() - startedAt;
    const verdict = this.#judge(message, entry, pass, result, ms);
    this.#gate.leave();
    return verdict;
  }

  #sendOnce(
    notification: Parameters<typeof sendOnce>[1],
    context: Parameters<typeof sendOnce>[2],
  ): Promise<SendResult> {
    const { scheduler } = this.#deps;
    const timeoutMs = Math.min(context.override?.timeoutMs ?? Number.POSITIVE_INFINITY, this.#options.timeoutMs);
    return sendOnce(this.#channel, notification, context, { timeoutMs, scheduler, stop: this.#stop.signal });
  }

  #judge(message: OutboxMessage, entry: Entry, pass: Pass, result: SendResult, ms: number): Promise<OutboxVerdict> {
    switch (result.outcome) {
      case 'delivered': {
        this.#deliveries++;
        this.#closeCircuit(pass);
        entry.attempts++;
        const { providerId } = result;
        return this.#end(message, entry, 'delivered', { ms, ...(providerId === undefined ? {} : { providerId }) });
      }
      case 'permanent':
        this.#circuit.inconclusive(this.#now(), pass.probe);
        entry.attempts++;
        return this.#end(message, entry, 'dead', { error: result.error, ms });
      case 'retry':
        return this.#refused(message, entry, pass, result, ms);
    }
  }

  #refused(
    message: OutboxMessage,
    entry: Entry,
    pass: Pass,
    result: Extract<SendResult, { outcome: 'retry' }>,
    ms: number,
  ): Promise<OutboxVerdict> {
    const { error, retryAfterMs } = result;
    if (this.#counts(entry, pass, result.countable)) entry.attempts++;
    this.#openCircuit(message.id, pass, result);
    entry.refusals++;
    entry.lastError = error;
    this.#options.tally.refused(error);
    entry.deliveriesThen = this.#deliveries;
    const { config, random } = this.#deps;
    if (entry.attempts > config.maxRetries) return this.#end(message, entry, 'dead', { error, ms });
    this.#note(message, entry, 'pending', { error, ms });
    const pauseMs = retryAfterMs ?? jittered(config.backoff, entry.attempts, random);
    entry.dueAt = this.#now() + pauseMs;
    // A little after the probe is due: those that were not tried yet come first.
    return Promise.resolve(this.#again(message, entry, this.#circuit.isOpen ? this.#circuitMs() + soonMs : pauseMs));
  }

  /**
   * A refusal says something of the message, rather than of the channel, when the channel delivered others since this
   * one was last refused, or seemed well.
   */
  #counts(entry: Entry, pass: Pass, countable: boolean): boolean {
    if (!countable || entry.refusals === 0) return false;
    return !pass.probe || this.#deliveries > entry.deliveriesThen;
  }

  #endByAge(message: OutboxMessage, entry: Entry): Promise<OutboxVerdict> {
    const last = entry.lastError === undefined ? '' : `; last: ${entry.lastError}`;
    return this.#end(message, entry, 'dead', { error: `not delivered within ${this.#deps.config.maxAgeMs} ms${last}` });
  }

  #end(message: OutboxMessage, entry: Entry, status: DeliveryRecord['status'], fields: Fields): Promise<OutboxVerdict> {
    const at = this.#deps.clock.wall();
    const record = deliveryRecord(message, status, { attempts: entry.attempts, at, ...fields });
    entry.ending = { record, stored: false };
    this.#turns.gone(entry.id);
    this.#options.tally.ended(record);
    this.#deps.onResult(record, message);
    return this.#settle(message, entry);
  }

  /** Done once it is written how the message ended; until then it stays in the outbox, and is not sent again. */
  async #settle(message: OutboxMessage, entry: Entry): Promise<OutboxVerdict> {
    const { record, stored } = entry.ending!;
    try {
      if (!stored) await this.#makeKnown(message, record);
      if (!stored) await this.#journal.write(message, entry, record);
    } catch (error) {
      this.#deps.logger.warn({ channel: record.channel, err: error }, 'a delivery cannot be recorded, trying again');
      return this.#again(message, entry, unstoredMs);
    }
    this.#turns.gone(entry.id);
    this.#book.finish(message, entry);
    return { done: true };
  }

  /** What is given up is kept, and told to the fallback. */
  async #makeKnown(message: OutboxMessage, record: DeliveryRecord): Promise<void> {
    const givenUp = record.status !== 'delivered';
    if (givenUp) await this.#bury(message, record);
    if (givenUp || this.#fallback?.owes(message)) await this.#fallback?.copy(message);
  }

  #bury(message: OutboxMessage, { channel, error = '', at, attempts }: DeliveryRecord): Promise<void> {
    this.#deps.logger.error({ channel, notification: message.id, attempts, error }, 'a notification was given up');
    return this.#deps.outbox.bury({ message, error, at });
  }

  /** Tells how far it is. Not waited for: how it ends is written too, after this, and that is. */
  #note(message: OutboxMessage, entry: Entry, status: DeliveryRecord['status'], fields: Fields): void {
    const at = this.#deps.clock.wall();
    const record = deliveryRecord(message, status, { attempts: entry.attempts, at, ...fields });
    this.#journal.write(message, entry, record).catch(() => {});
  }

  /** Back after this time, or earlier when it gets too old or the fallback is to be told. */
  #again(message: OutboxMessage, entry: Entry, waitMs: number): OutboxVerdict {
    const leftMs = message.at + this.#deps.config.maxAgeMs - this.#deps.clock.wall() + 1;
    const overdueMs = entry.copied || this.#fallback === undefined ? leftMs : this.#overdueMs(message);
    const mostMs = Math.min(leftMs, overdueMs, Math.max(longestMs, this.#turns.size));
    const delayMs = Math.min(waitMs, Math.max(soonMs, mostMs));
    entry.backAt = this.#now() + delayMs;
    return { done: false, delayMs };
  }

  #closeCircuit(pass: Pass): void {
    const wasOpen = this.#circuit.isOpen;
    this.#circuit.delivered(this.#now(), pass.probe);
    if (wasOpen && !this.#circuit.isOpen) this.#deps.logger.info({ channel: this.#channel.name }, 'a channel is back');
  }

  #openCircuit(id: string, pass: Pass, { error, retryAfterMs }: Extract<SendResult, { outcome: 'retry' }>): void {
    const wasOpen = this.#circuit.isOpen;
    this.#circuit.refused(id, this.#now(), pass.probe, retryAfterMs);
    if (wasOpen) return;
    this.#deps.logger.warn({ channel: this.#channel.name, error }, 'a channel does not take notifications; probing it');
  }

  #circuitMs(): number {
    return finite(this.#circuit.waitMs(this.#now()));
  }

  #gateMs(): number {
    return finite(this.#gate.waitMs(this.#now()));
  }

  #now(): number {
    return this.#deps.scheduler.now();
  }
}

function finite(waitMs: number): number {
  return Number.isFinite(waitMs) ? waitMs : soonMs;
}

function paceOf({ rate }: Channel, { sentBefore }: WorkerOptions, wallToScheduler: number): Pace | undefined {
  if (rate === undefined) return undefined;
  const pace = new Pace(rate);
  pace.restore(sentBefore.map((at) => at + wallToScheduler));
  return pace;
}
