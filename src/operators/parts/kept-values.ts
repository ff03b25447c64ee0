import { KeyTable } from './key-table.js';
import type { Labels } from './matchers.js';
import { SlotLists } from './slot-lists.js';

/** The list of those that nothing is known to mute any more. */
const undecided = 0;

/** What a snapshot tells of a kept value. */
export type KeptEntry<T, K> = readonly [key: K, value: T, labels: Labels];

/**
 * The last muted value of each key, each with one thing that mutes it, its cause: a number from 1 on. When a cause is
 * over, its values are undecided until somebody looks at their labels again, so that neither the end of a cause nor a
 * new one has to look at all values.
 *
 * About 110 bytes a value; the value itself, its key and its labels are not counted.
 */
export class KeptValues<T, K> {
  private readonly table: KeyTable<K>;
  private readonly lists = new SlotLists();
  private values: (T | undefined)[] = [];
  private labels: (Labels | undefined)[] = [];

  constructor(maxKeys: number) {
    this.table = new KeyTable(maxKeys);
  }

  get size(): number {
    return this.table.size;
  }

  get maxKeys(): number {
    return this.table.maxKeys;
  }

  get isFull(): boolean {
    return this.table.full;
  }

  /** Nothing may be kept under the key yet, and there must be room. Without a cause it is undecided. */
  keep(key: K, value: T, labels: Labels, now: number, cause = undecided): void {
    const slot = this.table.add(key, now);
    this.values[slot] = value;
    this.labels[slot] = labels;
    this.lists.put(slot, cause);
  }

  /** Where a key is kept; 0 when it is not. */
  find(key: K): number {
    return this.table.find(key);
  }

  keyOf(slot: number): K {
    return this.table.keyOf(slot);
  }

  valueOf(slot: number): T {
    return this.values[slot] as T;
  }

  labelsOf(slot: number): Labels {
    return this.labels[slot]!;
  }

  remove(slot: number): void {
    this.lists.remove(slot);
    this.values[slot] = undefined;
    this.labels[slot] = undefined;
    this.table.remove(slot);
    if (this.table.size > 0) return;
    this.values = [];
    this.labels = [];
    this.lists.clear();
  }

  /** The cause is over: what it muted is undecided. */
  endCause(cause: number): void {
    this.lists.pour(cause, undecided);
  }

  get hasUndecided(): boolean {
    return !this.lists.isEmpty(undecided);
  }

  /** The first one that is undecided. There must be one. */
  nextUndecided(): number {
    return this.lists.first(undecided);
  }

  setCause(slot: number, cause: number): void {
    this.lists.put(slot, cause);
  }

  /** The first one in order of use; 0 when nothing is kept. */
  oldest(): number {
    return this.table.oldest();
  }

  entries(): readonly KeptEntry<T, K>[] {
    return Array.from(this.table, (slot) => [this.keyOf(slot), this.valueOf(slot), this.labelsOf(slot)] as const);
  }
}
