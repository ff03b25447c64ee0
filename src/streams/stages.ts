import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { StageTimes } from '../model/wire.js';

/** The way of a sample, in order. */
export const stageNames = ['ingest', 'evaluate', 'store', 'deliver'] as const;
export type StageName = (typeof stageNames)[number];

/** Percentiles cover at least this long and at most twice. */
const windowMs = 10_000;
const longestUs = 600_000_000;

/** Durations of one stage over the last seconds. */
export class StageRecorder {
  #current = histogram();
  #previous = histogram();
  /** The two together; one that is used again costs much less than a new one. */
  readonly #both = histogram();
  #rotatedAt = Number.NEGATIVE_INFINITY;

  record(ms: number): void {
    recordIn(this.#current, ms);
  }

  /** `now`: any clock in milliseconds, always the same one. */
  times(now: number): StageTimes {
    if (now - this.#rotatedAt >= windowMs) this.#rotate(now);
    this.#both.reset();
    this.#both.add(this.#previous);
    this.#both.add(this.#current);
    return timesOf(this.#both);
  }

  #rotate(now: number): void {
    this.#rotatedAt = now;
    [this.#previous, this.#current] = [this.#current, this.#previous];
    this.#current.reset();
  }
}

/** Durations of everything since the start, or the last reset. */
export class TotalRecorder {
  readonly #all = histogram();

  record(ms: number): void {
    recordIn(this.#all, ms);
  }

  times(): StageTimes {
    return timesOf(this.#all);
  }

  reset(): void {
    this.#all.reset();
  }
}

/** Negative and impossible durations (clocks of two machines) count as zero. */
function recordIn(durations: RecordableHistogram, ms: number): void {
  const us = Math.round(ms * 1_000);
  durations.record(us > 0 ? Math.min(us, longestUs) : 1);
}

function timesOf(durations: RecordableHistogram): StageTimes {
  if (durations.count === 0) return { count: 0, mean: 0, p50: 0, p99: 0, max: 0 };
  return {
    count: durations.count,
    mean: durations.mean / 1_000,
    p50: durations.percentile(50) / 1_000,
    p99: durations.percentile(99) / 1_000,
    max: durations.max / 1_000,
  };
}

function histogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: longestUs, figures: 2 });
}
