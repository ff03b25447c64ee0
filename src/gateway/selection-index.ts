import type { Series } from '../model/series.js';
import type { Filter } from '../model/wire.js';
import { seriesFilter } from './filter.js';
import { Selection } from './selection.js';
import type { SeriesBoard } from './series-board.js';
import { SubjectTree } from './subject-tree.js';

/** Which selections hold which series. Patterns are resolved once: when a series or a selection appears. */
export class SelectionIndex {
  readonly #board: Pick<SeriesBoard, 'watch' | 'unwatch'>;
  readonly #series: SubjectTree<Series> = new SubjectTree();
  readonly #patterns: SubjectTree<Selection> = new SubjectTree();
  readonly #selections = new Map<string, Selection>();

  /** `board` is told which series are watched. */
  constructor(board: Pick<SeriesBoard, 'watch' | 'unwatch'>) {
    this.#board = board;
  }

  /** The selection of those patterns and that filter, made when nobody holds it yet. */
  selection(subjects: readonly string[], filter: Filter): Selection {
    const patterns = [...new Set(subjects)].sort();
    const key = JSON.stringify([patterns, filter.source ?? '', Object.entries(filter.labels ?? {}).sort()]);
    const known = this.#selections.get(key);
    if (known !== undefined) return known;
    const made = new Selection(key, patterns, seriesFilter(filter));
    for (const series of this.#chosenBy(made)) this.#add(made, series);
    for (const pattern of patterns) this.#patterns.add(pattern, made);
    this.#selections.set(key, made);
    return made;
  }

  /** Forgets a selection that nobody holds any more. */
  release(selection: Selection): void {
    this.#selections.delete(selection.key);
    for (const pattern of selection.patterns) this.#patterns.delete(pattern, selection);
    for (const sid of selection.sids) this.#board.unwatch(sid);
  }

  /** Files a new series; returns the selections that hold it from now on. */
  admit(series: Series): Selection[] {
    this.#series.add(series.subject, series);
    const candidates = new Set(this.#patterns.matching(series.subject));
    const chosen = [...candidates].filter((selection) => selection.chooses(series));
    for (const selection of chosen) this.#add(selection, series);
    return chosen;
  }

  #chosenBy(selection: Selection): Set<Series> {
    const found = new Set<Series>();
    for (const pattern of selection.patterns) {
      for (const series of this.#series.within(pattern)) if (selection.chooses(series)) found.add(series);
    }
    return found;
  }

  #add(selection: Selection, { sid }: Series): void {
    selection.sids.push(sid);
    this.#board.watch(sid);
  }
}
