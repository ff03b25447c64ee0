import type { Clock } from '../streams/ports.js';
import { VirtualScheduler } from './virtual-scheduler.js';

/** Wall time at which every scenario begins: a Wednesday, at noon UTC. */
const startsAt = Date.UTC(2025, 0, 1, 12);
/** More turns than this at one moment go on for ever. */
const maxTurns = 100_000;

/**
 * Time that passes when it is told to. It jumps from one timer to the next; between two of them everything that hangs on
 * promises comes to rest, so the same scenario always takes the same course.
 */
export class VirtualTime implements Clock {
  readonly scheduler = new VirtualScheduler();
  #origin = 0;

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
      await this.rest();
    }
    this.scheduler.runAt(until);
  }

  /** Time passes until the promise has settled, at most so long. Rejects when it has not. */
  async until<T>(promise: Promise<T>, maxMs: number): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    const end = this.scheduler.now() + maxMs;
    await this.rest();
    for (let due = this.scheduler.nextDue; !settled && due !== undefined && due <= end; due = this.scheduler.nextDue) {
      this.scheduler.runAt(due);
      await this.rest();
    }
    if (!settled) throw new Error(`nothing came of it within ${maxMs} ms`);
    return promise;
  }

  /** What is due now happens, and all that follows from it at the same moment. */
  async rest(): Promise<void> {
    for (let turns = 0; turns < maxTurns; turns++) {
      await turnOfTheLoop();
      const { nextDue } = this.scheduler;
      if (nextDue === undefined || nextDue > this.scheduler.now()) return;
      this.scheduler.runAt(nextDue);
    }
    throw new Error(`the engine does not come to rest ${this.now()} ms after the beginning`);
  }
}

/** All promises that can settle without anything from outside have settled by then. */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
