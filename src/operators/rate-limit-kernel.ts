import { maxKeysOption } from './options.js';
import { Gcra } from './parts/gcra.js';
import { notBefore } from './parts/kernel-time.js';
import { KeyTable, noSlot } from './parts/key-table.js';
import { longestWindow, type RateAlgorithm, type RateStore, type RateWindow } from './parts/rate-windows.js';
import { SlidingWindows } from './parts/sliding-windows.js';
import { type Trip, Trips } from './parts/trips.js';
import {
  checkRateLimit,
  type RateLimitEvicted,
  type RateLimitKernelOptions,
  type RateLimitReopened,
  type RateLimitSnapshot,
  type RateLimitToken,
  type RateLimitVerdict,
  requireSameAlgorithm,
} from './rate-limit-options.js';
import type { OverflowPolicy } from './side.js';
import { requireVersion } from './state-handle.js';

/** Most keys that one `advance` reopens or forgets, so that a mass expiry never stalls the event loop. */
const mostPerAdvance = 500;
/** Idle keys that each new key makes room of, so that a kernel without `advance` is bounded too. */
const mostPerNewKey = 2;
const nothing: readonly never[] = [];

/**
 * Decides per key whether one more fits into all windows. Free of RxJS; times are milliseconds on any clock that the
 * caller chooses, rounded down to whole ones. An item counts while `now − t < perMs`.
 *
 * `peek` asks, `commit` uses room up, `release` gives it back, `refuse` notes that a value was held back; `process` is
 * ask and act in one. The first refusal trips a key for `cooldownMs`; when that is over and the windows have room,
 * `advance` tells how many were held back. Call `advance(now)` at `nextDue()`.
 */
export class RateLimitKernel<K> {
  private readonly cooldownMs: number;
  private readonly idleMs: number;
  private readonly overflow: OverflowPolicy;
  private readonly algorithm: RateAlgorithm;
  private readonly windows: readonly RateWindow[];
  private readonly onEvict: ((evicted: RateLimitEvicted<K>) => void) | undefined;
  private readonly table: KeyTable<K>;
  private readonly store: RateStore;
  private readonly trips = new Trips();
  private readonly verdict = { admitted: true, reason: 'admitted' as RateLimitVerdict['reason'], retryAt: 0 };
  private now = 0;
  private reopened: RateLimitReopened<K>[] = [];

  /** Throws `RangeError` or `TypeError` for a bad option, and for a snapshot that does not fit. */
  constructor(options: RateLimitKernelOptions<K>, snapshot?: RateLimitSnapshot<K>) {
    checkRateLimit('rateLimit', options);
    this.windows = options.windows;
    this.algorithm = options.algorithm ?? 'exact';
    this.cooldownMs = options.cooldownMs ?? 0;
    this.idleMs = options.idleMs ?? longestWindow(options.windows) + this.cooldownMs;
    this.overflow = options.overflow ?? 'evict';
    this.onEvict = options.onEvict;
    const { windows } = options;
    const isExact = this.algorithm === 'exact';
    this.table = new KeyTable(maxKeysOption('rateLimit.maxKeys', options.maxKeys), isExact ? 1 : windows.length);
    this.store = isExact ? new SlidingWindows(windows, this.table) : new Gcra(windows, this.table);
    if (snapshot !== undefined) this.restore(snapshot);
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.table.size;
  }

  peek(key: K, now: number): RateLimitVerdict {
    this.turn(now);
    const slot = this.table.find(key);
    return slot === noSlot ? this.judgeNew() : this.judge(slot);
  }

  /** Uses up room for one, whatever `peek` said; a new key always finds a place. Also replays what passed earlier. */
  commit(key: K, now: number): RateLimitToken<K> {
    this.turn(now);
    const slot = this.slotFor(key);
    const token = { key, at: this.now, before: this.store.before(slot) };
    this.store.record(slot, this.now);
    return token;
  }

  /** Gives back what `commit` used up. Does nothing when the key was forgotten meanwhile. */
  release(token: RateLimitToken<K>): void {
    const slot = this.table.find(token.key);
    if (slot === noSlot) return;
    this.store.undo(slot, token.at, this.now, token.before);
    const trip = this.trips.get(slot);
    if (trip !== undefined) this.trips.postpone(slot, this.reopensAt(trip), this.now);
  }

