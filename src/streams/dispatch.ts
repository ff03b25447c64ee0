import { randomUUID } from 'node:crypto';
import type { SchedulerLike } from 'rxjs';
import { type DeliveryRecord, type OutboxMessage, outboxMessages, toldBy } from '../model/delivery.js';
import type { StoredEvent } from '../model/event.js';
import type { Logger } from '../model/logger.js';
import { recordOf } from './delivery-history.js';
import { deliveryRecord, deliveryWrites } from './delivery-record.js';
import { Grouping, type GroupingOptions } from './grouping.js';
import type { Retired } from './janitor.js';
import type { Clock, Consumer, EventLog, Outbox } from './ports.js';
import { storedEvent } from './stored-event.js';

export interface DispatchDeps {
  readonly log: EventLog;
  readonly outbox: Outbox;
  /** The channels that somebody works for. */
  readonly channels: { has(name: string): boolean };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for each message that nobody can send, when that is written. */
  readonly onResult?: (record: DeliveryRecord, message: OutboxMessage) => void;
  readonly scheduler: SchedulerLike;
  /** Absent: every notification is told alone. */
  readonly group?: GroupingOptions | undefined;
  /** Names of the channels that can be told several alerts at once. */
  readonly groupChannels?: () => readonly string[];
  /** Hears of what is no longer needed in the log. */
  readonly onRetired?: (retired: Retired) => void;
}

export interface Dispatch extends Consumer {
  /** Groups by these options from here on, or not at all, and for the channels that there are now. */
  configure(group: GroupingOptions | undefined): Promise<void>;
}

const maxInFlight = 256;

/**
 * Carries each stored transition into the outbox, at least once and in order per alert, alone or with others of its
 * group. What must be sent is in the event; putting it twice does no harm. Rejects with `log_unavailable`.
 */
export async function startDispatch(deps: DispatchDeps): Promise<Dispatch> {
  const grouping = startGrouping(deps);
  await grouping.start(deps.group);
  const order = new KeyOrder();
  const consumer = await deps.log.consume('dispatch', 'alert.>', { maxInFlight }, (entry) => {
    const event = storedEvent(entry, deps);
    if (event?.notify === undefined || event.notify.length === 0) return Promise.resolve();
    return order.run(event.alert.keyHash, entry.seq, async () => {
      const notify = await grouping.alone(entry.seq, event.notify ?? []);
      await dispatch({ ...event, notify }, deps);
    });
  });
  return {
    configure: (options) => grouping.configure(options),
    async stop() {
      await consumer.stop();
      await grouping.stop();
    },
  };
}

function startGrouping(deps: DispatchDeps): Grouping {
  const { log, clock, logger, scheduler, groupChannels = () => [], onRetired = () => undefined } = deps;
  const deliver = (message: OutboxMessage) => send(message, deps);
  return new Grouping({
    log,
    clock,
    logger,
    scheduler,
    deliver,
    onRetired,
    channels: groupChannels,
    nonce: randomUUID(),
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
  await Promise.all(messages.map((message) => send(message, deps)));
}

function send(message: OutboxMessage, deps: DispatchDeps): Promise<void> {
  return deps.channels.has(message.channel) ? deps.outbox.put(message) : noChannel(message, deps);
}

/** What the log knows of already is told anew by a dispatch that lost its place: it stays as it is. */
async function noChannel(message: OutboxMessage, { log, clock, logger, onResult }: DispatchDeps): Promise<void> {
  if ((await recordOf(toldBy(message)[0]!, { log, channel: message.channel })) !== undefined) return;
  logger.error({ channel: message.channel, notification: message.id }, 'no channel of that name: not notified');
  const body = deliveryRecord(message, 'failed', { attempts: 0, at: clock.wall(), error: 'no_channel' });
  for (const [i, write] of deliveryWrites(message, body).entries()) {
    await log.append({ ...write, messageId: `${message.id}.${i}.no_channel` });
  }
  onResult?.(body, message);
}
