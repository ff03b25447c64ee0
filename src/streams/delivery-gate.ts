import type { SchedulerLike } from 'rxjs';
import { DriverTimer } from '../operators/adapter/driver-timer.js';
import type { Circuit } from './circuit.js';
import type { Pace } from './pace.js';

export interface GateOptions {
  /** Messages on their way at the same time. */
  readonly concurrency: number;
  readonly scheduler: SchedulerLike;
  /** Absent: as fast as it goes. */
  readonly pace?: Pace | undefined;
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

/** Lets the messages of one channel out, oldest first, so many at a time and no faster than circuit and pace allow. */
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

  /** Messages that wait here. */
  get held(): number {
    return this.#held.length;
  }

  /** Milliseconds until one may leave, `Infinity` when that depends on those that are on their way. */
  waitMs(now: number): number {
    return Math.max(this.#circuit.waitMs(now), this.#options.pace?.waitMs(now) ?? 0);
  }

  /** Resolves with leave to send, to be given back by {@link leave}, or with nothing after `holdMs`. */
  enter(id: string, at: number, holdMs: number): Promise<Pass | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const until = this.#options.scheduler.now() + holdMs;
      const behind = this.#held.findIndex((other) => other.at > at);
      this.#held.splice(behind < 0 ? this.#held.length : behind, 0, { id, at, until, resolve });
      this.#pump();
    });
  }

  /** Leave to send at once, out of turn, unless that is too fast. To be given back like any other. */
  enterNow(): boolean {
    const { pace, scheduler } = this.#options;
    if (this.#closed || (pace?.waitMs(scheduler.now()) ?? 0) > 0) return false;
    this.#out++;
    pace?.sending();
    return true;
  }

  /** Call once for each pass, after the circuit was told how it went. */
  leave(): void {
    this.#out--;
    this.#options.pace?.sent(this.#options.scheduler.now());
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
    return this.waitMs(now) === 0 && (this.#circuit.isOpen || this.#out < this.#options.concurrency);
  }

  #letOut(): void {
    const at = this.#circuit.choose(this.#held.map((held) => held.id));
    const [next] = this.#held.splice(at, 1);
    this.#out++;
    this.#options.pace?.sending();
    next!.resolve({ probe: this.#circuit.sending(next!.id) });
  }

  #nextDue(now: number): number {
    const expiry = Math.min(...this.#held.map((held) => held.until));
    const wait = this.#held.length === 0 ? 0 : this.waitMs(now);
    return wait === 0 ? expiry : Math.min(expiry, now + wait);
  }
}
