import { setMaxListeners } from 'node:events';
import type { Channel, SendResult } from '../model/channel.js';
import type { DeliveryRecord, OutboxMessage } from '../model/delivery.js';
import { groupNotificationOf, notificationOf } from '../model/notification.js';
import { jittered } from './backoff.js';
import { Circuit } from './circuit.js';
import { DeliveryBook, type Entry } from './delivery-book.js';
import type { DeliveryDeps } from './delivery-deps.js';
import { DeliveryGate, type Pass } from './delivery-gate.js';
import { DeliveryJournal } from './delivery-journal.js';
import { deliveryRecord } from './delivery-record.js';
import type { OutboxVerdict } from './ports.js';
import { sendOnce } from './send-attempt.js';

export interface WorkerOptions {
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly holdMs: number;
}

type Fields = Pick<DeliveryRecord, 'error' | 'ms' | 'providerId'>;

/** Everything is to be delivered within five seconds of the return: half of it is for finding out. */
const maxProbeMs = 2_500;
/** For a message whose turn comes in no time. */
const soonMs = 100;
const unstoredMs = 1_000;

/** Sends the messages of one channel. */
export class DeliveryWorker {
  readonly #channel: Channel;
  readonly #deps: DeliveryDeps;
  readonly #options: WorkerOptions;
  readonly #circuit: Circuit;
  readonly #gate: DeliveryGate;
  readonly #book: DeliveryBook;
  readonly #journal: DeliveryJournal;
  readonly #stop = new AbortController();
  #deliveries = 0;

  constructor(channel: Channel, deps: DeliveryDeps, options: WorkerOptions) {
    const { config, random, scheduler, log, clock, nonce } = deps;
    this.#channel = channel;
    this.#deps = deps;
    this.#options = options;
    this.#circuit = new Circuit({ backoff: config.backoff, maxProbeMs, random });
    this.#gate = new DeliveryGate(this.#circuit, { ...options, scheduler });
    // Every attempt on its way listens to it.
    setMaxListeners(0, this.#stop.signal);
    this.#book = new DeliveryBook({ log, channel: channel.name, since: clock.wall() });
    this.#journal = new DeliveryJournal(log, nonce);
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

  async #work(message: OutboxMessage, entry: Entry): Promise<OutboxVerdict> {
    await this.#book.recall(message, entry, this.#now());
    if (entry.ending !== undefined) return this.#settle(message, entry);
    if (!this.#channel.isAvailable()) return this.#end(message, entry, 'failed', { error: 'no_channel' });
    if (this.#deps.clock.wall() - message.at > this.#deps.config.maxAgeMs) return this.#endByAge(message, entry);
    const waitMs = this.#waitMs(message, entry);
    if (waitMs > 0) return this.#again(entry, waitMs);
    entry.leaving = true;
    const pass = await this.#gate.enter(message.id, message.at);
    return pass === undefined ? this.#again(entry, this.#circuitMs()) : this.#send(message, entry, pass);
  }

  /** How long until it is this message's turn: it may be in back-off, or behind another one of its alert. */
  #waitMs(message: OutboxMessage, entry: Entry): number {
    const now = this.#now();
    const ahead = this.#book.ahead(message, entry, now);
    if (ahead !== undefined) return Math.max(ahead.backAt - now, this.#circuitMs()) + soonMs;
    return this.#circuit.isOpen ? 0 : entry.dueAt - now;
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
    const { scheduler } = this.#deps;
    const { timeoutMs } = this.#options;
    const result = await sendOnce(this.#channel, notification, context, {
      timeoutMs,
      scheduler,
      stop: this.#stop.signal,
    });
    const ms = this.#now() - startedAt;
    const verdict = this.#judge(message, entry, pass, result, ms);
    this.#gate.leave();
    return verdict;
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
    entry.deliveriesThen = this.#deliveries;
    const { config, random } = this.#deps;
    if (entry.attempts > config.maxRetries) return this.#end(message, entry, 'dead', { error, ms });
    this.#note(message, entry, 'pending', { error, ms });
    const pauseMs = retryAfterMs ?? jittered(config.backoff, entry.attempts, random);
    entry.dueAt = this.#now() + pauseMs;
    // A little after the probe is due: those that were not tried yet come first.
    return Promise.resolve(this.#again(entry, this.#circuit.isOpen ? this.#circuitMs() + soonMs : pauseMs));
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
    this.#deps.onResult(record, message);
    return this.#settle(message, entry);
  }

  /** Done once it is written how the message ended; until then it stays in the outbox, and is not sent again. */
  async #settle(message: OutboxMessage, entry: Entry): Promise<OutboxVerdict> {
    const { record, stored } = entry.ending!;
    try {
      if (!stored && record.status !== 'delivered') await this.#bury(message, record);
      if (!stored) await this.#journal.write(message, entry, record);
    } catch (error) {
      this.#deps.logger.warn({ channel: record.channel, err: error }, 'a delivery cannot be recorded, trying again');
      return this.#again(entry, unstoredMs);
    }
    this.#book.finish(message, entry);
    return { done: true };
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

  #again(entry: Entry, delayMs: number): OutboxVerdict {
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
    const waitMs = this.#circuit.waitMs(this.#now());
    return Number.isFinite(waitMs) ? waitMs : soonMs;
  }

  #now(): number {
    return this.#deps.scheduler.now();
  }
}
