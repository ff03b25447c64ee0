import { defaultIdleTimeoutMs, defaultMaxFutureMs, type EventTimeLimits } from '../event-time.js';

/** State of a {@link Watermark} as plain data. */
export interface WatermarkState {
  /** Newest time of a value; `null` before the first one. */
  readonly newest: number | null;
  /** When, by the clock, the last value came. */
  readonly seenAt: number;
  /** The mark; `null` before the first value. */
  readonly mark: number | null;
}

/**
 * How far event time has come: the newest time of a value, less the lateness that is allowed. What is due at or before
 * it may come about, because no value that still counts is older. It never goes back.
 *
 * When no value came for `idleTimeoutMs`, it moves as fast as the clock from where the last value left it: a stream that
 * lags behind the clock keeps its lag. Without values there is no event time, and the mark is `-Infinity`. Everything
 * is rounded down to whole milliseconds.
 *
 * Watermarks: Akidau et al., The Dataflow Model, VLDB 2015, section 2.3.
 *
 * @example
 * const watermark = new Watermark({ latenessMs: 5_000 });
 * watermark.observe(event.time, now); // 'on_time'
 * closeWindowsUpTo(watermark.at(now));
 */
export class Watermark {
  private readonly latenessMs: number;
  private readonly idleTimeoutMs: number;
  private readonly maxFutureMs: number;
  private newest = -Infinity;
  /** When, by the clock, the last value came. */
  private seenAt = 0;
  /** Remembered, so that it never goes back, whatever the clock does. */
  private mark = -Infinity;

  constructor({ latenessMs = 0, idleTimeoutMs, maxFutureMs }: EventTimeLimits = {}) {
    this.latenessMs = Math.floor(latenessMs);
    this.idleTimeoutMs = Math.floor(idleTimeoutMs ?? defaultIdleTimeoutMs);
    this.maxFutureMs = maxFutureMs ?? defaultMaxFutureMs;
  }

  /**
   * Takes note of a value of time `at` that came at `now`. `late`: it is older than the mark. `future` and `not_a_time`:
   * it left no trace.
   */
  observe(at: number, now: number): 'on_time' | 'late' | 'future' | 'not_a_time' {
    if (!Number.isFinite(at)) return 'not_a_time';
    if (at > now + this.maxFutureMs) return 'future';
    const mark = this.at(now);
    const time = Math.floor(at);
    if (time > this.newest) this.newest = time;
    this.seenAt = Math.floor(now);
    return time < mark ? 'late' : 'on_time';
  }

  /** The mark when the clock reads `now`. */
  at(now: number): number {
    const idleMs = Math.floor(now) - this.seenAt;
    const followed = idleMs >= this.idleTimeoutMs ? Math.max(0, idleMs) : 0;
    this.mark = Math.max(this.mark, this.newest - this.latenessMs + followed);
    return this.mark;
  }

  /** When, by the clock, the mark reaches `due` if no more values come; `Infinity` if it never does. */
  reaches(due: number): number {
    if (due <= this.mark) return this.seenAt;
    if (this.newest === -Infinity) return Infinity;
    return this.seenAt + Math.max(this.idleTimeoutMs, Math.ceil(due) - (this.newest - this.latenessMs));
  }

  save(): WatermarkState {
    const { newest, seenAt, mark } = this;
    return { newest: finiteOrNull(newest), seenAt, mark: finiteOrNull(mark) };
  }

  load({ newest, seenAt, mark }: WatermarkState): void {
    this.newest = newest ?? -Infinity;
    this.seenAt = seenAt;
    this.mark = mark ?? -Infinity;
  }
}

/** JSON knows no infinity. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
