import { asyncScheduler } from 'rxjs';
import { vi } from 'vitest';
import type { Channel, Notification, SendContext, SendResult } from '../../src/model/channel.js';
import type { DeliveryRecord, OutboxMessage } from '../../src/model/delivery.js';
import { type Logger, silentLogger } from '../../src/model/logger.js';
import { type Delivery, type DeliveryOptions, startDelivery } from '../../src/streams/delivery.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import type { DeadLetter, Driver, LogEntry } from '../../src/streams/ports.js';
import { openedEvent, outboxMessage } from './notification.js';

export interface Attempt {
  readonly id: string;
  readonly alert: string;
  readonly transition: number;
  readonly at: number;
  readonly context: SendContext;
}

export type Behaviour = (notification: Notification, context: SendContext) => SendResult | Promise<SendResult>;

export const delivered: SendResult = { outcome: 'delivered' };
export const refused: SendResult = { outcome: 'retry', error: 'HTTP 503', countable: true };
export const unreachable: SendResult = { outcome: 'retry', error: 'ECONNREFUSED', countable: false };

/** A channel that does as it is told and remembers what it was asked. Times are those of the (faked) wall clock. */
export class ScriptedChannel implements Channel {
  readonly type = 'scripted';
  readonly name: string;
  readonly attempts: Attempt[] = [];
  readonly delivered: Attempt[] = [];
  readonly timeoutMs?: number;
  available = true;
  inFlight = 0;
  mostInFlight = 0;
  behaviour: Behaviour = () => delivered;

  constructor(name: string) {
    this.name = name;
  }

  isAvailable(): boolean {
    return this.available;
  }

  async send(notification: Notification, context: SendContext): Promise<SendResult> {
    const { id, data } = notification;
    const attempt = { id, alert: data.alert.id, transition: data.transition, at: Date.now(), context };
    this.attempts.push(attempt);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      const result = await this.behaviour(notification, context);
      if (result.outcome === 'delivered') this.delivered.push(attempt);
      return result;
    } finally {
      this.inFlight--;
    }
  }
}

/** Delivery over the in-process driver, in the time of faked timers. */
export class DeliveryWorld {
  readonly driver: Driver = createMemoryDriver({ scheduler: asyncScheduler, wall: Date.now });
  readonly channels = new Map<string, ScriptedChannel>();
  readonly results: DeliveryRecord[] = [];
  readonly #running: Delivery[] = [];
  #alerts = 0;

  constructor(...names: string[]) {
    for (const name of names) this.channels.set(name, new ScriptedChannel(name));
  }

  channel(name = 'hook'): ScriptedChannel {
    return this.channels.get(name)!;
  }

  async start(options: Partial<DeliveryOptions> = {}, logger: Logger = silentLogger): Promise<Delivery> {
    const delivery = await startDelivery({
      outbox: this.driver.outbox,
      log: this.driver.log,
      channels: this.channels,
      clock: { wall: Date.now },
      scheduler: asyncScheduler,
      random: () => 0.999,
      config: { maxRetries: 3, backoff: { initialMs: 1_000, maxMs: 30_000 }, timeoutMs: 10_000, maxAgeMs: 86_400_000 },
      logger,
      onResult: (record) => this.results.push(record),
      ...options,
    });
    this.#running.push(delivery);
    return delivery;
  }

  /** Puts transition `n` of an alert (a new one unless given) into the outbox of a channel. */
  async put(channel = 'hook', alert = this.newAlert(), n = 1): Promise<OutboxMessage> {
    const event = openedEvent({ id: alert, keyHash: alert.slice(10), n });
    const message = outboxMessage(event, channel, Date.now());
    await this.driver.outbox.put(message);
    return message;
  }

  newAlert(): string {
    return `000000001-${String(++this.#alerts).padStart(16, '0')}`;
  }

  async records(message: OutboxMessage): Promise<DeliveryRecord[]> {
    const { id, n } = message.event.alert;
    const all = await collect(this.driver.log.read('delivery.>'));
    return all
      .map((entry: LogEntry) => entry.body as DeliveryRecord)
      .filter((r) => r.alertId === id && r.transition === n && r.channel === message.channel);
  }

  dead(): Promise<DeadLetter[]> {
    return collect(this.driver.outbox.dead());
  }

  async close(): Promise<void> {
    for (const delivery of this.#running) await delivery.stop();
    await this.driver.close();
  }
}

/** Lets the faked time pass, with everything that waits for it. */
export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
