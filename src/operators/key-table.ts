const initialCapacity = 64;

/** Of a look-up: the key is not in the table. A slot is never 0. */
export const noSlot = 0;

/**
 * Interns keys as small integers ("slots"), so that the state of a key lies in typed arrays, and keeps them in order of
 * use. All operations are O(1); about 60 bytes a key, the `Map` included. Slots of removed keys are used again.
 *
 * Slot 0 is the anchor of the ring that links all slots from the least to the most recently used.
 */
export class KeyTable<K> {
  readonly maxKeys: number;
  private readonly slots = new Map<K, number>();
  private keys: (K | undefined)[] = [undefined];
  private newer = new Int32Array(initialCapacity);
  private older = new Int32Array(initialCapacity);
  private seen = new Float64Array(initialCapacity);
  /** Head of the list of free slots, linked through `newer`. */
  private free = noSlot;

  constructor(maxKeys: number) {
    this.maxKeys = maxKeys;
  }

  get size(): number {
    return this.slots.size;
  }

  get full(): boolean {
    return this.slots.size >= this.maxKeys;
  }

  /** Slots are below this number. It falls back when the last key is removed. */
  get capacity(): number {
    return this.seen.length;
  }

  find(key: K): number {
    return this.slots.get(key) ?? noSlot;
  }

  /** The key must be absent, and the table not full. */
  add(key: K, now: number): number {
    const slot = this.takeSlot();
    this.slots.set(key, slot);
    this.keys[slot] = key;
    this.seen[slot] = now;
    this.linkNewest(slot);
    return slot;
  }

  /** Makes the slot the most recently used one. */
  touch(slot: number, now: number): void {
    this.seen[slot] = now;
    if (this.older[0] === slot) return;
    this.unlink(slot);
    this.linkNewest(slot);
  }

  remove(slot: number): void {
    this.slots.delete(this.keys[slot]!);
    this.keys[slot] = undefined;
    this.unlink(slot);
    this.newer[slot] = this.free;
    this.free = slot;
    if (this.slots.size === 0) this.shrink();
  }

  /** The least recently used slot. */
  oldest(): number {
    return this.newer[0]!;
  }

  keyOf(slot: number): K {
    return this.keys[slot]!;
  }

  /** When the slot was last added or touched. */
  seenAt(slot: number): number {
    return this.seen[slot]!;
  }

  /** From the least to the most recently used. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let slot = this.newer[0]!; slot !== noSlot; slot = this.newer[slot]!) yield slot;
  }

  private takeSlot(): number {
    const slot = this.free;
    if (slot !== noSlot) {
      this.free = this.newer[slot]!;
      return slot;
    }
    if (this.keys.length === this.capacity) this.grow();
    return this.keys.push(undefined) - 1;
  }

  private linkNewest(slot: number): void {
    const newest = this.older[0]!;
    this.older[slot] = newest;
    this.newer[slot] = 0;
    this.newer[newest] = slot;
    this.older[0] = slot;
  }

  private unlink(slot: number): void {
    const newer = this.newer[slot]!;
    const older = this.older[slot]!;
    this.newer[older] = newer;
    this.older[newer] = older;
  }

  private grow(): void {
    const capacity = Math.min(this.capacity * 2, this.maxKeys + 1);
    this.newer = resized(this.newer, capacity);
    this.older = resized(this.older, capacity);
    this.seen = resized(this.seen, capacity);
  }

  private shrink(): void {
    if (this.capacity === initialCapacity) return;
    this.keys = [undefined];
    this.newer = new Int32Array(initialCapacity);
    this.older = new Int32Array(initialCapacity);
    this.seen = new Float64Array(initialCapacity);
    this.free = noSlot;
  }
}

type Slab = Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** A longer copy of a typed array. */
export function resized<A extends Slab>(slab: A, length: number): A {
  const copy = new (slab.constructor as new (length: number) => A)(length);
  copy.set(slab);
  return copy;
}
