import type { ThresholdComparison, ThresholdLevel, ThresholdRule } from '../../src/operators/threshold.js';
import { naiveFigure } from './naive-aggregate.js';

export interface Change {
  readonly rule: string;
  readonly key: string;
  readonly kind: 'firing' | 'changed' | 'resolved';
  readonly at: number;
  readonly since: number;
  /** The new one, of a rule with levels. */
  readonly level?: string | undefined;
  readonly noData?: true;
}

export interface Point {
  readonly at: number;
  readonly key: string;
  readonly value: number;
}

/** What the rules say of a whole history until `end`, worked out rule by rule, series by series, and tick by tick. */
export function naiveThreshold(rules: readonly ThresholdRule[], points: readonly Point[], end: number): Change[] {
  const keys = [...new Set(points.map(({ key }) => key))];
  return rules.flatMap((rule) =>
    keys.flatMap((key) => {
      const series = new NaiveSeries(
        rule,
        points.filter((point) => point.key === key),
      );
      return series.run(end).map((change) => ({ rule: rule.id, key, ...change }));
    }),
  );
}

type Step = Omit<Change, 'rule' | 'key'>;

class NaiveSeries {
  private readonly rule: ThresholdRule;
  private readonly levels: readonly (Omit<ThresholdLevel, 'name'> & { name?: string })[];
  private readonly points: readonly Point[];
  private readonly changes: Step[] = [];
  /** What was compared so far, and the level that hysteresis alone would lead to. */
  private readonly compared: number[] = [];
  private readonly steady: number[] = [0];
  private flapping = false;
  private open = false;
  private level = 0;
  private reached = 0;
  private since = 0;
  private cooledAt = -Infinity;
  private lastAt = Infinity;
  /** Since when each level is reached, and since when the present one is cleared. */
  private held: number[] = [];
  private cleared: number | undefined;

  constructor(rule: ThresholdRule, points: readonly Point[]) {
    this.rule = rule;
    this.levels = rule.levels ?? [rule];
    this.points = points;
  }

  run(end: number): readonly Step[] {
    for (let now = this.points[0]!.at; now <= end; now += 1) {
      this.act(now);
      this.stale(now);
      this.points.forEach((point, index) => {
        if (point.at === now) this.see(index, now);
      });
    }
    return this.changes;
  }

  private see(index: number, now: number): void {
    this.lastAt = now;
    const value = this.aggregate(index);
    if (value === undefined || this.flaps()) {
      this.forgetRuns();
      return;
    }
    this.reached = this.levelReached();
    const tops = this.levels.map((_, position) => position + 1);
    if (this.open && this.reached <= this.level) {
      this.held = [];
      this.cleared = this.clears(this.level) ? (this.cleared ?? now) : undefined;
    } else {
      this.held = tops.map((level) => (level > this.reached ? Infinity : Math.min(this.held[level - 1] ?? now, now)));
      if (this.open) this.held.fill(Infinity, 0, this.level);
      this.cleared = undefined;
    }
    this.act(now);
  }

  private act(now: number): void {
    const { forMs = 0, keepFiringForMs = 0, cooldownMs = 0 } = this.rule;
    const level = this.held.findLastIndex((since) => since + forMs <= now) + 1;
    if (!this.open && level > 0 && this.cooledAt <= now) {
      this.open = true;
      this.level = level;
      this.since = this.held[0]!;
      this.cooledAt = now + cooldownMs;
      this.say('firing', now);
    } else if (this.open && level > this.level) {
      this.level = level;
      this.say('changed', now);
    } else if (this.open && this.cleared !== undefined && this.cleared + keepFiringForMs <= now) {
      this.fall(now);
    } else {
      return;
    }
    this.held.fill(Infinity, 0, this.level);
  }

  private fall(now: number): void {
    this.level = Math.max(0, Math.min(this.reached, this.level - 1));
    this.open = this.level > 0;
    this.forgetRuns();
    this.say(this.open ? 'changed' : 'resolved', now);
  }

