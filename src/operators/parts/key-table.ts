import { ShardedMap } from './sharded-map.js';

const initialCapacity = 64;

/** Of a look-up: the key is not in the table. A slot is never 0. */
export const noSlot = 0;

/** A record starts with two doubles: when the slot was last used, and, as integers, its two neighbours in the ring. */
const headDoubles = 2;
const newer = 2;
const older = 3;

/** Numbers that the owner of a table keeps for each key. */
export interface Cells {
  cell(slot: number, index: number): number;
  setCell(slot: number, index: number, value: number): void;
}

/**
 * Interns keys as small integers ("slots"), so that the state of a key lies in typed arrays, and keeps them in order of
 * use. All operations are O(1); about 60 bytes a key, the map included, and 8 for each cell. Slots of removed keys are
 * used again.
 *
 * Everything about a slot lies in one record, its cells too: an event of a key fetches one or two cache lines, not
 * one for each array. Slot 0 is the anchor of the ring that links all slots from the least to the most recently used.
 */
export class KeyTable<K> implements Cells {
  readonly maxKeys: number;
  private readonly cells: number;
  private readonly doubles: number;
  private readonly slots = new ShardedMap<K>();
  private keys: (K | undefined)[] = [undefined];
  /** Two views of the same records. */
  private numbers!: Float64Array<ArrayBuffer>;
  private links!: Int32Array<ArrayBuffer>;
  /** Head of the list of free slots, linked through `newer`. */
  private free = noSlot;

  constructor(maxKeys: number, cells = 0) {
    this.maxKeys = maxKeys;
    this.cells = cells;
    this.doubles = headDoubles + cells;
    this.allocate(initialCapacity);
  }

  get size(): number {
    return this.slots.size;
  }

  get full(): boolean {
    return this.slots.size >= this.maxKeys;
  }

  /** Slots are below this number. It falls back when the last key is removed. */
  get capacity(): number {
    return this.numbers.length / this.doubles;
  }

  find(key: K): number {
    return this.slots.get(key) ?? noSlot;
  }

  /** The key must be absent, and the table not full. Its cells are 0. */
  add(key: K, now: number): number {
    const slot = this.takeSlot();
    this.slots.add(key, slot);
    this.keys[slot] = key;
    this.numbers[slot * this.doubles] = now;
    for (let index = 0; index < this.cells; index += 1) this.setCell(slot, index, 0);
    this.linkNewest(slot);
    return slot;
  }

  cell(slot: number, index: number): number {
    return this.numbers[slot * this.doubles + headDoubles + index]!;
  }

  setCell(slot: number, index: number, value: number): void {
    this.numbers[slot * this.doubles + headDoubles + index] = value;
  }

  /** Makes the slot the most recently used one. */
  touch(slot: number, now: number): void {
    this.numbers[slot * this.doubles] = now;
    if (this.links[older] === slot) return;
    this.unlink(slot);
    this.linkNewest(slot);
  }

  remove(slot: number): void {
    this.slots.delete(this.keys[slot]!);
    this.keys[slot] = undefined;
    this.unlink(slot);
    this.links[this.linksOf(slot) + newer] = this.free;
    this.free = slot;
    if (this.slots.size === 0) this.shrink();
  }

  /** The least recently used slot. */
  oldest(): number {
    return this.links[newer]!;
  }

  keyOf(slot: number): K {
    return this.keys[slot]!;
  }

  /** When the slot was last added or touched. */
  seenAt(slot: number): number {
    return this.numbers[slot * this.doubles]!;
  }

  /** From the least to the most recently used. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let slot = this.oldest(); slot !== noSlot; slot = this.links[this.linksOf(slot) + newer]!) yield slot;
  }

  private linksOf(slot: number): number {
    return 2 * this.doubles * slot;
  }

  private takeSlot(): number {
    const slot = this.free;
    if (slot !== noSlot) {
      this.free = this.links[this.linksOf(slot) + newer]!;
      return slot;
    }
    if (this.keys.length === this.capacity) this.grow();
    return this.keys.push(undefined) - 1;
  }

  private linkNewest(slot: number): void {
    const newest = this.links[older]!;
    this.links[this.linksOf(slot) + older] = newest;
    this.links[this.linksOf(slot) + newer] = 0;
    this.links[this.linksOf(newest) + newer] = slot;
    this.links[older] = slot;
  }

  private unlink(slot: number): void {
    const above = this.links[this.linksOf(slot) + newer]!;
    const below = this.links[this.linksOf(slot) + older]!;
    this.links[this.linksOf(below) + newer] = above;
    this.links[this.linksOf(above) + older] = below;
  }

  private grow(): void {
    const { links } = this;
    this.allocate(Math.min(this.capacity * 2, this.maxKeys + 1));
    this.links.set(links);
  }

  private shrink(): void {
    if (this.capacity === initialCapacity) return;
    this.keys = [undefined];
    this.free = noSlot;
    this.allocate(initialCapacity);
  }

  private allocate(capacity: number): void {
    this.numbers = new Float64Array(capacity * this.doubles);
    this.links = new Int32Array(this.numbers.buffer);
  }
}

type Slab = Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** A copy of a typed array, longer or shorter. */
export function resized<A extends Slab>(slab: A, length: number): A {
  const copy = new (slab.constructor as new (length: number) => A)(length);
  copy.set(slab.subarray(0, length));
  return copy;
}
