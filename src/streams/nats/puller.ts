import { createInbox, type Msg, type NatsError, nanos, type Subscription } from 'nats';
import type { Subscription as RxSubscription } from 'rxjs';
import { createGate } from '../driver/gate.js';
import { type Delivery, toDelivery } from './delivery.js';
import type { Link } from './link.js';

/**
 * How a page ended: `full`: all that was asked for came; `empty`: no more is there; `expired`: nothing came for a while;
 * `broken`: the connection or the consumer is gone, or was silent for too long.
 */
export type PageEnd = 'full' | 'empty' | 'expired' | 'broken';

export interface PageRequest {
  readonly batch: number;
  /** Waits for messages to come, instead of ending when there are no more. */
  readonly wait: boolean;
  readonly onDelivery: (delivery: Delivery) => void;
}

interface Page {
  readonly inbox: string;
  left: number;
  readonly resolve: (end: PageEnd) => void;
}

const expiresMs = 30_000;
const heartbeatMs = 3_000;
const silentMs = 2 * heartbeatMs + 1_000;

/**
 * Asks one pull consumer for messages, a page at a time. The library's own consumers are not used: `consume()` keeps a
 * closing connection open, an exception in its callback stops it, and none says reliably when a finite read is over.
 */
export class Puller {
  readonly #link: Link;
  readonly #requestSubject: string;
  readonly #inbox = createInbox();
  readonly #subscription: Subscription;
  readonly #watchdog: NodeJS.Timeout;
  readonly #status: RxSubscription;
  readonly #mayLog = createGate(1_000);
  #pages = 0;
  #page: Page | undefined;
  #onDelivery: PageRequest['onDelivery'] | undefined;
  #heardAt = performance.now();

  constructor(link: Link, stream: string, consumer: string) {
    this.#link = link;
    this.#requestSubject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.#subscription = link.nc.subscribe(`${this.#inbox}.*`, { callback: (error, msg) => this.#receive(error, msg) });
    this.#watchdog = setInterval(() => this.#checkSilence(), heartbeatMs).unref();
    this.#status = link.status$.subscribe((now) => now === 'connected' || this.end('broken'));
  }

  /** Messages reach `onDelivery` as they come, before the promise resolves. One page at a time. */
  page(request: PageRequest): Promise<PageEnd> {
    return new Promise((resolve) => {
      const inbox = `${this.#inbox}.${++this.#pages}`;
      this.#onDelivery = request.onDelivery;
      this.#page = { inbox, left: request.batch, resolve };
      this.#heardAt = performance.now();
      if (this.#link.status() !== 'connected' || this.#subscription.isClosed()) return this.end('broken');
      this.#link.nc.publish(this.#requestSubject, pullBody(request), { reply: inbox });
    });
  }

  /** Ends the page that is open, if any. */
  end(reason: PageEnd): void {
    const page = this.#page;
    this.#page = undefined;
    page?.resolve(reason);
  }

  /** Messages that are already on their way still reach the last `onDelivery`. */
  async close(): Promise<void> {
    clearInterval(this.#watchdog);
    this.#status.unsubscribe();
    this.end('broken');
    if (!this.#subscription.isClosed()) await this.#subscription.drain().catch(() => undefined);
  }

  #receive(error: NatsError | null, message: Msg): void {
    this.#heardAt = performance.now();
    if (error) this.end('broken');
    else if (message.subject.startsWith(this.#inbox)) this.#readStatus(message);
    else this.#deliver(message);
  }

  /** A status may be late and belong to a page before. */
  #readStatus(message: Msg): void {
    const reason = pageEnd(message.headers?.code);
    if (reason && message.subject === this.#page?.inbox) this.end(reason);
  }

  #deliver(message: Msg): void {
    try {
      this.#onDelivery?.(toDelivery(message));
    } catch (err) {
      this.#link.counters.callback_failures++;
      if (this.#mayLog())
        this.#link.log.error({ subject: message.subject, err }, 'a stored message could not be handled');
    }
    if (this.#page && --this.#page.left === 0) this.end('full');
  }

  #checkSilence(): void {
    if (performance.now() - this.#heardAt > silentMs) this.end('broken');
  }
}

function pullBody({ batch, wait }: PageRequest): string {
  if (!wait) return JSON.stringify({ batch, no_wait: true });
  return JSON.stringify({ batch, expires: nanos(expiresMs), idle_heartbeat: nanos(heartbeatMs) });
}

/** What the code of a status message says of its page; `undefined` for a heartbeat. */
function pageEnd(code: number | undefined): PageEnd | undefined {
  if (code === 100) return undefined;
  if (code === 404) return 'empty';
  return code === 408 ? 'expired' : 'broken';
}
