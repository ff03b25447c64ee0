import type { CompiledRule } from './threshold-compiled.js';

/** One bit a sample. */
export const mostVotes = 32;

/** What the last samples of one series say of each condition of a rule with `nOf`: samples not seen yet say no. */
export class Votes {
  private readonly n: number;
  private readonly top: number;
  private readonly ring: number;
  private readonly hasClear: readonly boolean[];
  /** For each level, of its `when` and of its `clear`: a bit a sample, the newest the lowest. */
  private readonly bits: Uint32Array;

  constructor(rule: CompiledRule, saved: readonly number[] = []) {
    const [n, m] = rule.rule.nOf!;
    this.n = n;
    this.top = rule.top;
    this.ring = m === mostVotes ? 0xffffffff : 2 ** m - 1;
    this.hasClear = Array.from({ length: rule.top + 1 }, (_, level) => rule.hasClear(level));
    this.bits = new Uint32Array(2 * rule.top);
    if (saved.length === this.bits.length) this.bits.set(saved);
  }

  note(rule: CompiledRule, value: number): void {
    for (let level = 1; level <= this.top; level += 1) {
      this.push(2 * level - 2, rule.holdsAt(level, value));
      if (this.hasClear[level]) this.push(2 * level - 1, rule.clears(level, value));
    }
  }

  /** The highest level whose `when` holds; 0 for none. */
  levelReached(): number {
    let level = this.top;
    while (level > 0 && !this.agreed(2 * level - 2)) level -= 1;
    return level;
  }

  clears(level: number): boolean {
    if (level === 0) return this.levelReached() === 0;
    return this.hasClear[level] ? this.agreed(2 * level - 1) : !this.agreed(2 * level - 2);
  }

  save(): number[] {
    return [...this.bits];
  }

  private push(index: number, vote: boolean): void {
    this.bits[index] = ((this.bits[index]! << 1) | (vote ? 1 : 0)) & this.ring;
  }

  private agreed(index: number): boolean {
    return onesIn(this.bits[index]!) >= this.n;
  }
}

/** Population count in parallel: Warren, Hacker's Delight, 5-1. */
function onesIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
