import type { AlertRecord } from '../model/alert.js';
import type { SummaryInput } from '../model/decision/index.js';
import type { Severity } from '../model/severity.js';

/** Sources that are counted one by one; a flood of others counts as one. */
const maxSources = 1_000;
const shownSources = 5;
const otherSources = 'others';

interface Tally {
  readonly bySeverity: Partial<Record<Severity, number>>;
  readonly bySource: Map<string, number>;
  readonly channels: Set<string>;
}

/** What each tripped rate key has held back so far. */
export class HeldBack {
  readonly #tallies = new Map<string, Tally>();

  add(rateKey: string, alert: Pick<AlertRecord, 'severity' | 'source' | 'channels'>): void {
    const tally: Tally = this.#tallies.get(rateKey) ?? { bySeverity: {}, bySource: new Map(), channels: new Set() };
    this.#tallies.set(rateKey, tally);
    tally.bySeverity[alert.severity] = (tally.bySeverity[alert.severity] ?? 0) + 1;
    const source = tally.bySource.has(alert.source) || tally.bySource.size < maxSources ? alert.source : otherSources;
    tally.bySource.set(source, (tally.bySource.get(source) ?? 0) + 1);
    for (const channel of alert.channels) tally.channels.add(channel);
  }

  /** The summary of one trip, which then starts anew. */
  take(rateKey: string, trippedAt: number): SummaryInput | undefined {
    const tally = this.#tallies.get(rateKey);
    if (tally === undefined) return undefined;
    this.#tallies.delete(rateKey);
    const sources = [...tally.bySource].sort((a, b) => b[1] - a[1]);
    return {
      kind: 'summary',
      key: `rate_summary:${rateKey}:${trippedAt}`,
      rateKey,
      trippedAt,
      bySeverity: tally.bySeverity,
      topSources: sources.slice(0, shownSources),
      channels: [...tally.channels],
    };
  }
}
