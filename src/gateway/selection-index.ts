import type { Series } from '../model/series.js';
import type { Filter } from '../model/wire.js';
import { seriesFilter } from './filter.js';
import { Selection } from './selection.js';
import { SubjectTree } from './subject-tree.js';

/** A selection that holds a series, and where. */
interface Watcher {
  readonly selection: Selection;
  readonly position: number;
}

const nobody: readonly Watcher[] = [];

/** Which selections hold which series. Patterns are resolved once: when a series or a selection appears. */
export class SelectionIndex {
  readonly #series: SubjectTree<Series> = new SubjectTree();
  readonly #patterns: SubjectTree<Selection> = new SubjectTree();
  readonly #selections = new Map<string, Selection>();
  /** By series id. */
  readonly #watchers: (Watcher[] | undefined)[] = [];
  readonly #onWatched: (sid: number, watched: boolean) => void;

  /** `onWatched` hears when a series gets its first watcher or loses its last. */
  constructor(onWatched: (sid: number, watched: boolean) => void) {
    this.#onWatched = onWatched;
  }

  watchers(sid: number): readonly Watcher[] {
    return this.#watchers[sid] ?? nobody;
  }

  /** The selection of those patterns and that filter, made when nobody holds it yet. */
  selection(subjects: readonly string[], filter: Filter): Selection {
    const patterns = [...new Set(subjects)].sort();
    const key = JSON.stringify([patterns, filter.source ?? '', Object.entries(filter.labels ?? {}).sort()]);
    const known = this.#selections.get(key);
    if (known !== undefined) return known;
    const made = new Selection(key, patterns, seriesFilter(filter));
    for (const series of this.#chosenBy(made)) this.#watch(made, series.sid);
    for (const pattern of patterns) this.#patterns.add(pattern, made);
    this.#selections.set(key, made);
    return made;
  }

  /** Forgets a selection that nobody holds any more. */
  release(selection: Selection): void {
    this.#selections.delete(selection.key);
    for (const pattern of selection.patterns) this.#patterns.delete(pattern, selection);
    for (const sid of selection.sids) this.#unwatch(selection, sid);
  }

  /** Files a new series; returns the selections that hold it from now on. */
  admit(series: Series): Selection[] {
    this.#series.add(series.subject, series);
    const candidates = new Set(this.#patterns.matching(series.subject));
    const chosen = [...candidates].filter((selection) => selection.chooses(series));
    for (const selection of chosen) this.#watch(selection, series.sid);
    return chosen;
  }

  #chosenBy(selection: Selection): Set<Series> {
    const found = new Set<Series>();
    for (const pattern of selection.patterns) {
      for (const series of this.#series.within(pattern)) if (selection.chooses(series)) found.add(series);
    }
    return found;
  }

  #watch(selection: Selection, sid: number): void {
    const position = selection.sids.push(sid) - 1;
    const watchers = this.#watchers[sid];
    if (watchers !== undefined) {
      watchers.push({ selection, position });
      return;
    }
    this.#watchers[sid] = [{ selection, position }];
    this.#onWatched(sid, true);
  }

  #unwatch(selection: Selection, sid: number): void {
    const remaining = this.#watchers[sid]?.filter((watcher) => watcher.selection !== selection);
    this.#watchers[sid] = remaining?.length === 0 ? undefined : remaining;
    if (this.#watchers[sid] === undefined) this.#onWatched(sid, false);
  }
}
