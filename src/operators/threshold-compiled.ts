import { compileWildcard } from './parts/wildcard.js';
import type { SeriesIdentity, ThresholdComparison, ThresholdRule } from './threshold-rule.js';

type Matcher = (text: string) => boolean;

/** A comparison of one shape whatever its operator, so that the hot path stays monomorphic. */
class CompiledComparison {
  private readonly op: ThresholdComparison['op'];
  private readonly low: number;
  private readonly high: number;

  constructor(comparison: ThresholdComparison) {
    this.op = comparison.op;
    this.low = 'value' in comparison ? comparison.value : comparison.low;
    this.high = 'value' in comparison ? comparison.value : comparison.high;
  }

  holds(value: number): boolean {
    switch (this.op) {
      case '>':
        return value > this.low;
      case '>=':
        return value >= this.low;
      case '<':
        return value < this.low;
      case '<=':
        return value <= this.low;
      case '==':
        return value === this.low;
      case '!=':
        return value !== this.low;
      case 'between':
        return value >= this.low && value <= this.high;
      case 'outside':
        return value < this.low || value > this.high;
    }
  }

  equals(other: CompiledComparison): boolean {
    return this.op === other.op && this.low === other.low && this.high === other.high;
  }
}

/**
 * A rule with its defaults filled in and its matchers compiled. It is its `when` instead of holding it, because with many
 * rules each object that is followed is a miss in the cache.
 */
export class CompiledRule<R extends ThresholdRule = ThresholdRule> extends CompiledComparison {
  readonly rule: R;
  /** Position in the rule set; the states of one series are kept in this order. */
  readonly order: number;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly cooldownMs: number;
  private readonly clear: CompiledComparison | undefined;
  private readonly metric: Matcher;
  private readonly labels: readonly (readonly [name: string, matches: Matcher])[];

  constructor(rule: R, order: number) {
    super(rule.when);
    this.rule = rule;
    this.order = order;
    this.forMs = rule.forMs ?? 0;
    this.keepFiringForMs = rule.keepFiringForMs ?? 0;
    this.cooldownMs = rule.cooldownMs ?? 0;
    this.clear = rule.clear && new CompiledComparison(rule.clear);
    this.metric = compileWildcard(rule.metric);
    this.labels = Object.entries(rule.match ?? {}).map(([name, pattern]) => [name, compileWildcard(pattern)] as const);
  }

  fires(value: number): boolean {
    return this.holds(value);
  }

  /** Between `when` and `clear` lies what neither fires nor clears. */
  clears(value: number): boolean {
    return this.clear === undefined ? !this.holds(value) : this.clear.holds(value);
  }

  matches(series: SeriesIdentity): boolean {
    return this.metric(series.metric) && this.labels.every(([name, matches]) => matches(labelOf(series, name)));
  }

  /** Whether both decide alike, so that a pending state of one may go on under the other. */
  decidesLike(other: CompiledRule): boolean {
    return (
      this.equals(other) &&
      this.forMs === other.forMs &&
      this.keepFiringForMs === other.keepFiringForMs &&
      this.cooldownMs === other.cooldownMs &&
      (this.clear === undefined || other.clear === undefined
        ? this.clear === other.clear
        : this.clear.equals(other.clear))
    );
  }
}

/** The value that a matcher of this name looks at; a label that is missing is the empty text. */
export function labelOf(series: SeriesIdentity, name: string): string {
  if (name === 'source') return series.source;
  return Object.hasOwn(series.labels, name) ? series.labels[name]! : '';
}
