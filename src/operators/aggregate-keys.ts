import type { AggregateKeySnapshot } from './aggregate-options.js';
import { KeyTable } from './parts/key-table.js';

const nextEndCell = 0;
const newestCell = 1;
const sinceCell = 2;
const toldCells = 3;

/** The keys of an aggregate, and what is known of each beside its values. */
export class AggregateKeys<K> extends KeyTable<K> {
  private readonly figures: number;

  /** `figures`: how many of those told last are remembered of each key. */
  constructor(maxKeys: number, figures: number) {
    super(maxKeys, toldCells + figures);
    this.figures = figures;
  }

  override add(key: K, now: number): number {
    const slot = super.add(key, now);
    this.setCell(slot, nextEndCell, Infinity);
    this.setCell(slot, newestCell, -Infinity);
    this.setCell(slot, sinceCell, Infinity);
    this.forgetTold(slot);
    return slot;
  }

  /** When the next window of the key ends; `Infinity` when it has no open one. */
  nextEnd(slot: number): number {
    return this.cell(slot, nextEndCell);
  }

  setNextEnd(slot: number, end: number): void {
    this.setCell(slot, nextEndCell, end);
  }

  /** The newest time of a value. */
  newest(slot: number): number {
    return this.cell(slot, newestCell);
  }

  setNewest(slot: number, time: number): void {
    this.setCell(slot, newestCell, time);
  }

  /** Since when the key is seen without a gap as long as a window. */
  since(slot: number): number {
    return this.cell(slot, sinceCell);
  }

  setSince(slot: number, time: number): void {
    this.setCell(slot, sinceCell, time);
  }

  /** Remembers a figure as told; whether it was another one before. */
  tellFigure(slot: number, index: number, figure: number): boolean {
    if (Object.is(this.cell(slot, toldCells + index), figure)) return false;
    this.setCell(slot, toldCells + index, figure);
    return true;
  }

  forgetTold(slot: number): void {
    for (let index = 0; index < this.figures; index += 1) this.setCell(slot, toldCells + index, Number.NaN);
  }

  save(slot: number): Omit<AggregateKeySnapshot<K>, 'rows' | 'revisions'> {
    const nextEnd = this.nextEnd(slot);
    return {
      key: this.keyOf(slot),
      seenAt: this.seenAt(slot),
      nextEnd: nextEnd === Infinity ? null : nextEnd,
      newest: this.newest(slot),
      since: this.since(slot),
      told: Array.from({ length: this.figures }, (_, index) => numberOrNull(this.cell(slot, toldCells + index))),
    };
  }

  /** The slot that the key got. It has no next end yet. */
  load(saved: AggregateKeySnapshot<K>): number {
    const slot = this.add(saved.key, saved.seenAt);
    this.setNewest(slot, saved.newest);
    this.setSince(slot, saved.since);
    for (const [index, figure] of saved.told.entries()) this.tellFigure(slot, index, figure ?? Number.NaN);
    return slot;
  }
}

/** JSON knows no `NaN`. */
function numberOrNull(figure: number): number | null {
  return Number.isNaN(figure) ? null : figure;
}
