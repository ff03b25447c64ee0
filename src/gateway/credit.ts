import type { Loop } from './loop.js';

/** One mark covers the frames of this long. */
const markMs = 250;
const lagMs = 2_500;
const lagBytes = 64 * 1024;
const maxUnseenBytes = 2 * 1024 * 1024;
const silenceMs = 60_000;

/** Read only where it matters: for most clients it never does. */
type Clock = Pick<Loop, 'now'>;

interface Mark {
  readonly frame: number;
  readonly at: number;
  /** Sent before it. */
  readonly bytesBefore: number;
}

/**
 * What a client says that it has really processed. The bytes that wait in our own socket say little: a client that reads
 * nothing swallows megabytes before they rise. A client that never says anything is not bound by it.
 */
export class Credit {
  #seenFrame = 0;
  #seenAt: number | undefined;
  #sentFrame = 0;
  #sentBytes = 0;
  #marks: Mark[] = [];

  sent(bytes: number, clock: Clock): void {
    this.#sentFrame++;
    if (this.#seenAt !== undefined) this.#mark(clock.now());
    this.#sentBytes += bytes;
  }

  /** Number of the last frame sent; the first is 1. */
  get frame(): number {
    return this.#sentFrame;
  }

  seen(frame: number, now: number): void {
    this.#seenAt = now;
    this.#seenFrame = Math.max(this.#seenFrame, Math.min(frame, this.#sentFrame));
    const unseen = this.#marks.findIndex((mark) => mark.frame > this.#seenFrame);
    this.#marks.splice(0, unseen < 0 ? this.#marks.length : unseen);
  }

  /** Whether it has so much left to process that more would only make it later. */
  behind(clock: Clock): boolean {
    const oldest = this.#marks[0];
    if (oldest === undefined) return false;
    const unseenBytes = this.#sentBytes - oldest.bytesBefore;
    return unseenBytes > maxUnseenBytes || (unseenBytes > lagBytes && clock.now() - oldest.at > lagMs);
  }

  /** Whether it once said something, and has been silent for a minute about what it was sent a minute ago. */
  expired(now: number): boolean {
    const oldest = this.#marks[0];
    if (this.#seenAt === undefined || oldest === undefined) return false;
    return now - Math.max(this.#seenAt, oldest.at) > silenceMs;
  }

  #mark(now: number): void {
    const last = this.#marks[this.#marks.length - 1];
    if (last !== undefined && now - last.at < markMs) return;
    this.#marks.push({ frame: this.#sentFrame, at: now, bytesBefore: this.#sentBytes });
  }
}
