/**
 * When each sample of an open-loop load is due. A sample carries the moment at which it was due as its event time: that
 * tells which one it is, and a late one counts as late whoever held it up.
 */
export interface Schedule {
  /** Of the first sample, on the clock of {@link monotonicNow}. */
  readonly startAt: number;
  /** The same moment in epoch milliseconds. */
  readonly epochAt: number;
  readonly spacingMs: number;
  readonly count: number;
}

/** Leaves everybody time to hear of it. */
const leadMs = 200;

export function createSchedule(perSecond: number, seconds: number): Schedule {
  return {
    startAt: monotonicNow() + leadMs,
    epochAt: Date.now() + leadMs,
    spacingMs: 1_000 / perSecond,
    count: perSecond * seconds,
  };
}

export function dueAt({ startAt, spacingMs }: Schedule, index: number): number {
  return startAt + index * spacingMs;
}

/** Number of samples that are due at `now`. */
export function dueBy({ startAt, spacingMs, count }: Schedule, now: number): number {
  return Math.max(0, Math.min(count, Math.floor((now - startAt) / spacingMs) + 1));
}

export function eventTime({ epochAt, spacingMs }: Schedule, index: number): number {
  return epochAt + index * spacingMs;
}

/** The reverse of {@link eventTime}. */
export function indexOf({ epochAt, spacingMs }: Schedule, time: number): number {
  return Math.round((time - epochAt) / spacingMs);
}

const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds on a clock that all processes of this machine share and nobody sets. */
export function monotonicNow(): number {
  return origin + performance.now();
}