  /** Notes that a value was held back: trips the key, or counts. */
  refuse(key: K, now: number): void {
    this.turn(now);
    const slot = this.table.find(key);
    if (slot === noSlot) return;
    this.table.touch(slot, this.now);
    this.holdBack(slot);
  }

  /** Takes one `refuse` back. */
  pardon(key: K): void {
    const trip = this.trips.get(this.table.find(key));
    if (trip === undefined) return;
    trip.heldBack -= 1;
    if (trip.heldBack === 0) this.trips.end(trip.slot);
  }

  /** Asks, and commits or refuses. Throws `RangeError` for a new key beyond `maxKeys` when `overflow` is `'error'`. */
  process(key: K, now: number): RateLimitVerdict {
    this.turn(now);
    const slot = this.table.find(key);
    if (slot === noSlot) return this.processNew(key);
    const verdict = this.judge(slot);
    if (verdict.admitted) this.store.record(slot, this.now);
    else this.holdBack(slot);
    this.table.touch(slot, this.now);
    return verdict;
  }

  /** The keys that have room again after a trip, each once. A bounded number at a time: look at `nextDue()` again. */
  advance(now: number): readonly RateLimitReopened<K>[] {
    this.turn(now);
    this.trips.advance(this.now, (trip) => this.look(trip), mostPerAdvance);
    this.forgetIdle(mostPerAdvance);
    return this.takeReopened();
  }

  /** The stream has ended: what every tripped key still holds back. */
  flush(now: number): readonly RateLimitReopened<K>[] {
    this.turn(now);
    for (const trip of this.trips.values()) this.reopen(trip, 'complete');
    return this.takeReopened();
  }

  /** When `advance` has something to do; `Infinity` when never. */
  nextDue(): number {
    if (this.reopened.length > 0) return this.now;
    const oldest = this.table.oldest();
    if (oldest === noSlot) return Infinity;
    // A quarter more, so that one timer forgets many idle keys.
    return Math.min(this.trips.nextDue(), this.table.seenAt(oldest) + this.idleMs * 1.25);
  }

  snapshot(): RateLimitSnapshot<K> {
    const { table, store, trips, now } = this;
    return {
      version: 1,
      algorithm: this.algorithm,
      windows: this.windows,
      now,
      keys: Array.from(table, (slot) => [table.keyOf(slot), table.seenAt(slot), store.save(slot, now)]),
      trips: Array.from(trips.values(), ({ slot, trippedAt, heldBack }) => [
        table.keyOf(slot),
        trippedAt,
        trips.dueOf(slot),
        heldBack,
      ]),
      reopened: [...this.reopened],
    };
  }

  private restore(snapshot: RateLimitSnapshot<K>): void {
    requireVersion('rateLimit', snapshot, 1);
    requireSameAlgorithm(snapshot, this.algorithm, this.windows);
    this.now = notBefore(this.now, snapshot.now);
    for (const [key, seenAt, used] of snapshot.keys.slice(-this.table.maxKeys)) {
      this.store.load(this.table.add(key, seenAt), this.now, used);
    }
    const surplus = new Map<K, RateLimitEvicted<K>>();
    for (const [key] of snapshot.keys.slice(0, -this.table.maxKeys)) surplus.set(key, { key, heldBack: 0 });
    for (const [key, trippedAt, due, heldBack] of snapshot.trips) {
      const slot = this.table.find(key);
      if (slot === noSlot) surplus.set(key, { key, heldBack, trippedAt });
      else this.trips.start(slot, trippedAt, due, heldBack);
    }
    for (const evicted of surplus.values()) this.onEvict?.(evicted);
    this.reopened = [...snapshot.reopened];
  }

  private turn(now: number): void {
    this.now = notBefore(this.now, Math.floor(now));
  }

  private judge(slot: number): RateLimitVerdict {
    const trip = this.trips.get(slot);
    if (trip !== undefined && this.now >= this.trips.dueOf(slot)) this.look(trip);
    else if (trip !== undefined) return this.judgeTripped(trip);
    const room = this.store.roomAt(slot, this.now);
    return room > this.now ? this.say('window', room) : this.say('admitted', this.now);
  }

