import type { SchedulerLike } from 'rxjs';
import { DriverTimer } from '../operators/adapter/driver-timer.js';
import type { Circuit } from './circuit.js';

export interface GateOptions {
  /** Messages on their way at the same time. */
  readonly concurrency: number;
  /** A message that waits for longer is handed back, so that the broker does not think it lost. */
  readonly holdMs: number;
  readonly scheduler: SchedulerLike;
}

/** Leave to send. */
export interface Pass {
  /** Whether the message goes to find out if the channel is back. */
  readonly probe: boolean;
}

interface Held {
  readonly id: string;
  readonly at: number;
  readonly until: number;
  readonly resolve: (pass: Pass | undefined) => void;
}

/** Lets the messages of one channel out, oldest first, so many at a time and no faster than the circuit allows. */
export class DeliveryGate {
  readonly #circuit: Circuit;
  readonly #options: GateOptions;
  readonly #timer: DriverTimer;
  /** By age, oldest first. */
  #held: Held[] = [];
  #out = 0;
  #closed = false;

  constructor(circuit: Circuit, options: GateOptions) {
    this.#circuit = circuit;
    this.#options = options;
    this.#timer = new DriverTimer(options.scheduler, () => this.#pump());
  }

  /** Resolves with leave to send, to be given back by {@link leave}, or with nothing when held for too long. */
  enter(id: string, at: number): Promise<Pass | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const until = this.#options.scheduler.now() + this.#options.holdMs;
      const behind = this.#held.findIndex((other) => other.at > at);
      this.#held.splice(behind < 0 ? this.#held.length : behind, 0, { id, at, until, resolve });
      this.#pump();
    });
  }

  /** Call once for each pass, after the circuit was told how it went. */
  leave(): void {
    this.#out--;
    this.#pump();
  }

  /** Hands back whatever is held; nothing is let out any more. */
  close(): void {
    this.#closed = true;
    this.#timer.dispose();
    for (const { resolve } of this.#held.splice(0)) resolve(undefined);
  }

  #pump(): void {
    const now = this.#options.scheduler.now();
    while (this.#held.length > 0 && this.#mayLeave(now)) this.#letOut();
    const [staying, over] = [this.#held.filter((h) => h.until > now), this.#held.filter((h) => h.until <= now)];
    this.#held = staying;
    for (const { resolve } of over) resolve(undefined);
    this.#timer.armAt(this.#nextDue(now));
  }

  #mayLeave(now: number): boolean {
    // A probe does not queue behind messages that hang since before the circuit opened.
    return this.#circuit.waitMs(now) === 0 && (this.#circuit.isOpen || this.#out < this.#options.concurrency);
  }

  #letOut(): void {
    const at = this.#circuit.choose(this.#held.map((held) => held.id));
    const [next] = this.#held.splice(at, 1);
    this.#out++;
    next!.resolve({ probe: this.#circuit.sending(next!.id) });
  }

  #nextDue(now: number): number {
    const expiry = Math.min(...this.#held.map((held) => held.until));
    const wait = this.#held.length === 0 ? 0 : this.#circuit.waitMs(now);
    return wait === 0 ? expiry : Math.min(expiry, now + wait);
  }
}
