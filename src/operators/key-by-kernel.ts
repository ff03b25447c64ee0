import { checkKeyBy, type KeyByKernelOptions, type KeyBySnapshot } from './key-by-options.js';
import { maxKeysOption } from './options.js';
import { notBefore } from './parts/kernel-time.js';
import { KeyTable, noSlot } from './parts/key-table.js';
import type { OverflowPolicy } from './side.js';
import { requireVersion } from './state-handle.js';

/**
 * Which keys are open, and since when each is idle. Free of RxJS; times are milliseconds on any clock that the caller
 * chooses, rounded down to whole ones.
 *
 * An open key has a slot, a small integer from 1 that stays its own until it is closed: the caller keeps what belongs to
 * a key in an array by slot. A key is idle once `now − t >= idleMs`, where `t` is when it was last used. All keys are
 * idle after the same time, so the order of use is the queue of expiry, and no timer a key is needed.
 *
 * The caller closes, because closing runs its own code: `advance(now)` names the next key that is idle, `surplus()` the
 * one that has to make room for a new key.
 *
 * @example
 * const kernel = new KeyByKernel<string>({ idleMs: 60_000 });
 * const slot = kernel.process('a', now) || kernel.open('a', now);
 * for (let idle = kernel.advance(now); idle !== 0; idle = kernel.advance(now)) kernel.close(idle);
 */
export class KeyByKernel<K> {
  private readonly idleMs: number;
  private readonly overflow: OverflowPolicy;
  private readonly table: KeyTable<K>;
  private now = 0;

  /** Throws `RangeError` or `TypeError` for a bad option, and for a snapshot that does not fit. */
  constructor(options: KeyByKernelOptions, snapshot?: KeyBySnapshot<K>) {
    checkKeyBy('keyBy', options);
    this.idleMs = options.idleMs;
    this.overflow = options.overflow ?? 'evict';
    this.table = new KeyTable(maxKeysOption('keyBy.maxKeys', options.maxKeys));
    if (snapshot !== undefined) this.restore(snapshot);
  }

  /** How many keys are open. */
  get size(): number {
    return this.table.size;
  }

  /** Uses a key: its slot, or 0 when it is not open. A key that has become idle is to be closed first: see `isIdle`. */
  process(key: K, now: number): number {
    this.turn(now);
    const slot = this.table.find(key);
    if (slot !== noSlot && !this.isIdle(slot)) this.table.touch(slot, this.now);
    return slot;
  }

  /** Opens a key that is not open. 0 when there is no room; throws `RangeError` then if `overflow` is `'error'`. */
  open(key: K, now: number): number {
    this.turn(now);
    if (!this.table.full) return this.table.add(key, this.now);
    if (this.overflow !== 'error') return noSlot;
    throw new RangeError(`keyBy: more than ${this.table.maxKeys} keys (maxKeys)`);
  }

  close(slot: number): void {
    this.table.remove(slot);
  }

  /** Whether the key was unused for `idleMs`, at the latest time that the kernel was told. */
  isIdle(slot: number): boolean {
    return this.now - this.table.seenAt(slot) >= this.idleMs;
  }

  /** The key that was idle for longest; 0 when none is. Close it, and ask again: as many a turn as the caller can bear. */
  advance(now: number): number {
    this.turn(now);
    const slot = this.table.oldest();
    return slot !== noSlot && this.isIdle(slot) ? slot : noSlot;
  }

  /** The key that has to go before another one can be opened; 0 when there is room, or `overflow` is not `'evict'`. */
  surplus(): number {
    return this.table.full && this.overflow === 'evict' ? this.table.oldest() : noSlot;
  }

  /** When `advance` has something to name; `Infinity` when never. */
  nextDue(): number {
    const slot = this.table.oldest();
    return slot === noSlot ? Infinity : this.table.seenAt(slot) + this.idleMs;
  }

  keyOf(slot: number): K {
    return this.table.keyOf(slot);
  }

  /** When the key was last used. */
  seenAt(slot: number): number {
    return this.table.seenAt(slot);
  }

  snapshot(): KeyBySnapshot<K> {
    const { table, now } = this;
    return { version: 1, now, keys: Array.from(table, (slot) => [table.keyOf(slot), table.seenAt(slot)]) };
  }

  private restore(snapshot: KeyBySnapshot<K>): void {
    requireVersion('keyBy', snapshot, 1);
    for (const [key, seenAt] of snapshot.keys) {
      if (this.table.full) this.close(this.table.oldest());
      this.open(key, seenAt);
    }
    this.turn(snapshot.now);
  }

  private turn(now: number): void {
    this.now = notBefore(this.now, Math.floor(now));
  }
}
