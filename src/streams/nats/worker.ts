import { AckPolicy, type ConsumerConfig, DeliverPolicy, NatsError, nanos, ReplayPolicy, type Subscription } from 'nats';
import { createGate } from '../driver/gate.js';
import { backoffMs, pause } from '../driver/pause.js';
import type { Consumer } from '../ports.js';
import { acknowledge, type Delivery, discard, handBack } from './delivery.js';
import { ackWaitMs, InHand } from './in-hand.js';
import { Puller } from './puller.js';
import type { Store } from './store.js';
import { hasStranded } from './stranded.js';
import { attend, succeed } from './succession.js';

/** What becomes of a message: done, given again after a delay, or taken out because nobody can use it. */
export type Outcome = 'done' | 'unusable' | { readonly againInMs: number };

export interface WorkerOptions {
  readonly stream: string;
  readonly durable: string;
  readonly filter: string;
  /** Whether the stream forgets what is done. */
  readonly isQueue: boolean;
  /** How long `handle` may take; then the message counts as lost and is handed out again. */
  readonly limitMs: number;
  /** Messages that may be in hand or handed back with a delay, together. */
  readonly maxOpen: number;
  /** Messages that `handle` has in hand. */
  readonly maxInFlight: number;
  readonly handle: (delivery: Delivery) => Promise<Outcome>;
}

/** Works on a durable consumer until stopped, across every interruption. Rejects when the consumer cannot be made. */
export async function startWorker(store: Store, options: WorkerOptions): Promise<Consumer> {
  await ensureDurable(store, options);
  await succeed(store, options);
  return new Worker(store, options);
}

class Worker implements Consumer {
  readonly #store: Store;
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  readonly #mayLog = createGate(1_000);
  readonly #inHand: InHand;
  readonly #attending: Subscription;
  #puller: Puller | undefined;
  #onSettled: () => void = () => undefined;

  constructor(store: Store, options: WorkerOptions) {
    this.#store = store;
    this.#options = options;
    this.#inHand = new InHand(store.link, options.limitMs);
    this.#attending = attend(store, options);
    this.#ended = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#puller?.end('broken');
    this.#onSettled();
    await this.#ended;
    while (this.#inHand.size > 0) await this.#oneSettled();
    this.#attending.unsubscribe();
  }

  async #run(): Promise<void> {
    const { link } = this.#store;
    for (let first = true; !this.#over(); first = false) {
      if (!first) {
        link.counters.reader_restarts++;
        await link.settled(Number.POSITIVE_INFINITY, this.#stopping.signal);
        await pause(backoffMs(0, 200, 200), this.#stopping.signal);
      }
      await this.#pull(first).catch((err: unknown) => {
        link.log.warn({ durable: this.#options.durable, err }, 'a consumer cannot be reached, trying again');
      });
    }
  }

  /**
   * Asks for as many messages as there are free places, until the consumer breaks or the worker stops. After an
   * interruption the server may have forgotten the consumer.
   */
  async #pull(first: boolean): Promise<void> {
    const { stream, durable } = this.#options;
    if (!first) await ensureDurable(this.#store, this.#options);
    await this.#freeStranded();
    if (this.#over()) return;
    const puller = new Puller(this.#store.link, stream, durable);
    this.#puller = puller;
    try {
      await this.#pages(puller);
    } finally {
      await puller.close();
    }
  }

  async #pages(puller: Puller): Promise<void> {
    const { maxInFlight } = this.#options;
    const onDelivery = (delivery: Delivery) => this.#take(delivery);
    for (let end = 'full'; end !== 'broken' && !this.#over(); ) {
      const batch = maxInFlight - this.#inHand.size;
      if (batch > 0) end = await puller.page({ batch, wait: true, onDelivery });
      else await this.#oneSettled();
      if (end === 'expired') await this.#freeStranded();
    }
  }

  /** A new consumer begins with the first message that is there; whoever handles them knows which are done. */
  async #freeStranded(): Promise<void> {
    const { stream, durable, isQueue } = this.#options;
    if (!isQueue || !(await hasStranded(this.#store, this.#options))) return;
    this.#store.link.log.warn(
      { durable },
      'messages were left in a queue by a server that was killed: they are gone through again',
    );
    await this.#store.jsm.consumers.delete(stream, durable);
    await ensureDurable(this.#store, this.#options);
  }

  #take(delivery: Delivery): void {
    if (this.#over()) {
      handBack(this.#store.link, delivery, 0);
      return;
    }
    this.#inHand.add(delivery);
    void this.#handle(delivery).finally(() => {
      this.#inHand.remove(delivery);
      this.#onSettled();
    });
  }

  async #handle(delivery: Delivery): Promise<void> {
    const { link } = this.#store;
    try {
      const outcome = await this.#options.handle(delivery);
      if (outcome === 'done') acknowledge(link, delivery);
      else if (outcome === 'unusable') this.#discard(delivery);
      else handBack(link, delivery, outcome.againInMs);
    } catch (err) {
      link.counters.callback_failures++;
      if (this.#mayLog()) {
        link.log.warn({ subject: delivery.subject, seq: delivery.seq, err }, 'a stored message will be handled again');
      }
      handBack(link, delivery, backoffMs(delivery.attempt, 250, 30_000));
    }
  }

  #discard(delivery: Delivery): void {
    const { link } = this.#store;
    const { subject, seq } = delivery;
    link.counters.entries_discarded++;
    if (this.#mayLog()) link.log.warn({ subject, seq }, 'a stored message that nobody can use is taken out');
    discard(link, delivery);
  }

  #oneSettled(): Promise<void> {
    return new Promise((resolve) => {
      this.#onSettled = resolve;
    });
  }

  #over(): boolean {
    return this.#stopping.signal.aborted || this.#store.link.status() === 'closed';
  }
}

/** Makes the durable consumer, or brings it up to the options that changed since. */
async function ensureDurable({ jsm }: Store, options: WorkerOptions): Promise<void> {
  const config: Partial<ConsumerConfig> = {
    durable_name: options.durable,
    filter_subject: options.filter,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
    ack_wait: nanos(ackWaitMs(options.limitMs)),
    max_ack_pending: options.maxOpen,
    max_deliver: -1,
  };
  try {
    await jsm.consumers.add(options.stream, config);
  } catch (error) {
    if (!alreadyExists(error)) throw error;
    await jsm.consumers.update(options.stream, options.durable, config);
  }
}

function alreadyExists(error: unknown): boolean {
  return error instanceof NatsError && (error.api_error?.err_code === 10148 || error.api_error?.err_code === 10013);
}
