import { type Pane, type Points, paneMs } from './points.js';

/** `undefined`: nothing here, draw through; `null`: a gap. */
export type Cell = number | null | undefined;

export interface Extent {
  readonly low: number;
  readonly high: number;
}

/** One series, cell by cell along the columns. */
export interface Lane {
  readonly values: readonly Cell[];
  readonly lows: readonly Cell[];
  readonly highs: readonly Cell[];
  /** Columns that hold something, split where there is a gap. */
  readonly stretches: readonly (readonly number[])[];
  /** Whether any column merges values that differ: only then there is a band to draw. */
  readonly spread: boolean;
  /** Absent when nothing of it lies in the window. */
  readonly extent: Extent | undefined;
  /** What was last seen before the window, when nothing lies in it. */
  readonly earlier: Pane | undefined;
}

/** Several series over one common time axis, ready to draw. Times are epoch seconds, as the chart wants them. */
export interface Columns {
  readonly times: readonly number[];
  readonly lanes: readonly Lane[];
  /** Extent of all that is drawn, else of what was last seen: the axis stays when the last point leaves. */
  readonly extent: Extent | undefined;
}

const maxColumns = 600;

/**
 * Brings series whose points lie at different times onto common columns between `from` and `to` (epoch milliseconds).
 * Columns stand at multiples of their width, so that the picture scrolls and does not shimmer.
 */
export function buildColumns(series: readonly Points[], from: number, to: number): Columns {
  const width = columnMs(to - from);
  const first = Math.floor(from / width);
  const count = Math.floor(to / width) - first + 1;
  const times = Array.from({ length: count }, (_, i) => ((first + i) * width) / 1000);
  const lanes = series.map((points) => buildLane(points, first, count, width));
  const drawn = lanes.map(({ extent }) => extent).reduce(united, undefined);
  return {
    times,
    lanes,
    extent: drawn ?? lanes.map(({ earlier }) => earlier).reduce<Extent | undefined>(united, undefined),
  };
}

/** Width of a column: a whole number of panes, and at most 600 columns in the window. */
export function columnMs(windowMs: number): number {
  return Math.max(1, Math.ceil(windowMs / maxColumns / paneMs)) * paneMs;
}

function buildLane(points: Points, first: number, count: number, width: number): Lane {
  const values = new Array<Cell>(count).fill(undefined);
  const lows = new Array<Cell>(count).fill(undefined);
  const highs = new Array<Cell>(count).fill(undefined);
  const { gapMs, times } = points;
  const start = points.indexOf(first * width);
  let spread = false;
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = start; i < points.length; i++) {
    const column = Math.floor(times[i]! / width) - first;
    if (column >= count) break;
    if (i > 0 && times[i]! - times[i - 1]! > gapMs) {
      values.fill(null, Math.max(0, Math.floor(times[i - 1]! / width) - first + 1), column);
    }
    const low = Math.min(lows[column] ?? Infinity, points.lows[i]!);
    const high = Math.max(highs[column] ?? -Infinity, points.highs[i]!);
    values[column] = points.values[i];
    lows[column] = low;
    highs[column] = high;
    spread ||= low !== high;
    lowest = Math.min(lowest, low);
    highest = Math.max(highest, high);
  }
  const extent = lowest <= highest ? { low: lowest, high: highest } : undefined;
  const earlier = extent === undefined ? points.pane(start - 1) : undefined;
  return { values, lows, highs, stretches: stretchesOf(values), spread, extent, earlier };
}

function stretchesOf(values: readonly Cell[]): number[][] {
  const stretches: number[][] = [];
  let open = false;
  values.forEach((cell, i) => {
    if (cell === null) open = false;
    if (cell == null) return;
    if (open) stretches.at(-1)!.push(i);
    else stretches.push([i]);
    open = true;
  });
  return stretches;
}

function united(a: Extent | undefined, b: Extent | undefined): Extent | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

/** The cell of a lane that stands at `time` (epoch seconds), or the last one before it up to a gap. */
export function cellAt(lane: Lane, times: readonly number[], time: number): number | undefined {
  const width = (times[1] ?? Infinity) - (times[0] ?? 0);
  for (let i = Math.min(times.length - 1, Math.floor((time - times[0]!) / width)); i >= 0; i--) {
    const cell = lane.values[i];
    if (cell === null) return undefined;
    if (cell !== undefined) return cell;
  }
  return undefined;
}
