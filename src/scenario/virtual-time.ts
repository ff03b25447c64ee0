import type { Clock } from '../streams/ports.js';
import { VirtualScheduler } from './virtual-scheduler.js';

/** Wall time at which every scenario begins: a Wednesday, at noon UTC. */
const startsAt = Date.UTC(2025, 0, 1, 12);
/** More turns than this at one moment go on for ever. */
const maxTurns = 100_000;
/** The engine spreads some work over turns of the loop: once nothing happened in so many, it is done. */
const quietTurns = 4;
/** What an engine has done outside of the loop takes far less, in milliseconds of real time. */
const outsideMs = 500;

/**
 * Time that passes when it is told to. It jumps from one timer to the next; between two of them everything comes to rest,
 * so the same scenario always takes the same course.
 */
export class VirtualTime implements Clock {
  readonly scheduler = new VirtualScheduler();
  #origin = 0;
  #stirred = 0;
  /** What `#stirred` was when everything rested last. */
  #settled = 0;

  wall(): number {
    return startsAt + this.now();
  }

  /** Wall time so many milliseconds after the beginning. */
  wallAt(ms: number): number {
    return startsAt + ms;
  }

  /** Milliseconds since the beginning; below zero before it. */
  now(): number {
    return this.scheduler.now() - this.#origin;
  }

  /** The beginning is now. */
  begin(): void {
    this.#origin = this.scheduler.now();
  }

  /** Everything that is due until then happens, at its own time. */
  async advanceTo(ms: number): Promise<void> {
    const until = this.#origin + ms;
    await this.rest();
    for (let due = this.scheduler.nextDue; due !== undefined && due <= until; due = this.scheduler.nextDue) {
      this.scheduler.runAt(due);
      await this.#settle();
    }
    this.scheduler.runAt(until);
  }

  /** Something happened: whoever waits for rest waits on. */
  stir(): void {
    this.#stirred++;
  }

  /** Waits for the promise, and lets time pass where nothing else brings it on, at most so long. Rejects when it has not settled then. */
  async until<T>(promise: Promise<T>, maxMs: number): Promise<T> {
    const waited = { settled: false };
    const mark = () => {
      waited.settled = true;
    };
    promise.then(mark, mark);
    const end = this.scheduler.now() + maxMs;
    for (;;) {
      await this.#restUntil(waited);
      const { nextDue } = this.scheduler;
      if (waited.settled) return promise;
      if (nextDue === undefined || nextDue > end) throw new Error(`nothing came of it within ${maxMs} ms`);
      this.scheduler.runAt(nextDue);
    }
  }

  /** What is due now happens, and all that follows from it at the same moment. */
  async rest(): Promise<void> {
    this.stir();
    await this.#settle();
  }

  /** Ends after one turn in which nothing happened, or several once something has. */
  async #settle(): Promise<void> {
    const stirredAtFirst = this.#settled;
    let quiet = 0;
    for (let turns = 0; quiet < (this.#stirred === stirredAtFirst ? 1 : quietTurns); turns++) {
      if (turns > maxTurns) throw new Error(`the engine does not come to rest ${this.now()} ms after the beginning`);
      const before = this.#stirred;
      await turnOfTheLoop();
      quiet = this.#runDue() || this.#stirred !== before ? 0 : quiet + 1;
    }
    this.#settled = this.#stirred;
  }

  /** Gives what works outside of the loop, such as compression, the real time that it takes. */
  async #restUntil(waited: { readonly settled: boolean }): Promise<void> {
    await this.rest();
    for (let ms = 0; !waited.settled && ms < outsideMs; ms++) {
      await realMillisecond();
      await this.rest();
    }
  }

  #runDue(): boolean {
    const { nextDue } = this.scheduler;
    if (nextDue === undefined || nextDue > this.scheduler.now()) return false;
    this.scheduler.runAt(nextDue);
    return true;
  }
}

/** Promises that hang on nothing outside have settled by then. */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function realMillisecond(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
