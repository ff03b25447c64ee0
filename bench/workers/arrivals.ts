import { type Distribution, distribution } from '../harness.js';
import { dueAt, indexOf, type Schedule } from './schedule.js';

export interface ArrivalReport {
  readonly lost: number;
  /** Arrived twice, or belong to no schedule. */
  readonly surplus: number;
  /** Milliseconds from when a sample was due. */
  readonly latency: Distribution;
}

/** Which samples of a schedule arrived, and how long after they were due. */
export class Arrivals {
  /** Resolves when every sample is there. */
  readonly complete: Promise<void>;
  readonly #schedule: Schedule;
  readonly #latencies: Float64Array;
  #missing: number;
  #surplus = 0;
  #onComplete: () => void = () => undefined;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#latencies = new Float64Array(schedule.count).fill(Number.NaN);
    this.#missing = schedule.count;
    this.complete = new Promise((resolve) => {
      this.#onComplete = resolve;
    });
  }

  /** The sample of that event time has arrived. */
  note(time: number, now: number): void {
    const index = indexOf(this.#schedule, time);
    if (!Number.isNaN(this.#latencies[index] ?? 0)) {
      this.#surplus += 1;
      return;
    }
    this.#latencies[index] = now - dueAt(this.#schedule, index);
    this.#missing -= 1;
    if (this.#missing === 0) this.#onComplete();
  }

  report(): ArrivalReport {
    const arrived = this.#latencies.filter((latency) => !Number.isNaN(latency));
    return { lost: this.#missing, surplus: this.#surplus, latency: distribution(arrived) };
  }
}
