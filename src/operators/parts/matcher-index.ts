import { type Anchor, type CompiledMatchers, type Labels, labelOf } from './matchers.js';

/** One entry of an index. It knows its place, so that it can be taken out again at once. */
export class Posting<V> {
  readonly matchers: CompiledMatchers;
  readonly value: V;
  table: Table<V> | undefined;
  anchor: Anchor | undefined;
  place = 0;

  constructor(matchers: CompiledMatchers, value: V) {
    this.matchers = matchers;
    this.value = value;
  }
}

/** Entries that ask for the same part of the same label, by the text that they ask for. */
interface Table<V> {
  readonly label: string;
  readonly length: number;
  readonly texts: Map<string, Posting<V>[]>;
}

/**
 * Finds what matches some labels without trying all: each entry is kept under one text that a label of its must be, or
 * begin with, whichever is rarest among the entries so far; matchers are tried only when that text is met. What has no
 * such text, because it has only `!=`, `!~` or patterns that begin with anything, is tried each time.
 *
 * Cost of a look-up: one map for each different label and length of text, and what is found there.
 */
export class MatcherIndex<V> {
  private readonly tables: Table<V>[] = [];
  private readonly rest: Posting<V>[] = [];

  add(matchers: CompiledMatchers, value: V): Posting<V> {
    const posting = new Posting(matchers, value);
    posting.anchor = this.rarest(matchers.anchors);
    const list = posting.anchor === undefined ? this.rest : this.listFor(posting, posting.anchor);
    posting.place = list.push(posting) - 1;
    return posting;
  }

  remove({ table, anchor, place }: Posting<V>): void {
    if (table === undefined || anchor === undefined) {
      takeOut(this.rest, place);
      return;
    }
    const list = table.texts.get(anchor.text)!;
    takeOut(list, place);
    if (list.length === 0) table.texts.delete(anchor.text);
    if (table.texts.size === 0) this.tables.splice(this.tables.indexOf(table), 1);
  }

  /** Adds what matches to `found`, in no particular order. */
  collect(labels: Labels, found: V[]): void {
    for (const table of this.tables) {
      const text = labelOf(labels, table.label);
      const list = table.texts.get(table.length === Infinity ? text : text.slice(0, table.length));
      if (list !== undefined) collectMatching(list, labels, found);
    }
    collectMatching(this.rest, labels, found);
  }

  private rarest(anchors: readonly Anchor[]): Anchor | undefined {
    let best: Anchor | undefined;
    let fewest = Infinity;
    for (const anchor of anchors) {
      const count = this.tableOf(anchor)?.texts.get(anchor.text)?.length ?? 0;
      if (count < fewest) {
        best = anchor;
        fewest = count;
      }
    }
    return best;
  }

  private tableOf({ label, length }: Anchor): Table<V> | undefined {
    return this.tables.find((table) => table.label === label && table.length === length);
  }

  private listFor(posting: Posting<V>, anchor: Anchor): Posting<V>[] {
    let table = this.tableOf(anchor);
    if (table === undefined) {
      table = { label: anchor.label, length: anchor.length, texts: new Map() };
      this.tables.push(table);
    }
    posting.table = table;
    let list = table.texts.get(anchor.text);
    if (list === undefined) {
      list = [];
      table.texts.set(anchor.text, list);
    }
    return list;
  }
}

function collectMatching<V>(list: readonly Posting<V>[], labels: Labels, found: V[]): void {
  for (const posting of list) if (posting.matchers.matches(labels)) found.push(posting.value);
}

/** The last one takes the place. */
function takeOut<V>(list: Posting<V>[], place: number): void {
  const last = list.pop()!;
  if (place === list.length) return;
  list[place] = last;
  last.place = place;
}
