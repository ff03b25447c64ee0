import { type Backoff, jittered } from './backoff.js';

export interface CircuitOptions {
  readonly backoff: Backoff;
  /** An open circuit is probed at least this often, unless the receiver asked for a longer pause. */
  readonly maxProbeMs: number;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/**
 * Whether a channel is worth trying. Closed: yes. Open, after a refusal: one message at a time, and only when a probe is
 * due; a delivery closes it. Times are milliseconds of any monotonic clock.
 */
export class Circuit {
  readonly #options: CircuitOptions;
  /** Messages that were tried since it opened. */
  readonly #tried = new Set<string>();
  #openSince: number | undefined = undefined;
  #probing = false;
  #probes = 0;
  #dueAt = 0;
  /** Until when the receiver asked to be left alone. */
  #retryAt = Number.NEGATIVE_INFINITY;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#openSince !== undefined;
  }

  /** When it opened; `undefined` while it is closed. */
  get openSince(): number | undefined {
    return this.#openSince;
  }

  /** Milliseconds until something may be sent: 0 now, `Infinity` while a probe is on its way. */
  waitMs(now: number): number {
    if (!this.isOpen) return 0;
    return this.#probing ? Number.POSITIVE_INFINITY : Math.max(0, this.#dueAt - now);
  }

  /** Position of the message to send next, of these in order of age: the oldest that was not tried since it opened. */
  choose(ids: readonly string[]): number {
    if (!this.isOpen) return 0;
    const untried = ids.findIndex((id) => !this.#tried.has(id));
    if (untried >= 0) return untried;
    this.#tried.clear();
    return 0;
  }

  /** Call when a message leaves; answers whether it left as a probe. */
  sending(id: string): boolean {
    if (!this.isOpen) return false;
    this.#probing = true;
    this.#tried.add(id);
    return true;
  }

  /** Closes it, unless the message had left before the receiver asked for a pause. */
  delivered(now: number, probe: boolean): void {
    if (!probe && now < this.#retryAt) return;
    this.#openSince = undefined;
    this.#probing = false;
    this.#probes = 0;
    this.#tried.clear();
  }

  /** The channel may be down. Of several refusals that were under way together, the first one counts. */
  refused(id: string, now: number, probe: boolean, retryAfterMs?: number): void {
    const first = !this.isOpen;
    this.#openSince ??= now;
    this.#tried.add(id);
    if (probe) this.#probing = false;
    if (first || probe) this.#dueAt = now + this.#pauseMs();
    if (retryAfterMs === undefined) return;
    this.#retryAt = Math.max(this.#retryAt, now + retryAfterMs);
    this.#dueAt = this.#retryAt;
  }

  /** The message itself was at fault, which says nothing of the channel. */
  inconclusive(now: number, probe: boolean): void {
    if (!probe || !this.isOpen) return;
    this.#probing = false;
    this.#dueAt = now;
  }

  #pauseMs(): number {
    const { backoff, maxProbeMs, random } = this.#options;
    return Math.min(jittered(backoff, this.#probes++, random), maxProbeMs);
  }
}