  private judgeTripped(trip: Trip): RateLimitVerdict {
    const cooling = this.now < trip.trippedAt + this.cooldownMs;
    return this.say(cooling ? 'cooldown' : 'window', this.trips.dueOf(trip.slot));
  }

  private judgeNew(): RateLimitVerdict {
    this.forgetIdle(mostPerNewKey);
    if (!this.table.full || this.overflow === 'evict') return this.say('admitted', this.now);
    return this.say('max_keys', this.table.seenAt(this.table.oldest()) + this.idleMs);
  }

  private processNew(key: K): RateLimitVerdict {
    const verdict = this.judgeNew();
    if (verdict.admitted) this.store.record(this.add(key, this.now), this.now);
    else if (this.overflow === 'error')
      throw new RangeError(`rateLimit: more than ${this.table.maxKeys} keys (maxKeys)`);
    return verdict;
  }

  private say(reason: RateLimitVerdict['reason'], retryAt: number): RateLimitVerdict {
    this.verdict.admitted = reason === 'admitted';
    this.verdict.reason = reason;
    this.verdict.retryAt = retryAt;
    return this.verdict;
  }

  private holdBack(slot: number): void {
    if (this.cooldownMs === 0) return;
    const trip = this.trips.get(slot);
    if (trip !== undefined) trip.heldBack += 1;
    else this.trip(slot);
  }

  private trip(slot: number): void {
    const due = this.reopensAt({ slot, trippedAt: this.now });
    this.trips.start(slot, this.now, due);
    // The refusal that trips a key is told of the cooldown too.
    this.verdict.retryAt = due;
  }

  private reopensAt({ slot, trippedAt }: Pick<Trip, 'slot' | 'trippedAt'>): number {
    return Math.max(trippedAt + this.cooldownMs, this.store.roomAt(slot, this.now));
  }

  /** A trip is due: the key reopens, unless something was committed to it meanwhile. */
  private look(trip: Trip): void {
    const room = this.reopensAt(trip);
    if (room > this.now) this.trips.postpone(trip.slot, room, this.now);
    else this.reopen(trip, 'room');
  }

  private reopen({ slot, heldBack, trippedAt }: Trip, reason: RateLimitReopened<K>['reason']): void {
    this.trips.end(slot);
    this.reopened.push({ kind: 'reopened', key: this.table.keyOf(slot), heldBack, trippedAt, at: this.now, reason });
  }

  private takeReopened(): readonly RateLimitReopened<K>[] {
    const taken = this.reopened;
    if (taken.length === 0) return nothing;
    this.reopened = [];
    return taken;
  }

  private slotFor(key: K): number {
    const slot = this.table.find(key);
    if (slot === noSlot) {
      this.forgetIdle(mostPerNewKey);
      return this.add(key, this.now);
    }
    this.table.touch(slot, this.now);
    return slot;
  }

  private add(key: K, seenAt: number): number {
    if (this.table.full) this.evict(this.table.oldest());
    return this.table.add(key, seenAt);
  }

  private evict(slot: number): void {
    const key = this.table.keyOf(slot);
    const trip = this.trips.get(slot);
    this.forget(slot);
    this.onEvict?.(
      trip === undefined ? { key, heldBack: 0 } : { key, heldBack: trip.heldBack, trippedAt: trip.trippedAt },
    );
  }

  /** Tripped keys stay until they have reported. */
  private forgetIdle(most: number): void {
    for (let left = most; left > 0; left -= 1) {
      const slot = this.table.oldest();
      if (slot === noSlot || this.now - this.table.seenAt(slot) < this.idleMs) return;
      if (this.trips.get(slot) !== undefined) this.table.touch(slot, this.now);
      else this.forget(slot);
    }
  }

  private forget(slot: number): void {
    this.trips.end(slot);
    this.store.clear(slot);
    this.table.remove(slot);
    if (this.table.size > 0) return;
    this.store.reset();
    this.trips.clear();
  }
}
