import { KeyTable, noSlot, resized } from './parts/key-table.js';
import type { CompiledRule } from './threshold-compiled.js';
import type { ThresholdMemory } from './threshold-memory.js';
import type { SeriesIdentity, ThresholdRule } from './threshold-rule.js';
import { noState } from './threshold-states.js';

/** Cells of a series in the table: between these two, no rule of the series begins anything. */
const quietAbove = 0;
const quietBelow = 1;

/** Series in use that a search for room passes by, at most; the rest is left to the next search. */
const longestSearch = 16;

/**
 * The series that are known, each with its rules, looked up once per rule set. A series at rest can be forgotten at
 * any time without loss; one with a state is in use and stays.
 */
export class ThresholdSeries<K, R extends ThresholdRule> extends KeyTable<K> {
  /** First state of each series, in the order of the rules. */
  heads: Int32Array<ArrayBuffer>;
  /** Time of the last value of each series. */
  lastAt: Float64Array<ArrayBuffer>;
  /** What its last values leave to some rules; it goes with the series. */
  readonly memory: ThresholdMemory<R>;
  private readonly onEvict: (key: K) => void;
  private identities: (SeriesIdentity | undefined)[] = [];
  private rules: (readonly CompiledRule<R>[] | undefined)[] = [];

  /** `onEvict` hears of each series that had to make room and about which something was remembered. */
  constructor(maxKeys: number, memory: ThresholdMemory<R>, onEvict: (key: K) => void) {
    super(maxKeys, 2);
    this.memory = memory;
    this.onEvict = onEvict;
    this.heads = new Int32Array(this.capacity);
    this.lastAt = new Float64Array(this.capacity);
  }

  /** 0 when there is no room: with `evict`, the series at rest that was unused for longest makes it. */
  meet(key: K, identity: SeriesIdentity, now: number, evict: boolean): number {
    if (this.full && !(evict && this.makeRoom(now))) return noSlot;
    const series = this.add(key, now);
    this.fit();
    this.heads[series] = noState;
    this.lastAt[series] = -Infinity;
    this.identities[series] = identity;
    this.rules[series] = undefined;
    return series;
  }

  identityOf(series: number): SeriesIdentity {
    return this.identities[series]!;
  }

  /** `undefined` when they were not looked up since the rule set was replaced. */
  rulesOf(series: number): readonly CompiledRule<R>[] | undefined {
    return this.rules[series];
  }

  setRules(series: number, rules: readonly CompiledRule<R>[]): void {
    this.rules[series] = rules;
    let above = -Infinity;
    let below = Infinity;
    for (const { quiet } of rules) {
      if (quiet.above > above) above = quiet.above;
      if (quiet.below < below) below = quiet.below;
    }
    this.setCell(series, quietAbove, above);
    this.setCell(series, quietBelow, below);
  }

  /**
   * Whether the series is at rest and stays so with `value`. Most values do; they cost no look at the rules, which lie
   * elsewhere in memory for each series.
   */
  staysAtRest(series: number, value: number): boolean {
    return (
      value > this.cell(series, quietAbove) && value < this.cell(series, quietBelow) && this.heads[series] === noState
    );
  }

  /** The rule set was replaced. */
  forgetRules(): void {
    this.rules.fill(undefined);
    for (const series of this) {
      this.setCell(series, quietAbove, 0);
      this.setCell(series, quietBelow, 0);
    }
  }

  /** When to `sweep`: a quarter later than need be, so that one timer forgets many. `Infinity` when none is known. */
  nextSweep(idleMs: number): number {
    return this.idleSince() + idleMs * 1.25;
  }

  /** Forgets series at rest that were idle for `idleMs`; looks at `most` of them. */
  sweep(now: number, idleMs: number, most: number): void {
    for (let looked = 0; looked < most && this.idleSince() + idleMs <= now; looked += 1) {
      this.dropOldest(now, false);
    }
  }

  private idleSince(): number {
    const oldest = this.oldest();
    return oldest === noSlot ? Infinity : this.seenAt(oldest);
  }

  private makeRoom(now: number): boolean {
    for (let looked = 0; looked < longestSearch && this.full; looked += 1) this.dropOldest(now, true);
    return !this.full;
  }

  /** One that is in use goes to the other end instead. */
  private dropOldest(now: number, evicted: boolean): void {
    const oldest = this.oldest();
    if (this.heads[oldest] !== noState) {
      this.touch(oldest, now);
      return;
    }
    if (evicted && this.memory.has(oldest)) this.onEvict(this.keyOf(oldest));
    this.memory.forget(oldest);
    this.remove(oldest);
    this.identities[oldest] = undefined;
    this.rules[oldest] = undefined;
    this.fit();
  }

  private fit(): void {
    const { capacity } = this;
    if (capacity === this.heads.length) return;
    this.heads = resized(this.heads, capacity);
    this.lastAt = resized(this.lastAt, capacity);
    if (this.size > 0) return;
    this.identities = [];
    this.rules = [];
  }
}
