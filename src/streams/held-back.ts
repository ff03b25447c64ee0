import type { AlertRecord } from '../model/alert.js';
import type { SummaryInput } from '../model/decision/index.js';
import type { Severity } from '../model/severity.js';

/** Sources that are counted one by one; a flood of others counts as one. */
const maxSources = 1_000;
const shownSources = 5;
const otherSources = 'others';

const prefix = 'rate_summary:';

interface Tally {
  /** Wall time of the first: the same after a restart. */
  readonly trippedAt: number;
  readonly bySeverity: Partial<Record<Severity, number>>;
  readonly bySource: Map<string, number>;
  readonly channels: Set<string>;
}

/** What each tripped rate key has held back so far. */
export class HeldBack {
  readonly #tallies = new Map<string, Tally>();

  /** `at`: wall time. */
  add(rateKey: string, alert: Pick<AlertRecord, 'severity' | 'source' | 'channels'>, at: number): void {
    const tally: Tally = this.#tallies.get(rateKey) ?? emptyTally(at);
    this.#tallies.set(rateKey, tally);
    tally.bySeverity[alert.severity] = (tally.bySeverity[alert.severity] ?? 0) + 1;
    const source = tally.bySource.has(alert.source) || tally.bySource.size < maxSources ? alert.source : otherSources;
    tally.bySource.set(source, (tally.bySource.get(source) ?? 0) + 1);
    for (const channel of alert.channels) tally.channels.add(channel);
  }

  /** It could not be stored, and whoever asked was told so. */
  remove(rateKey: string, { severity, source }: Pick<AlertRecord, 'severity' | 'source'>): void {
    const tally = this.#tallies.get(rateKey);
    if (tally === undefined) return;
    takeOne(tally.bySeverity, severity);
    const counted = tally.bySource.has(source) ? source : otherSources;
    const left = (tally.bySource.get(counted) ?? 1) - 1;
    if (left === 0) tally.bySource.delete(counted);
    else tally.bySource.set(counted, left);
    if (Object.keys(tally.bySeverity).length === 0) this.#tallies.delete(rateKey);
  }

  /** The summary with this key is in the log. What was held back since it was made is in the next one. */
  summedUp(rateKey: string, key: string): void {
    const tally = this.#tallies.get(rateKey);
    if (tally !== undefined && summaryKey(rateKey, tally) === key) this.#tallies.delete(rateKey);
  }

  /** The summary of one trip, which then starts anew. */
  take(rateKey: string): SummaryInput | undefined {
    const tally = this.#tallies.get(rateKey);
    if (tally === undefined) return undefined;
    this.#tallies.delete(rateKey);
    const { trippedAt } = tally;
    const sources = [...tally.bySource].sort((a, b) => b[1] - a[1]);
    return {
      kind: 'summary',
      key: summaryKey(rateKey, tally),
      rateKey,
      trippedAt,
      bySeverity: tally.bySeverity,
      topSources: sources.slice(0, shownSources),
      channels: [...tally.channels],
    };
  }
}

function emptyTally(at: number): Tally {
  return { trippedAt: Math.round(at), bySeverity: {}, bySource: new Map(), channels: new Set() };
}

function takeOne(counts: Partial<Record<Severity, number>>, severity: Severity): void {
  const left = (counts[severity] ?? 1) - 1;
  if (left === 0) delete counts[severity];
  else counts[severity] = left;
}

function summaryKey(rateKey: string, { trippedAt }: Pick<Tally, 'trippedAt'>): string {
  return `${prefix}${rateKey}:${trippedAt}`;
}
