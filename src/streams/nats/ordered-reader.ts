import { AckPolicy, type ConsumerConfig, DeliverPolicy, nanos, ReplayPolicy } from 'nats';
import { backoffMs, pause } from '../driver/pause.js';
import type { Delivery } from './delivery.js';
import { type PageEnd, type PageRequest, Puller } from './puller.js';
import { type Store, unavailable } from './store.js';

export interface ReaderOptions {
  readonly stream: string;
  readonly filter: string;
  /** The first position that is wanted. */
  readonly fromSeq: number;
  /** What was stored before this wall time is not wanted; some of it may come all the same. */
  readonly fromTime?: number;
  /** Only the last message of each subject, as it is when the reading starts. */
  readonly lastPerSubject?: boolean;
}

type PageSize = Omit<PageRequest, 'onDelivery'>;

/** A reading begins with a small page, because many readers want the first entry alone, and goes on with larger ones. */
const firstPage = 8;
const growth = 8;
const largestPage = 1_000;
/** Of what is followed live, a page is handled in one turn of the loop. */
const livePage = 128;

/**
 * Reads a stream in order, each message once: it knows where it stands, and starts a new consumer there when the
 * connection or the server went away or a message was lost on the way.
 */
export class OrderedReader {
  readonly #store: Store;
  readonly #options: ReaderOptions;
  readonly #closed = new AbortController();
  #nextSeq: number;
  #lastPosition = 0;
  #consumer = '';
  #puller: Puller | undefined;

  constructor(store: Store, options: ReaderOptions) {
    this.#store = store;
    this.#options = options;
    this.#nextSeq = options.fromSeq;
  }

  /**
   * What is there now, a page at a time: to hand over each message by itself would cost as much as to read it. Ends.
   * Rejects with `log_unavailable` when it cannot be read for a bounded time.
   */
  async *pages(): AsyncGenerator<readonly Delivery[]> {
    let giveUpAt = performance.now() + this.#store.retryForMs;
    let batch = firstPage;
    try {
      for (let end: PageEnd = 'full'; end !== 'empty'; ) {
        const page: Delivery[] = [];
        end = await this.#page({ batch, wait: false }, (delivery) => page.push(delivery));
        batch = Math.min(largestPage, batch * growth);
        yield page;
        if (end !== 'broken' || page.length > 0) giveUpAt = performance.now() + this.#store.retryForMs;
        const over = this.#over() || performance.now() > giveUpAt;
        if (end === 'broken' && over) throw unavailable(`stream ${this.#options.stream} cannot be read`);
        if (end === 'broken') await this.#restart();
      }
    } finally {
      await this.close();
    }
  }

  /** What is there, and then what comes, until closed. Never rejects. */
  async follow(onDelivery: (delivery: Delivery) => void): Promise<void> {
    while (!this.#over()) {
      const end = await this.#page({ batch: livePage, wait: true }, onDelivery);
      if (end === 'broken' && !this.#over()) await this.#restart();
    }
    await this.#drop();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#drop();
  }

  async #page(size: PageSize, onDelivery: (delivery: Delivery) => void): Promise<PageEnd> {
    try {
      this.#puller ??= await this.#open();
    } catch (err) {
      this.#store.link.log.debug({ stream: this.#options.stream, err }, 'a reader could not start');
      return 'broken';
    }
    if (this.#over()) return 'broken';
    return this.#puller.page({ ...size, onDelivery: (delivery) => this.#accept(delivery, onDelivery) });
  }

  #accept(delivery: Delivery, onDelivery: (delivery: Delivery) => void): void {
    if (delivery.position !== this.#lastPosition + 1) {
      this.#puller?.end('broken');
      return;
    }
    this.#lastPosition = delivery.position;
    if (delivery.seq < this.#nextSeq || this.#closed.signal.aborted) return;
    this.#nextSeq = delivery.seq + 1;
    onDelivery(delivery);
  }

  async #restart(): Promise<void> {
    const { link, retryForMs } = this.#store;
    link.counters.reader_restarts++;
    await this.#drop();
    await link.settled(retryForMs, this.#closed.signal);
    await pause(backoffMs(0, 100, 100), this.#closed.signal);
  }

  async #open(): Promise<Puller> {
    const { jsm, link } = this.#store;
    const info = await jsm.consumers.add(this.#options.stream, this.#config());
    this.#consumer = info.name;
    this.#lastPosition = 0;
    return new Puller(link, this.#options.stream, info.name);
  }

  #config(): Partial<ConsumerConfig> {
    return {
      ...this.#start(),
      filter_subject: this.#options.filter,
      ack_policy: AckPolicy.None,
      replay_policy: ReplayPolicy.Instant,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(30_000),
    };
  }

  /** A time counts for the first message alone: after that it is known where the reading stands. */
  #start(): Partial<ConsumerConfig> {
    const { fromSeq, fromTime = 0, lastPerSubject } = this.#options;
    if (lastPerSubject) return { deliver_policy: DeliverPolicy.LastPerSubject };
    if (fromTime > 0 && this.#nextSeq === fromSeq)
      return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(fromTime).toISOString() };
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, this.#nextSeq) };
  }

  #over(): boolean {
    return this.#closed.signal.aborted || this.#store.link.status() === 'closed';
  }

  /** The consumer would go by itself after a while; deleting it spares the server. */
  async #drop(): Promise<void> {
    const { jsm, link } = this.#store;
    const puller = this.#puller;
    this.#puller = undefined;
    await puller?.close();
    if (puller && link.status() === 'connected') {
      await jsm.consumers.delete(this.#options.stream, this.#consumer).catch(() => undefined);
    }
  }
}
