import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FaultFigures {
  /** Id of the promise. */
  readonly fault: string;
  /** What was broken, and how often. */
  readonly what: string;
  /** Notifications that had to arrive. */
  readonly expected: number;
  readonly lost: number;
  /** Arrivals above one. */
  readonly duplicated: number;
  /** How long until all was well again. */
  readonly recovery?: string;
  readonly note?: string;
}

let reports = 0;

/** Prints the figures, and leaves them in the folder `TOCSIN_FAULTS_REPORT` for the table of a long run. */
export function report(figures: FaultFigures): void {
  const { fault, what, expected, lost, duplicated, recovery, note } = figures;
  const parts = [`${expected} notifications`, `${lost} lost`, `${duplicated} duplicated`, recovery, note];
  console.log(`${fault} ${what}: ${parts.filter((part) => part !== undefined).join(', ')}`);
  const folder = process.env['TOCSIN_FAULTS_REPORT'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${fault}-${process.pid}-${++reports}.json`), JSON.stringify(figures));
}

/** `p50 1.2 s, max 3.4 s` of durations in milliseconds. */
export function spread(durationsMs: readonly number[]): string {
  const sorted = [...durationsMs].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `p50 ${seconds(median)}, max ${seconds(sorted.at(-1) ?? 0)}`;
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
