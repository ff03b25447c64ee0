import { takeWhile } from 'rxjs';
import { eventsOf, type OutboxMessage } from '../../src/model/delivery.js';
import type { AlertEventType, StoredEvent } from '../../src/model/event.js';
import { silentLogger } from '../../src/model/logger.js';
import { type Dispatch, startDispatch } from '../../src/streams/dispatch.js';
import type { GroupingOptions } from '../../src/streams/grouping.js';
import type { Retired } from '../../src/streams/janitor.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import type { Driver, EventLog, Outbox } from '../../src/streams/ports.js';
import { openedEvent } from './notification.js';
import { VirtualClock } from './virtual-clock.js';

export const byCategory: GroupingOptions = { by: ['category'], waitMs: 30_000, intervalMs: 300_000, max: 50 };

/** One run of a process: after so many writes it is dead, and what it does has no effect and no answer. */
class Life {
  alive = true;
  /** Rejects when it dies. */
  readonly death: Promise<never>;
  #die: () => void = () => {};
  readonly #writes: number;
  /** Whether the last write still reaches the other side. */
  readonly #lastArrives: boolean;
  #done = 0;

  constructor(writes: number, lastArrives: boolean) {
    this.#writes = writes;
    this.#lastArrives = lastArrives;
    this.death = new Promise((_, reject) => {
      this.#die = () => reject(new Error('dead'));
    });
    this.death.catch(() => {});
  }

  kill(): void {
    this.alive = false;
    this.#die();
  }

  write<T>(work: () => Promise<T>): Promise<T> {
    if (!this.alive) return new Promise(() => {});
    if (this.#done++ < this.#writes) return work();
    this.kill();
    if (this.#lastArrives) void work().catch(() => {});
    return new Promise(() => {});
  }
}

/** Dispatch over the in-process driver in virtual time; it can be killed, and started again on the same log. */
export class GroupingWorld {
  readonly clock = new VirtualClock();
  readonly driver: Driver = createMemoryDriver({ scheduler: this.clock.scheduler, wall: () => this.clock.wall() });
  /** What reached the outbox, in order, repetitions included. */
  readonly put: OutboxMessage[] = [];
  readonly retired: Retired[] = [];
  groupChannels: readonly string[] = ['hook', 'mail'];
  /** While set, the outbox refuses. */
  refuses = false;
  readonly #numbers = new Map<string, number>();
  #appended = 0;
  #life: { readonly life: Life; readonly dispatch: Dispatch | undefined } | undefined;

  async start(
    group: GroupingOptions | 'off' = byCategory,
    { writes = Number.POSITIVE_INFINITY, lastArrives = true } = {},
  ): Promise<Dispatch | undefined> {
    const life = new Life(writes, lastArrives);
    const starting = startDispatch({
      log: this.#logOf(life),
      outbox: this.#outboxOf(life),
      channels: new Set(['hook', 'mail', 'pager']),
      clock: this.clock,
      scheduler: this.clock.scheduler,
      logger: silentLogger,
      group: group === 'off' ? undefined : group,
      groupChannels: () => this.groupChannels,
      onRetired: (retired) => this.retired.push(retired),
    });
    this.#life = { life, dispatch: undefined };
    // It may die while it starts.
    void starting.then((dispatch) => {
      this.#life = { life, dispatch };
    });
    await this.settle();
    return this.#life.dispatch;
  }

  get isAlive(): boolean {
    return this.#life?.life.alive ?? false;
  }

  kill(): void {
    this.#life?.life.kill();
  }

  async stop(): Promise<void> {
    const { life, dispatch } = this.#life!;
    const stopped = dispatch?.stop();
    await this.settle();
    await Promise.race([stopped, life.death.catch(() => {})]);
  }

  /** Stores the next transition of an alert, and lets it be seen. */
  async store(
    alert: string,
    {
      type = 'opened',
      reason = 'raised',
      notify = ['hook'],
      ...fields
    }: Partial<StoredEvent['alert']> & {
      type?: AlertEventType;
      reason?: string;
      notify?: readonly string[];
    } = {},
  ): Promise<number> {
    const n = (this.#numbers.get(alert) ?? 0) + 1;
    this.#numbers.set(alert, n);
    const keyHash = alert.padEnd(16, '0');
    const opened = openedEvent({ id: `000000001-${keyHash}`, keyHash, n, title: alert, category: 'risk', ...fields });
    const event: StoredEvent = { ...opened, type, reason, notify, time: this.clock.wall() };
    const messageId = `stored-${++this.#appended}`;
    const seq = await this.driver.log.append({ subject: `alert._.${keyHash}`, body: event, messageId });
    await this.settle();
    return seq;
  }

  /** Time passes in steps, so that what one moment causes is done before the next begins. */
  async pass(ms: number, stepMs = ms): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(left, stepMs));
      await this.settle();
    }
  }

  /** `reason channel: title n, …` of each message. */
  get story(): string[] {
    return this.put.map((message) => {
      const told = eventsOf(message).map(({ alert }) => `${alert.title} ${alert.n}`);
      const more = message.batch?.untold.length ?? 0;
      return `${message.batch?.reason ?? 'alone'} ${message.channel}: ${told.join(', ')}${more > 0 ? ` +${more}` : ''}`;
    });
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 6; i++) {
      this.clock.advance(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #outboxOf(life: Life): Outbox {
    const put = async (message: OutboxMessage) => {
      if (this.refuses) throw new Error('refused');
      await this.driver.outbox.put(message);
      this.put.push(message);
    };
    return { ...this.driver.outbox, put: (message) => life.write(() => put(message)) } as Outbox;
  }

  #logOf(life: Life): EventLog {
    const { log } = this.driver;
    return {
      epoch: log.epoch,
      append: (entry) => life.write(() => log.append(entry)),
      purge: (subject, upToSeq) => life.write(() => log.purge(subject, upToSeq)),
      latest: (filter) => log.latest(filter),
      read: (filter, options) => log.read(filter, options),
      head: () => log.head(),
      follow: (filter, options) => log.follow(filter, options).pipe(takeWhile(() => life.alive)),
      async consume(name, filter, options, handler) {
        // What the dead had in hand comes again, to another one.
        const handle: typeof handler = (entry) => Promise.race([handler(entry), life.death]);
        const consumer = await log.consume(name, filter, options, handle);
        life.death.catch(() => void consumer.stop());
        return consumer;
      },
    };
  }
}

/** Every notification that a message tells or counts, as `alert transition channel`. */
export function notificationsOf(message: OutboxMessage): string[] {
  const all = [
    ...eventsOf(message).map(({ alert }) => `${alert.id} ${alert.n}`),
    ...(message.batch?.untold ?? []).map(({ alertId, transition }) => `${alertId} ${transition}`),
  ];
  return all.map((one) => `${one} ${message.channel}`);
}
