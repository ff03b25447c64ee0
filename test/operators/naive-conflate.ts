export interface NaiveConflateOptions {
  readonly everyMs?: number;
  readonly leading: boolean;
  readonly maxPerDrain?: number;
  readonly maxKeys: number;
  readonly overflow: 'evict' | 'reject';
}

interface Put {
  readonly key: string;
  readonly value: string;
  readonly number: number;
  readonly time: number;
}

/** What conflation means, with no thought for cost: every value is kept until its key is taken. */
export class NaiveConflate {
  puts: Put[] = [];
  readonly evicted: unknown[] = [];
  private now = 0;
  private lastDrainAt = -Infinity;
  /** When the drain that is due was asked for, or came to be due. */
  private due: number | undefined;
  private owed = false;
  private readonly options: NaiveConflateOptions;

  constructor(options: NaiveConflateOptions) {
    this.options = options;
  }

  keys(): string[] {
    return [...new Set(this.puts.map(({ key }) => key))];
  }

  put(key: string, value: string, now: number, number: number, time?: number): boolean {
    this.turn(now);
    const { maxKeys, overflow } = this.options;
    if (!this.keys().includes(key) && this.keys().length === maxKeys) {
      if (overflow === 'reject') return false;
      this.evicted.push(this.take(this.keys()[0]!));
    }
    this.puts.push({ key, value, number, time: time ?? this.now });
    this.due ??= this.firstDue();
    return true;
  }

  demand(now: number): void {
    this.turn(now);
    if (this.puts.length === 0) this.owed = true;
    else this.due = Math.min(this.due ?? Infinity, this.now);
  }

  advance(now: number): unknown[] {
    this.turn(now);
    if (this.due === undefined || this.due > this.now) return [];
    const { everyMs, maxPerDrain = Infinity } = this.options;
    const taken = this.keys()
      .slice(0, maxPerDrain)
      .map((key) => this.take(key));
    this.lastDrainAt = this.now;
    this.owed = false;
    this.due = this.puts.length > 0 && everyMs !== undefined ? this.now + everyMs : undefined;
    return taken;
  }

  private firstDue(): number | undefined {
    const { everyMs, leading } = this.options;
    if (leading && this.owed) return this.now;
    if (everyMs === undefined) return undefined;
    return leading ? Math.max(this.now, this.lastDrainAt + everyMs) : this.now + everyMs;
  }

  private take(taken: string): unknown {
    const mine = this.puts.filter(({ key }) => key === taken);
    this.puts = this.puts.filter(({ key }) => key !== taken);
    const numbers = mine.map(({ number }) => number);
    const newest = Math.max(...mine.map(({ time }) => time));
    const { value } = mine.findLast(({ time }) => time === newest)!;
    return { key: taken, value, count: mine.length, min: Math.min(...numbers), max: Math.max(...numbers) };
  }

  private turn(now: number): void {
    this.now = Math.max(this.now, now);
  }
}
