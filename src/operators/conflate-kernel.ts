import {
  type Conflated,
  type ConflateKernelOptions,
  type ConflatePending,
  type ConflateSnapshot,
  checkConflate,
  defaultPerDrain,
} from './conflate-options.js';
import { maxKeysOption } from './options.js';
import { Conflation, noMore } from './parts/conflation.js';
import { notBefore } from './parts/kernel-time.js';
import { KeyTable, noSlot } from './parts/key-table.js';
import type { OverflowPolicy } from './side.js';
import { requireVersion } from './state-handle.js';

const nothing: readonly never[] = [];

/**
 * Keeps the latest value of each key, and count, min and max, until somebody takes them: the keys that have been
 * pending for longest first. Free of RxJS; times are milliseconds on any clock that the caller chooses.
 *
 * `put` takes a value in. Either `drain` when the consumer has room, or let the kernel say when: `demand` asks for one
 * drain, `everyMs` for many, and `advance(now)`, called at `nextDue()`, makes those that are due. A key that was taken is
 * forgotten, so the kernel holds what is pending and nothing else. Putting another value of a pending key allocates nothing.
 */
export class ConflateKernel<T, K> {
  private readonly everyMs: number;
  private readonly leading: boolean;
  /** Whether one drain goes on until nothing is left, a batch a turn. */
  private readonly drainsAll: boolean;
  private readonly maxPerDrain: number;
  private readonly overflow: OverflowPolicy;
  private readonly onEvict: ((evicted: Conflated<T, K>) => void) | undefined;
  private readonly table: KeyTable<K>;
  /** By slot of the table. */
  private pending = new Conflation();
  private values: (T | undefined)[] = [];
  private now = 0;
  private due = Infinity;
  /** From when on the first value that finds nothing pending may pass at once. */
  private openAt: number;

  /** Throws `RangeError` or `TypeError` for a bad option, and for a snapshot that does not fit. */
  constructor(options: ConflateKernelOptions<T, K> = {}, snapshot?: ConflateSnapshot<T, K>) {
    checkConflate('conflate', options);
    this.everyMs = options.everyMs ?? Infinity;
    this.leading = options.leading ?? false;
    this.drainsAll = options.maxPerDrain === undefined && options.everyMs !== undefined;
    this.maxPerDrain = options.maxPerDrain ?? defaultPerDrain;
    this.overflow = options.overflow ?? 'evict';
    this.onEvict = options.onEvict;
    this.table = new KeyTable(maxKeysOption('conflate.maxKeys', options.maxKeys));
    this.openAt = options.everyMs === undefined ? Infinity : 0;
    if (snapshot !== undefined) this.restore(snapshot);
  }

  /** How many keys are pending. */
  get size(): number {
    return this.table.size;
  }

  /**
   * Takes a value in. `number`, finite, counts for min and max: give one with each value of a key, or with none. `time`,
   * finite, says which value is the latest; default `now`; of equal times, the one that was put last.
   *
   * Returns false when it is a new key beyond `maxKeys` and `overflow` is `'reject'`; throws `RangeError` when that is `'error'`.
   */
  put(key: K, value: T, now: number, number = Number.NaN, time?: number): boolean {
    this.turn(now);
    let slot = this.table.find(key);
    if (slot === noSlot) {
      if (!this.makeRoom()) return false;
      if (this.due === Infinity) this.due = this.leading ? Math.max(this.now, this.openAt) : this.now + this.everyMs;
      slot = this.table.add(key, this.now);
    }
    if (this.pending.put(slot, time ?? this.now, number)) this.values[slot] = value;
    return true;
  }

  /** The consumer has room for one drain. With nothing pending and `leading`, the next value is due at once. */
  demand(now: number): void {
    this.turn(now);
    if (this.table.size > 0) this.due = Math.min(this.due, this.now);
    else this.openAt = Math.min(this.openAt, this.now);
  }

  /** Takes what is due: one batch, empty when nothing is. Maybe not all of it: look at `nextDue()` again. */
  advance(now: number): readonly Conflated<T, K>[] {
    this.turn(now);
    if (this.due > this.now) return nothing;
    const batch = this.drain(this.maxPerDrain, now);
    if (this.drainsAll && this.table.size > 0) this.due = this.now;
    return batch;
  }

  /** Takes up to `max` keys now, those that have been pending for longest first. */
  drain(max: number, now: number): readonly Conflated<T, K>[] {
    this.turn(now);
    const batch: Conflated<T, K>[] = [];
    while (batch.length < max && this.table.size > 0) batch.push(this.takeFirst());
    this.openAt = this.now + this.everyMs;
    this.due = this.table.size > 0 ? this.openAt : Infinity;
    return batch;
  }

  /** The stream has ended: all that is pending. */
  flush(now: number): readonly Conflated<T, K>[] {
    return this.drain(Infinity, now);
  }

  /** When `advance` has something to take; `Infinity` when never. */
  nextDue(): number {
    return this.due;
  }

  snapshot(): ConflateSnapshot<T, K> {
    const pending: ConflatePending<T, K>[] = [];
    for (let slot = this.pending.first(); slot !== noMore; slot = this.pending.after(slot))
      pending.push(this.save(slot));
    return { version: 1, now: this.now, due: finiteOrNull(this.due), openAt: finiteOrNull(this.openAt), pending };
  }

  private restore(snapshot: ConflateSnapshot<T, K>): void {
    requireVersion('conflate', snapshot, 1);
    this.now = notBefore(this.now, snapshot.now);
    for (const [key, value, time, count, min, max] of snapshot.pending) {
      if (!this.makeRoom()) throw this.tooMany();
      const slot = this.table.add(key, this.now);
      this.pending.merge(slot, time, 0, count, min ?? Number.NaN, max ?? Number.NaN);
      this.values[slot] = value;
    }
    this.due = snapshot.due ?? Infinity;
    this.openAt = snapshot.openAt ?? Infinity;
  }

  private turn(now: number): void {
    this.now = notBefore(this.now, now);
  }

  /** For one key more. */
  private makeRoom(): boolean {
    if (!this.table.full) return true;
    if (this.overflow === 'error') throw this.tooMany();
    if (this.overflow === 'evict') {
      const evicted = this.takeFirst();
      this.onEvict?.(evicted);
    }
    return !this.table.full;
  }

  private tooMany(): RangeError {
    return new RangeError(`conflate: more than ${this.table.maxKeys} keys pending (maxKeys)`);
  }

  private takeFirst(): Conflated<T, K> {
    const slot = this.pending.first();
    const taken = this.outcome(slot);
    this.values[slot] = undefined;
    this.pending.remove(slot);
    this.table.remove(slot);
    if (this.table.size === 0) this.giveBack();
    return taken;
  }

  /** The table gives its memory back when the last key goes, and so does what is beside it. */
  private giveBack(): void {
    this.pending = new Conflation();
    this.values = [];
  }

  private outcome(slot: number): Conflated<T, K> {
    const { pending } = this;
    const key = this.table.keyOf(slot);
    const value = this.values[slot] as T;
    const count = pending.count(slot);
    const min = pending.min(slot);
    return Number.isNaN(min) ? { key, value, count } : { key, value, count, min, max: pending.max(slot) };
  }

  private save(slot: number): ConflatePending<T, K> {
    const { key, value, count, min = null, max = null } = this.outcome(slot);
    return [key, value, this.pending.time(slot), count, min, max];
  }
}

function finiteOrNull(time: number): number | null {
  return time === Infinity ? null : time;
}
