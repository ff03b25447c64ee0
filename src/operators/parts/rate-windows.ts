import { arrayOption, integerOption, objectOption } from '../options.js';

/** At most `max` in any `perMs` milliseconds. */
export interface RateWindow {
  readonly max: number;
  readonly perMs: number;
}

export const rateAlgorithms = ['exact', 'gcra'] as const;
export type RateAlgorithm = (typeof rateAlgorithms)[number];

/** What the keys have used of their windows, by slot. Times are whole milliseconds and never go back. */
export interface RateStore {
  /** Earliest time at which one more fits into all windows: not later than `now` when it fits already. */
  roomAt(slot: number, now: number): number;
  record(slot: number, now: number): void;
  /** What `undo` has to know of the state before a `record`. */
  before(slot: number): readonly number[];
  /** Takes back one `record` that was made at `at`, wherever it is by now. Never gives more room than there would be. */
  undo(slot: number, at: number, now: number, before: readonly number[]): void;
  clear(slot: number): void;
  /** No slot is in use any more: gives the memory back. */
  reset(): void;
  save(slot: number, now: number): number[];
  load(slot: number, now: number, values: readonly number[]): void;
}

/** An exact window keeps a time per item, and tells ages apart in 32 bits. */
const exactLimits = { max: 10_000, perMs: 2 ** 31 - 1 };
const gcraLimits = { max: 1_000_000, perMs: Number.MAX_SAFE_INTEGER };

export function checkWindows(name: string, windows: readonly RateWindow[], algorithm: RateAlgorithm): void {
  const limits = algorithm === 'exact' ? exactLimits : gcraLimits;
  arrayOption(name, windows);
  for (const [index, window] of windows.entries()) {
    objectOption(`${name}[${index}]`, window);
    integerOption(`${name}[${index}].max`, window.max, 1, limits.max);
    integerOption(`${name}[${index}].perMs`, window.perMs, 1, limits.perMs);
  }
}

/** A key that was not used for so long has used nothing. */
export function longestWindow(windows: readonly RateWindow[]): number {
  return Math.max(...windows.map((window) => window.perMs));
}
