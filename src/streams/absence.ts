import { Observable, type Observer, type OperatorFunction } from 'rxjs';
import { isOpen } from '../model/alert.js';
import { type AbsenceRule, isAbsenceRule, type Rule } from '../model/rule.js';
import type { Sample } from '../model/sample.js';
import type { Series } from '../model/series.js';
import { type AbsenceDeps, type Absences, AbsenceWatch, watchesAlike } from './absence-watch.js';
import type { SourceRow } from './checkpoint-piece.js';

export type { AbsenceDeps } from './absence-watch.js';

export interface AbsencesDeps extends AbsenceDeps {
  /** Gets what tells the sources that are watched. */
  readonly onWatching: (sources: () => Iterable<SourceRow>) => void;
}

/** Sources that fall silent, or never spoke, although a rule waits for them. The rules may change meanwhile. */
export function absences(deps: AbsencesDeps): OperatorFunction<readonly Sample[], Absences> {
  return (batches) =>
    new Observable((subscriber) => {
      const watches = new Watches(deps, subscriber);
      deps.onWatching(() => watches.sources());
      subscriber.add(() => watches.stop());
      subscriber.add(
        deps.rules$.subscribe({
          next: (rules) => watches.setRules(rules.filter(isWatching)),
          error: (error) => subscriber.error(error),
        }),
      );
      subscriber.add(
        batches.subscribe({
          next: (samples) => watches.feed(samples),
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}

function isWatching(rule: Rule): rule is AbsenceRule {
  return rule.enabled && isAbsenceRule(rule);
}

class Watches {
  readonly #deps: AbsenceDeps;
  readonly #out: Pick<Observer<Absences>, 'next' | 'error'>;
  #byRule: ReadonlyMap<string, AbsenceWatch> | undefined = undefined;
  /** Which watches a series feeds is looked up once. */
  #known = new WeakMap<Series, readonly AbsenceWatch[]>();

  constructor(deps: AbsenceDeps, out: Pick<Observer<Absences>, 'next' | 'error'>) {
    this.#deps = deps;
    this.#out = out;
  }

  /** Rules that wait for the same sources as before go on; the others begin, and those that went end what they opened. */
  setRules(rules: readonly AbsenceRule[]): void {
    const before = this.#byRule;
    if (before === undefined) this.#endAbandoned(rules);
    const next = new Map<string, AbsenceWatch>();
    for (const rule of rules) {
      const watch = before?.get(rule.id);
      if (watch !== undefined && watchesAlike(watch.rule, rule)) next.set(rule.id, watch);
    }
    for (const [id, watch] of before ?? []) if (!next.has(id)) watch.abandon();
    this.#byRule = next;
    this.#known = new WeakMap();
    const deps = before === undefined ? this.#deps : { ...this.#deps, loaded: [], remembered: () => [] };
    for (const rule of rules) {
      const watch = next.get(rule.id);
      if (watch === undefined) next.set(rule.id, new AbsenceWatch(rule, deps, this.#out));
      else if (watch.rule !== rule) watch.adopt(rule);
    }
  }

  feed(samples: readonly Sample[]): void {
    for (const { series } of samples) for (const { heard$ } of this.#of(series)) heard$.next(series.source);
  }

  /** Every source that is watched, with the rule that waits for it. */
  *sources(): Iterable<SourceRow> {
    for (const [ruleId, watch] of this.#byRule ?? []) for (const source of watch.sources()) yield { ruleId, source };
  }

  stop(): void {
    for (const watch of this.#byRule?.values() ?? []) watch.stop();
  }

  #of(series: Series): readonly AbsenceWatch[] {
    const known = this.#known.get(series);
    if (known !== undefined) return known;
    const watches = [...(this.#byRule?.values() ?? [])].filter((watch) => watch.concerns(series));
    this.#known.set(series, watches);
    return watches;
  }

  /** What an engine before this one opened, although nobody waits for it any more. */
  #endAbandoned(rules: readonly AbsenceRule[]): void {
    const { loaded, clock } = this.#deps;
    const ids = new Set(rules.map(({ id }) => id));
    const marks = { evaluated: clock.wall() };
    for (const { record } of loaded) {
      if (record.missing !== 'absent' || !isOpen(record) || ids.has(record.rule ?? '')) continue;
      this.#out.next({ kind: 'cleared', key: record.key, reason: 'rule_removed', marks });
    }
  }
}
