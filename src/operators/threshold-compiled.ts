import { compileWildcard } from './parts/wildcard.js';
import { flapOptions } from './threshold-flap.js';
import type {
  NoDataPolicy,
  SeriesIdentity,
  ThresholdComparison,
  ThresholdLevel,
  ThresholdRule,
} from './threshold-rule.js';

type Matcher = (text: string) => boolean;

const defaultStaleAfterMs = 300_000;

/** Of levels, comparisons, windows and flapping, in the order in which they are written. */
const decidingFields = ['name', 'when', 'clear', 'op', 'value', 'low', 'high', 'fn', 'overMs', 'window'];

/** Values between its ends; none when they are equal. */
interface QuietRange {
  readonly above: number;
  readonly below: number;
}

const neverQuiet: QuietRange = { above: 0, below: 0 };

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

  /** A range, its ends not included, within which this cannot hold; the whole of it may be larger. */
  quietRange(): QuietRange {
    const { op, low, high } = this;
    if (op === 'outside') return { above: low, below: high };
    if (op.startsWith('>')) return { above: -Infinity, below: low };
    return op.startsWith('<') ? { above: low, below: Infinity } : neverQuiet;
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
}

interface CompiledLevel {
  readonly name: string;
  readonly when: CompiledComparison;
  readonly clear: CompiledComparison | undefined;
}

/**
 * A rule with its defaults filled in and its matchers compiled. It is its lowest `when` instead of holding it, because
 * with many rules each object that is followed is a miss in the cache.
 *
 * Levels are numbers here: 1 is the lowest one, and the only one of a rule without `levels`; 0 is none.
 */
export class CompiledRule<R extends ThresholdRule = ThresholdRule> extends CompiledComparison {
  /** One level, and nothing but the last value decides. */
  readonly plain: boolean;
  /** Something has to be remembered of each series, even while the rule is at rest there. */
  readonly looksBack: boolean;
  /** Values that leave the rule at rest where it is at rest. */
  readonly quiet: QuietRange;
  readonly rule: R;
  /** Position in the rule set; the states of one series are kept in this order. */
  readonly order: number;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly cooldownMs: number;
  readonly staleAfterMs: number;
  readonly noData: NoDataPolicy;
  private readonly clear: CompiledComparison | undefined;
  private readonly levels: readonly CompiledLevel[] | undefined;
  private readonly metric: Matcher;
  private readonly labels: readonly (readonly [name: string, matches: Matcher])[];
  private decision: string | undefined;

  constructor(rule: R, order: number) {
    const { when, clear } = lowestOf(rule);
    super(when);
    this.looksBack = rule.window !== undefined || rule.nOf !== undefined || rule.flap !== undefined;
    this.plain = rule.levels === undefined && !this.looksBack && rule.noData !== 'alert';
    this.quiet = this.plain ? this.quietRange() : neverQuiet;
    this.rule = rule;
    this.order = order;
    this.forMs = rule.forMs ?? 0;
    this.keepFiringForMs = rule.keepFiringForMs ?? 0;
    this.cooldownMs = rule.cooldownMs ?? 0;
    this.staleAfterMs = rule.staleAfterMs ?? defaultStaleAfterMs;
    this.noData = rule.noData ?? 'keep';
    this.clear = clear && new CompiledComparison(clear);
    this.levels = rule.levels?.map(compileLevel);
    this.metric = compileWildcard(rule.metric);
    this.labels = Object.entries(rule.match ?? {}).map(([name, pattern]) => [name, compileWildcard(pattern)] as const);
  }

  /** The highest level. */
  get top(): number {
    return this.levels?.length ?? 1;
  }

  /** The highest level whose `when` holds. */
  levelOf(value: number): number {
    let level = this.top;
    while (level > 0 && !this.holdsAt(level, value)) level -= 1;
    return level;
  }

  holdsAt(level: number, value: number): boolean {
    return level === 1 ? this.holds(value) : this.levels![level - 1]!.when.holds(value);
  }

  /**
   * Between `when` and `clear` lies what neither fires nor clears. Where they overlap `when` wins, or each value there
   * would end what the one before it began. Without a level nothing may hold.
   */
  clears(level: number, value: number): boolean {
    if (level === 0) return this.levelOf(value) === 0;
    if (this.holdsAt(level, value)) return false;
    return this.clearOf(level)?.holds(value) ?? true;
  }

  /** `undefined` for a rule without `levels`, and for no level. */
  nameOf(level: number): string | undefined {
    return this.levels?.[level - 1]?.name;
  }

  /** The lowest level when none has this name. */
  levelNamed(name: string | undefined): number {
    const position = this.levels?.findIndex((level) => level.name === name) ?? 0;
    return Math.max(position, 0) + 1;
  }

  matches(series: SeriesIdentity): boolean {
    return this.metric(series.metric) && this.labels.every(([name, matches]) => matches(labelOf(series, name)));
  }

  /** Whether both decide alike, so that what was begun under one may go on under the other. */
  decidesLike(other: CompiledRule): boolean {
    if (this.rule === other.rule) return true;
    return this.decides === other.decides;
  }

  clearOf(level: number): CompiledComparison | undefined {
    return level === 1 ? this.clear : this.levels?.[level - 1]?.clear;
  }

  /** All that decides, written so that equal texts decide alike. */
  private get decides(): string {
    this.decision ??= decisionOf(this);
    return this.decision;
  }
}

/** The value that a matcher of this name looks at; a label that is missing or `undefined` is the empty text. */
export function labelOf(series: SeriesIdentity, name: string): string {
  if (name === 'source') return series.source;
  return (Object.hasOwn(series.labels, name) ? series.labels[name] : undefined) ?? '';
}

function lowestOf(rule: ThresholdRule): Pick<ThresholdLevel, 'when' | 'clear'> {
  return rule.levels === undefined ? rule : rule.levels[0]!;
}

function compileLevel({ name, when, clear }: ThresholdLevel): CompiledLevel {
  return { name, when: new CompiledComparison(when), clear: clear && new CompiledComparison(clear) };
}

function decisionOf(compiled: CompiledRule): string {
  const { rule } = compiled;
  const levels = rule.levels ?? [{ when: rule.when, clear: rule.clear }];
  const waits = [compiled.forMs, compiled.keepFiringForMs, compiled.cooldownMs, compiled.staleAfterMs];
  const lookingBack = [rule.window, rule.nOf, rule.flap && flapOptions(rule.flap)];
  return JSON.stringify([levels, waits, compiled.noData, lookingBack], decidingFields);
}