  private stale(now: number): void {
    const { staleAfterMs = 300_000, noData = 'keep', cooldownMs = 0, forMs = 0 } = this.rule;
    if (now - this.lastAt < staleAfterMs) return;
    const held = this.held.map((since) => (since + forMs <= now ? since : Infinity));
    this.forgetRuns();
    // Held by now, and only the cooldown delays it.
    if (!this.open && noData === 'keep' && held[0]! < Infinity) this.held = held;
    if (this.open && noData === 'resolve') {
      this.open = false;
      this.level = 0;
      this.say('resolved', now, true);
    } else if (!this.open && noData === 'alert' && this.cooledAt <= now) {
      this.open = true;
      this.since = this.lastAt;
      this.cooledAt = now + cooldownMs;
      this.say('firing', now, true);
    }
  }

  private say(kind: Change['kind'], at: number, noData = false): void {
    const level = kind === 'resolved' ? undefined : this.levels[this.level - 1]?.name;
    if (kind === 'changed' && level === undefined) return;
    this.changes.push({ kind, at, since: this.since, level, ...(noData && { noData }) });
  }

  private forgetRuns(): void {
    this.held = [];
    this.cleared = undefined;
  }

  /** `undefined` while the window is less than half full. */
  private aggregate(index: number): number | undefined {
    const { at, value } = this.points[index]!;
    const { window } = this.rule;
    let result = value;
    if (window !== undefined) {
      const past = this.points.slice(0, index + 1);
      const first = past.findLastIndex((point, i) => i === 0 || point.at - past[i - 1]!.at >= window.overMs);
      if (at + 1 - past[first]!.at < window.overMs / 2) return undefined;
      const inside = past.filter((point) => at - point.at < window.overMs);
      result = naiveFigure(
        window.fn,
        inside.map((point) => ({ time: point.at, value: point.value })),
      );
      if (!Number.isFinite(result)) return undefined;
    }
    this.compared.push(result);
    return result;
  }

  private flaps(): boolean {
    const { flap } = this.rule;
    if (flap === undefined) return false;
    const { window = 21, high = 0.3, low = 0.25 } = flap;
    const before = this.steady.at(-1)!;
    const reached = this.levelReached();
    const fallen = before > 0 && this.clears(before) ? Math.min(reached, before - 1) : before;
    this.steady.push(reached > before ? reached : fallen);
    const share = weightedChanges(this.steady, window);
    this.flapping = this.flapping ? share > low : share >= high;
    return this.flapping;
  }

  private levelReached(): number {
    return this.levels.findLastIndex(({ when }) => this.agreed(when)) + 1;
  }

  private clears(level: number): boolean {
    if (level === 0) return this.levelReached() === 0;
    const { when, clear } = this.levels[level - 1]!;
    return !this.agreed(when) && (clear === undefined || this.agreed(clear));
  }

  private agreed(condition: ThresholdComparison): boolean {
    const [n, m] = this.rule.nOf ?? [1, 1];
    return this.compared.slice(-m).filter((value) => holds(condition, value)).length >= n;
  }
}

/** Share of the changes between the last `window` levels. */
function weightedChanges(levels: readonly number[], window: number): number {
  const padded = [...Array<number>(window).fill(0), ...levels].slice(-window);
  const pairs = window - 1;
  const weights = Array.from({ length: pairs }, (_, pair) => 0.75 + (0.5 * pair) / (pairs - 1));
  const changed = weights.filter((_, pair) => padded[pair] !== padded[pair + 1]);
  return changed.reduce((sum, weight) => sum + weight, 0) / pairs;
}

function holds(comparison: ThresholdComparison, value: number): boolean {
  switch (comparison.op) {
    case '>':
      return value > comparison.value;
    case '<':
      return value < comparison.value;
    case '<=':
      return value <= comparison.value;
    case 'between':
      return value >= comparison.low && value <= comparison.high;
    default:
      throw new Error(`the reference does not know ${comparison.op}`);
  }
}
