import { type DeliveryRecord, type OutboxMessage, outboxMessages } from '../model/delivery.js';
import type { StoredEvent } from '../model/event.js';
import type { Logger } from '../model/logger.js';
import { deliveryRecord, deliveryWrites } from './delivery-record.js';
import { asEvent } from './log-entry.js';
import type { Clock, Consumer, EventLog, LogEntry, Outbox } from './ports.js';

export interface DispatchDeps {
  readonly log: EventLog;
  readonly outbox: Outbox;
  /** The channels that somebody works for. */
  readonly channels: { has(name: string): boolean };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for each message that nobody can send, when that is written. */
  readonly onResult?: (record: DeliveryRecord, message: OutboxMessage) => void;
}

const maxInFlight = 256;
/** The log's own times are whole milliseconds: what was stored a moment ago was stored now. */
const momentMs = 1_000;

/**
 * Carries each stored transition into the outbox, at least once and in order per alert. What must be sent is in the
 * event; putting it twice does no harm. Rejects with `log_unavailable`.
 */
export function startDispatch(deps: DispatchDeps): Promise<Consumer> {
  const order = new KeyOrder();
  return deps.log.consume('dispatch', 'alert.>', { maxInFlight }, (entry) => {
    const event = storedEvent(entry, deps);
    if (event?.notify === undefined || event.notify.length === 0) return Promise.resolve();
    return order.run(event.alert.keyHash, entry.seq, () => dispatch(event, deps));
  });
}

/** Runs the tasks of a key one after the other; after one that failed, none until that one comes again. */
class KeyOrder {
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #failed = new Map<string, number>();

  async run(key: string, seq: number, task: () => Promise<void>): Promise<void> {
    const turn = (this.#tails.get(key) ?? Promise.resolve()).then(() => this.#attempt(key, seq, task));
    const tail = turn.catch(() => {});
    this.#tails.set(key, tail);
    await tail;
    if (this.#tails.get(key) === tail) this.#tails.delete(key);
    return turn;
  }

  async #attempt(key: string, seq: number, task: () => Promise<void>): Promise<void> {
    const failed = this.#failed.get(key) ?? seq;
    if (failed < seq) throw new Error('an earlier transition of the alert is not dispatched yet');
    this.#failed.set(key, seq);
    await task();
    this.#failed.delete(key);
  }
}

async function dispatch(event: StoredEvent, deps: DispatchDeps): Promise<void> {
  const messages = outboxMessages(event, deps.clock.wall());
  await Promise.all(messages.map((m) => (deps.channels.has(m.channel) ? deps.outbox.put(m) : noChannel(m, deps))));
}

async function noChannel(message: OutboxMessage, { log, clock, logger, onResult }: DispatchDeps): Promise<void> {
  logger.error({ channel: message.channel, notification: message.id }, 'no channel of that name: not notified');
  const body = deliveryRecord(message, 'failed', { attempts: 0, at: clock.wall(), error: 'no_channel' });
  for (const [i, write] of deliveryWrites(message, body).entries()) {
    await log.append({ ...write, messageId: `${message.id}.${i}.no_channel` });
  }
  onResult?.(body, message);
}

/** The event with the time at which it was stored; nothing when somebody else wrote into the log what is none. */
function storedEvent(entry: LogEntry, { clock, logger }: DispatchDeps): StoredEvent | undefined {
  const event = asEvent(entry.body);
  if (event === undefined) {
    logger.warn({ subject: entry.subject }, 'a message in the event log is no transition');
    return undefined;
  }
  const now = clock.wall();
  const stored = event.marks?.stored ?? (now - entry.time < momentMs ? now : entry.time);
  return { ...event, marks: { ...event.marks, stored } };
}
