import type { Reading } from './reading.js';

/** Turns ever-growing totals into amounts a second; nothing for a total seen for the first time, or started anew. */
export type Rates = (unit: string, totals: Readonly<Record<string, number>>) => Reading[];

/** `clock` gives monotonic milliseconds. */
export function createRates(clock: () => number): Rates {
  const last = new Map<string, { readonly total: number; readonly at: number }>();
  return (unit, totals) => {
    const at = clock();
    return Object.entries(totals).flatMap(([name, total]) => {
      const before = last.get(name);
      last.set(name, { total, at });
      if (before === undefined || total < before.total || at <= before.at) return [];
      return [{ name, value: Math.round(((total - before.total) * 1000) / (at - before.at)), unit }];
    });
  };
}
