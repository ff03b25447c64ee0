import type { EngineStats } from '../../client/index.js';

/** From the arrival of a sample to the alert at its reader. */
export const budgetMs = 50;

type StageTimes = EngineStats['deliveryMs'];

export interface StageLine {
  readonly name: string;
  /** Whether anything has passed it. */
  readonly measured: boolean;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Budget {
  readonly stages: readonly StageLine[];
  /** Of the whole way where the engine measures it, else the sum of the stages. */
  readonly total: StageLine;
}

/** Alerts are rare: a stage that nothing has passed of late keeps the figures that it had, until the engine starts anew. */
export function keepMeasured(before: EngineStats | undefined, after: EngineStats): EngineStats {
  if (before?.since !== after.since) return after;
  const stages = Object.entries(after.stageMs).map(([name, times]) => {
    return [name, times.count === 0 ? (before.stageMs[name] ?? times) : times] as const;
  });
  return { ...after, stageMs: Object.fromEntries(stages) };
}

/** The time in each stage, in the order in which the engine names them. */
export function budgetOf({ stageMs }: Pick<EngineStats, 'stageMs'>): Budget {
  const { total, ...rest } = stageMs;
  const stages = Object.entries(rest).map(([name, times]) => stageLine(name, times));
  const sum = (field: 'p50' | 'p99' | 'max'): number => stages.reduce((ms, stage) => ms + stage[field], 0);
  // What has passed the last stage has gone the whole way; without it the sum would be that of a part.
  const measured = stages.at(-1)?.measured ?? false;
  const summed = { name: 'total', measured, p50: sum('p50'), p99: sum('p99'), max: sum('max') };
  return { stages, total: total === undefined ? summed : stageLine('total', total) };
}

function stageLine(name: string, { count, p50, p99, max }: StageTimes): StageLine {
  return { name, measured: count > 0, p50, p99, max };
}

export interface Rates {
  readonly received: number;
  readonly evaluated: number;
}

/** What happened a second between two reports; `undefined` when they do not belong together. */
export function ratesBetween(before: EngineStats | undefined, after: EngineStats): Rates | undefined {
  if (before === undefined || before.since !== after.since || after.time <= before.time) return undefined;
  const seconds = (after.time - before.time) / 1000;
  return {
    received: (after.received - before.received) / seconds,
    evaluated: (after.evaluated - before.evaluated) / seconds,
  };
}

export interface Drop {
  readonly reason: string;
  readonly count: number;
}

/** Everything that did not go its whole way or came with a wrong clock, by reason, most first. */
export function dropsOf(stats: EngineStats): Drop[] {
  const named = {
    ...stats.rejected,
    rate_limited: stats.rateLimited,
    suppressed: stats.suppressed,
    delivery_failed: stats.failed,
    clock_skew: stats.skewed,
  };
  return Object.entries(named)
    .map(([reason, count]) => ({ reason, count }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}
