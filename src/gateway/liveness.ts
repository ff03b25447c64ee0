import type { Transport } from './transport.js';

const stalledMs = 60_000;
const maxUnanswered = 2;

/** What became of a connection since it was last looked at. */
export type Verdict = 'well' | 'beat' | 'lost' | 'stalled';

/** Whether somebody is still there: answers pings, takes bytes. */
export class Liveness {
  readonly #transport: Transport;
  readonly #heartbeatMs: number;
  #beatAt: number;
  #unanswered = 0;
  #taken = 0;
  #takenAt: number;

  constructor(transport: Transport, heartbeatMs: number, now: number) {
    this.#transport = transport;
    this.#heartbeatMs = heartbeatMs;
    this.#beatAt = now + heartbeatMs;
    this.#takenAt = now;
  }

  pong(): void {
    this.#unanswered = 0;
  }

  /** Pings when it is time to: then the answer is `beat`. */
  check(now: number): Verdict {
    if (this.#isStalled(now)) return 'stalled';
    if (now < this.#beatAt) return 'well';
    if (this.#unanswered >= maxUnanswered) return 'lost';
    this.#beatAt = now + this.#heartbeatMs;
    this.#unanswered++;
    this.#transport.ping();
    return 'beat';
  }

  /** No byte was taken for a minute while bytes wait. */
  #isStalled(now: number): boolean {
    const taken = this.#transport.taken();
    if (taken !== this.#taken || this.#transport.buffered() === 0) {
      this.#taken = taken;
      this.#takenAt = now;
    }
    return now - this.#takenAt > stalledMs;
  }
}
