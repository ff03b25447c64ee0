import { ShardedMap } from './sharded-map.js';

const initialCapacity = 64;

/** Of a look-up: the key is not in the table. A slot is never 0. */
export const noSlot = 0;

/** Each slot has a record of 16 bytes, in one cache line: when it was last used, and its two neighbours in the ring. */
const recordBytes = 16;
const newer = 2;
const older = 3;

/**
 * Interns keys as small integers ("slots"), so that the state of a key lies in typed arrays, and keeps them in order of
 * use. All operations are O(1); about 60 bytes a key, the map included. Slots of removed keys are used again.
 *
 * Slot 0 is the anchor of the ring that links all slots from the least to the most recently used.
 */
export class KeyTable<K> {
  readonly maxKeys: number;
  private readonly slots = new ShardedMap<K>();
  private keys: (K | undefined)[] = [undefined];
  private seen!: Float64Array<ArrayBuffer>;
  private links!: Int32Array<ArrayBuffer>;
  /** Head of the list of free slots, linked through `newer`. */
  private free = noSlot;

  constructor(maxKeys: number) {
    this.maxKeys = maxKeys;
    this.hold(new ArrayBuffer(initialCapacity * recordBytes));
  }

  get size(): number {
    return this.slots.size;
  }

  get full(): boolean {
    return this.slots.size >= this.maxKeys;
  }

  /** Slots are below this number. It falls back when the last key is removed. */
  get capacity(): number {
    return this.links.length >> 2;
  }

  find(key: K): number {
    return this.slots.get(key) ?? noSlot;
  }

  /** The key must be absent, and the table not full. */
  add(key: K, now: number): number {
    const slot = this.takeSlot();
    this.slots.add(key, slot);
    this.keys[slot] = key;
    this.seen[slot << 1] = now;
    this.linkNewest(slot);
    return slot;
  }

  /** Makes the slot the most recently used one. */
  touch(slot: number, now: number): void {
    this.seen[slot << 1] = now;
    if (this.links[older] === slot) return;
    this.unlink(slot);
    this.linkNewest(slot);
  }

  remove(slot: number): void {
    this.slots.delete(this.keys[slot]!);
    this.keys[slot] = undefined;
    this.unlink(slot);
    this.links[(slot << 2) + newer] = this.free;
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
    return this.seen[slot << 1]!;
  }

  /** From the least to the most recently used. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let slot = this.oldest(); slot !== noSlot; slot = this.links[(slot << 2) + newer]!) yield slot;
  }

  private takeSlot(): number {
    const slot = this.free;
    if (slot !== noSlot) {
      this.free = this.links[(slot << 2) + newer]!;
      return slot;
    }
    if (this.keys.length === this.capacity) this.grow();
    return this.keys.push(undefined) - 1;
  }

  private linkNewest(slot: number): void {
    const newest = this.links[older]!;
    this.links[(slot << 2) + older] = newest;
    this.links[(slot << 2) + newer] = 0;
    this.links[(newest << 2) + newer] = slot;
    this.links[older] = slot;
  }

  private unlink(slot: number): void {
    const above = this.links[(slot << 2) + newer]!;
    const below = this.links[(slot << 2) + older]!;
    this.links[(below << 2) + newer] = above;
    this.links[(above << 2) + older] = below;
  }

  private grow(): void {
    const { links } = this;
    this.hold(new ArrayBuffer(Math.min(this.capacity * 2, this.maxKeys + 1) * recordBytes));
    this.links.set(links);
  }

  private shrink(): void {
    if (this.capacity === initialCapacity) return;
    this.keys = [undefined];
    this.free = noSlot;
    this.hold(new ArrayBuffer(initialCapacity * recordBytes));
  }

  private hold(records: ArrayBuffer): void {
    this.seen = new Float64Array(records);
    this.links = new Int32Array(records);
  }
}

type Slab = Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** A longer copy of a typed array. */
export function resized<A extends Slab>(slab: A, length: number): A {
  const copy = new (slab.constructor as new (length: number) => A)(length);
  copy.set(slab);
  return copy;
}
