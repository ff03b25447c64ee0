import type { CompiledRule } from './threshold-compiled.js';

/** One bit a sample. */
export const mostVotes = 32;

/** What the last samples of one series say of each condition of a rule with `nOf`: samples not seen yet say no. */
export class Votes {
  /** Or one that decides alike. */
  private readonly rule: CompiledRule;
  /** For each level, of its `when` and of its `clear`: a bit a sample, the newest the lowest. */
  private readonly bits: number[];

  constructor(rule: CompiledRule, saved?: readonly number[]) {
    this.rule = rule;
    this.bits = saved?.length === 2 * rule.top ? [...saved] : Array<number>(2 * rule.top).fill(0);
  }

  note(value: number): void {
    const { rule } = this;
    for (let level = rule.top; level > 0; level -= 1) {
      this.push(2 * level - 2, rule.holdsAt(level, value));
      const clear = rule.clearOf(level);
      if (clear !== undefined) this.push(2 * level - 1, clear.holds(value));
    }
  }

  /** As the rule itself says it of one value: the highest level whose `when` holds; 0 for none. */
  levelOf(): number {
    let level = this.rule.top;
    while (level > 0 && !this.agreed(2 * level - 2)) level -= 1;
    return level;
  }

  /** Few samples may agree on `when`, and as few others on `clear`: `when` wins, as with single values. */
  clears(level: number): boolean {
    if (level === 0) return this.levelOf() === 0;
    if (this.agreed(2 * level - 2)) return false;
    return this.rule.clearOf(level) === undefined || this.agreed(2 * level - 1);
  }

  save(): readonly number[] {
    return [...this.bits];
  }

  private push(index: number, vote: boolean): void {
    const [, m] = this.rule.rule.nOf!;
    const ring = m === mostVotes ? -1 : (1 << m) - 1;
    this.bits[index] = ((this.bits[index]! << 1) | (vote ? 1 : 0)) & ring;
  }

  private agreed(index: number): boolean {
    const [n] = this.rule.rule.nOf!;
    return onesIn(this.bits[index]!) >= n;
  }
}

/** Population count in parallel: Warren, Hacker's Delight, 5-1. */
function onesIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
