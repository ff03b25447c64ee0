interface NaiveEntry {
  readonly firstAt: number;
  lastAt: number;
  count: number;
}

interface NaiveOptions {
  readonly windowMs: number;
  readonly from: 'first' | 'last';
  readonly maxAgeMs: number;
  /** With event time. */
  readonly latenessMs?: number;
}

/** What deduplication means, with no thought for cost: nothing is ever forgotten. */
export class NaiveDedupe {
  private readonly entries = new Map<string, NaiveEntry>();
  private readonly options: NaiveOptions;
  private newest = -Infinity;

  constructor(options: NaiveOptions) {
    this.options = options;
  }

  /** By event time: false when the item is too late to be looked at. */
  inTime(at: number): boolean {
    const isInTime = at >= this.newest - this.options.latenessMs!;
    this.newest = Math.max(this.newest, at);
    return isInTime;
  }

  process(key: string, now: number): { admitted: boolean; count: number; firstAt: number } {
    const entry = this.entries.get(key);
    if (entry === undefined || this.isOver(entry, now)) {
      this.entries.set(key, { firstAt: now, lastAt: now, count: 1 });
      return { admitted: true, count: 1, firstAt: now };
    }
    entry.count += 1;
    entry.lastAt = Math.max(entry.lastAt, now);
    return { admitted: false, count: entry.count, firstAt: entry.firstAt };
  }

  isCopy(key: string, now: number): boolean {
    const entry = this.entries.get(key);
    return entry !== undefined && !this.isOver(entry, now);
  }

  forget(key: string): void {
    this.entries.delete(key);
  }

  private isOver({ firstAt, lastAt }: NaiveEntry, now: number): boolean {
    const { windowMs, from, maxAgeMs } = this.options;
    return now - (from === 'first' ? firstAt : lastAt) >= windowMs || now - firstAt >= maxAgeMs;
  }
}
