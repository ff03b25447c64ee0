import { type Delivery, keepHold } from './delivery.js';
import type { Link } from './link.js';

/**
 * How long the server waits for a sign of life before it gives a message to somebody else: what a dead process held
 * comes back this soon.
 */
const silenceMs = 5_000;

/** What the server waits for, of messages that a worker may keep for `limitMs`. */
export function ackWaitMs(limitMs: number): number {
  return Math.min(silenceMs, limitMs);
}

/**
 * The messages that a worker has in hand. Those that take longer than a moment are reported to the server as being
 * worked on, until their time is over.
 */
export class InHand {
  readonly #link: Link;
  readonly #beatMs: number;
  readonly #keepMs: number;
  readonly #since = new Map<Delivery, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(link: Link, limitMs: number) {
    this.#link = link;
    this.#beatMs = ackWaitMs(limitMs) / 4;
    // The server waits once more after the last sign.
    this.#keepMs = limitMs - ackWaitMs(limitMs) + this.#beatMs;
  }

  get size(): number {
    return this.#since.size;
  }

  add(delivery: Delivery): void {
    this.#since.set(delivery, performance.now());
    this.#timer ??= setInterval(() => this.#beat(), this.#beatMs).unref();
  }

  remove(delivery: Delivery): void {
    this.#since.delete(delivery);
    if (this.#since.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    const now = performance.now();
    for (const [delivery, since] of this.#since) {
      const ageMs = now - since;
      if (ageMs >= this.#beatMs && ageMs <= this.#keepMs) keepHold(this.#link, delivery);
    }
  }
}
