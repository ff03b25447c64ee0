import type { Loop } from '../../src/gateway/loop.js';

interface Timer {
  readonly at: number;
  readonly task: () => void;
}

/** The loop of a gateway in virtual time: nothing happens until `turn` or `advance`. */
export class VirtualLoop implements Loop {
  #now = 0;
  #soon: (() => void)[] = [];
  #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  wall(): number {
    return 1_700_000_000_000 + this.#now;
  }

  later(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  soon(task: () => void): void {
    this.#soon.push(task);
  }

  /** Runs what waits for the end of this turn, and what that leaves for the next ones. */
  turn(): void {
    while (this.#soon.length > 0) {
      const tasks = this.#soon;
      this.#soon = [];
      for (const task of tasks) task();
    }
  }

  /** Lets `ms` pass, and everything that is due within. */
  advance(ms: number): void {
    const end = this.#now + ms;
    this.turn();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers = this.#timers.filter((other) => other !== timer);
      this.#now = timer.at;
      timer.task();
      this.turn();
    }
    this.#now = end;
  }

  /** Like {@link advance}, and lets promises settle before and after. */
  async advanceAsync(ms: number): Promise<void> {
    await settled();
    this.advance(ms);
    await settled();
    this.turn();
  }

  #next(end: number): Timer | undefined {
    return this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** When all promises that can settle without the outside have settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
