import { defaultIdleTimeoutMs, type EventTimeLimits, type UntimelyReason } from '../event-time.js';
import { Watermark, type WatermarkState } from './watermark.js';

/** State of an {@link EventClock} as plain data. */
export interface EventClockState extends WatermarkState {
  /** Since when the first value is waited for. */
  readonly waitsFrom: number | null;
}

/**
 * Event time for what has to notice that nothing comes. Like any {@link Watermark} it starts with the first value; but
 * when none came for `idleTimeoutMs` it starts with the clock, or a source that is dead from the start would stop time.
 */
export class EventClock {
  private readonly watermark: Watermark;
  private readonly idleTimeoutMs: number;
  private waitsFrom = Infinity;
  private started = false;

  constructor(limits: EventTimeLimits, state?: EventClockState) {
    this.watermark = new Watermark(limits);
    this.idleTimeoutMs = limits.idleTimeoutMs ?? defaultIdleTimeoutMs;
    if (state === undefined) return;
    this.watermark.load(state);
    this.waitsFrom = state.waitsFrom ?? Infinity;
    this.started = state.newest !== null;
  }

  /** From now on the first value is waited for. */
  wait(clock: number): void {
    this.waitsFrom = Math.min(this.waitsFrom, clock);
  }

  observe(at: number, clock: number): 'on_time' | UntimelyReason {
    const verdict = this.watermark.observe(at, clock);
    this.started ||= verdict === 'on_time' || verdict === 'late';
    return verdict;
  }

  /** Event time when the clock reads `clock`; `-Infinity` before it has started. */
  at(clock: number): number {
    if (!this.started && clock >= this.startsBy()) this.observe(clock, clock);
    return this.watermark.at(clock);
  }

  /** When, by the clock, event time reaches `due` if no more values come; `Infinity` if it never does. */
  reaches(due: number): number {
    return this.started ? this.watermark.reaches(due) : this.startsBy();
  }

  /** The time up to now was no idleness: the source was known to be away. */
  rest(clock: number): void {
    if (this.started) this.watermark.load({ ...this.watermark.save(), seenAt: clock });
    else if (this.waitsFrom !== Infinity) this.waitsFrom = clock;
  }

  save(): EventClockState {
    return { ...this.watermark.save(), waitsFrom: this.waitsFrom === Infinity ? null : this.waitsFrom };
  }

  private startsBy(): number {
    return this.waitsFrom + this.idleTimeoutMs;
  }
}
