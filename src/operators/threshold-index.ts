import { getOrCreate } from './parts/get-or-create.js';
import { hasWildcard } from './parts/wildcard.js';
import { CompiledRule, labelOf } from './threshold-compiled.js';
import type { SeriesIdentity, ThresholdRule } from './threshold-rule.js';

/** Lists that are remembered for sharing; more would only cost memory. */
const maxLists = 10_000;

/** A rule set, arranged so that the rules of a series are found without looking at the others. */
export class ThresholdIndex<R extends ThresholdRule = ThresholdRule> {
  private readonly byId = new Map<string, CompiledRule<R>>();
  private readonly byMetric = new Map<string, Bucket<R>>();
  private readonly wildcards = new Bucket<R>();
  /** Series with the same rules share one list. */
  private readonly lists = new Map<string, readonly CompiledRule<R>[]>();

  constructor(rules: readonly R[]) {
    rules.forEach((rule, order) => {
      if (rule.enabled === false) return;
      const compiled = new CompiledRule(rule, order);
      this.byId.set(rule.id, compiled);
      this.bucketFor(rule.metric).add(compiled);
    });
  }

  get(id: string): CompiledRule<R> | undefined {
    return this.byId.get(id);
  }

  /** The rules of a series, in the order of the rule set. Equal answers are the same array. */
  match(series: SeriesIdentity): readonly CompiledRule<R>[] {
    const found: CompiledRule<R>[] = [];
    this.byMetric.get(series.metric)?.collect(series, found);
    this.wildcards.collect(series, found);
    found.sort((a, b) => a.order - b.order);
    return this.shared(found);
  }

  private bucketFor(metric: string): Bucket<R> {
    if (hasWildcard(metric)) return this.wildcards;
    return getOrCreate(this.byMetric, metric, () => new Bucket());
  }

  private shared(rules: readonly CompiledRule<R>[]): readonly CompiledRule<R>[] {
    const text = rules.map((rule) => rule.order).join();
    const known = this.lists.get(text);
    if (known !== undefined) return known;
    if (this.lists.size >= maxLists) this.lists.clear();
    this.lists.set(text, rules);
    return rules;
  }
}

/** Rules of one metric: those with an exact label are found by its value, the others are tried in turn. */
class Bucket<R extends ThresholdRule> {
  private readonly byLabel = new Map<string, Map<string, CompiledRule<R>[]>>();
  private readonly rest: CompiledRule<R>[] = [];

  add(rule: CompiledRule<R>): void {
    const exact = Object.entries(rule.rule.match ?? {}).find(([, pattern]) => !hasWildcard(pattern));
    if (exact === undefined) this.rest.push(rule);
    else this.listFor(exact[0], exact[1]).push(rule);
  }

  collect(series: SeriesIdentity, into: CompiledRule<R>[]): void {
    for (const [name, byValue] of this.byLabel) collectMatching(byValue.get(labelOf(series, name)), series, into);
    collectMatching(this.rest, series, into);
  }

  private listFor(name: string, value: string): CompiledRule<R>[] {
    const byValue = getOrCreate(this.byLabel, name, () => new Map());
    return getOrCreate(byValue, value, () => []);
  }
}

function collectMatching<R extends ThresholdRule>(
  rules: readonly CompiledRule<R>[] | undefined,
  series: SeriesIdentity,
  into: CompiledRule<R>[],
): void {
  if (rules === undefined) return;
  for (const rule of rules) if (rule.matches(series)) into.push(rule);
}
