import type { ChannelRate } from '../model/channel.js';

/**
 * Keeps what is sent to at most `max` in any `perMs`, as the receiver sees it: a message arrives somewhere between the
 * start and the end of its attempt, so it takes a place from its start until `perMs` after its end. Times are
 * milliseconds of any monotonic clock.
 */
export class Pace {
  readonly #rate: ChannelRate;
  /** When the last ones ended, in order. */
  readonly #ends: number[] = [];
  #onTheirWay = 0;

  constructor(rate: ChannelRate) {
    this.#rate = rate;
  }

  /** What was sent before a restart still takes places. */
  restore(times: readonly number[]): void {
    this.#ends.push(...[...times].sort((a, b) => a - b).slice(-this.#rate.max));
  }

  /** Milliseconds until one more may be sent: 0 now, `Infinity` until one that is on its way has ended. */
  waitMs(now: number): number {
    this.#forget(now);
    const tooMany = this.#ends.length + this.#onTheirWay - this.#rate.max;
    if (tooMany < 0) return 0;
    const end = this.#ends[tooMany];
    return end === undefined ? Number.POSITIVE_INFINITY : end + this.#rate.perMs - now;
  }

  /** Milliseconds until the turn of a message with so many before it, at the earliest; those on their way are among them. */
  turnMs(ahead: number, now: number): number {
    this.#forget(now);
    const { max, perMs } = this.#rate;
    const free = Math.max(0, max - this.#ends.length - this.#onTheirWay);
    const waiting = Math.max(0, ahead - this.#onTheirWay);
    const place = waiting % max;
    const end = this.#ends[place - free];
    const placeMs = place < free ? 0 : end === undefined ? perMs : end + perMs - now;
    return placeMs + Math.floor(waiting / max) * perMs;
  }

  sending(): void {
    this.#onTheirWay++;
  }

  sent(now: number): void {
    this.#onTheirWay--;
    this.#ends.push(now);
  }

  #forget(now: number): void {
    const oldest = now - this.#rate.perMs;
    let over = 0;
    while (over < this.#ends.length && this.#ends[over]! <= oldest) over++;
    if (over > 0) this.#ends.splice(0, over);
  }
}
