import { watchTurns } from '../harness.js';

export interface StrainReport {
  /** CPU milliseconds of the longest turn of the loop. */
  readonly turnMs: number;
  /** Most memory of the process, MB. */
  readonly rssMb: number;
}

const everyMs = 50;

/** How hard a load is on this process. */
export class Strain {
  #turns: ReturnType<typeof watchTurns> | undefined;
  #sampling: NodeJS.Timeout | undefined;
  #rss = 0;

  watch(): void {
    this.#rss = 0;
    this.#turns = watchTurns();
    this.#sampling = setInterval(() => this.#sample(), everyMs);
  }

  report(): StrainReport {
    clearInterval(this.#sampling);
    this.#sample();
    return { turnMs: this.#turns!.stop(), rssMb: this.#rss / 1e6 };
  }

  #sample(): void {
    this.#rss = Math.max(this.#rss, process.memoryUsage.rss());
  }
}
