import {
  checkDedupe,
  type DedupeClosed,
  type DedupeEvicted,
  type DedupeKernelOptions,
  type DedupeSnapshot,
  type DedupeToken,
  type DedupeVerdict,
} from './dedupe-options.js';
import type { UntimelyReason } from './event-time.js';
import { maxKeysOption } from './options.js';
import { notBefore } from './parts/kernel-time.js';
import { KeyTable, noSlot } from './parts/key-table.js';
import { TimingWheel } from './parts/timing-wheel.js';
import { Watermark } from './parts/watermark.js';
import type { OverflowPolicy } from './side.js';
import { requireVersion } from './state-handle.js';

/** Most keys that one `advance` forgets, so that a mass expiry never stalls the event loop. */
const mostPerAdvance = 500;
/** Expired keys that each new key makes room of, so that a kernel without `advance` is bounded too. */
const mostPerNewKey = 2;
const nothing: readonly never[] = [];
/** What the table keeps for each key: when the copy that passed did so, and how many there are. */
const firstAtCell = 0;
const countCell = 1;
const cells = 2;

/**
 * Decides per key whether this is the first of its window. Free of RxJS; times are milliseconds on any clock that the
 * caller chooses. A copy is a duplicate while `now − t < windowMs`.
 *
 * `peek` asks, `commit` starts a window, `release` takes that back, `refuse` counts a copy; `process` is ask and act in
 * one. `forget` ends a window early. Call `advance(now)` at `nextDue()`: it tells of windows that had copies.
 *
 * Windows end in the order in which their keys were last touched, so the table's order of use is the queue of expiry;
 * only those that `maxAgeMs` ends earlier have a timer.
 * With event time that order is right up to the lateness allowed: a window may be forgotten so much later, never earlier.
 */
export class DedupeKernel<K> {
  private readonly windowMs: number;
  private readonly maxAgeMs: number;
  private readonly fromLast: boolean;
  private readonly overflow: OverflowPolicy;
  private readonly onEvict: ((evicted: DedupeEvicted<K>) => void) | undefined;
  private readonly watermark: Watermark | undefined;
  private readonly table: KeyTable<K>;
  private readonly verdict = {
    admitted: true,
    reason: 'admitted' as DedupeVerdict['reason'],
    count: 1,
    firstAt: 0,
    retryAt: 0,
  };
  /** Ends the windows whose `maxAgeMs` is over before they are. */
  private readonly ages = new TimingWheel();
  /** Keys with copies: when there is none, expiry is not urgent. */
  private repeated = 0;
  private clock = 0;
  /** What windows go by: the clock, or the watermark. */
  private now = 0;
  private closed: DedupeClosed<K>[] = [];
  private readonly aged = (slot: number): void => this.close(slot, 'expired');

  /** Throws `RangeError` or `TypeError` for a bad option, and for a snapshot that does not fit. */
  constructor(options: DedupeKernelOptions<K>, snapshot?: DedupeSnapshot<K>) {
    checkDedupe('dedupe', options);
    this.windowMs = options.windowMs;
    this.maxAgeMs = options.maxAgeMs ?? Infinity;
    this.fromLast = options.from === 'last';
    this.overflow = options.overflow ?? 'evict';
    this.onEvict = options.onEvict;
    this.watermark = options.eventTime && new Watermark(options.eventTime);
    this.table = new KeyTable(maxKeysOption('dedupe.maxKeys', options.maxKeys), cells);
    if (snapshot !== undefined) this.restore(snapshot);
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.table.size;
  }

  peek(key: K, now: number): DedupeVerdict {
    this.turn(now);
    return this.judge(this.table.find(key), this.now);
  }

  /** Starts the window of a key, whatever `peek` said; a new key always finds a place. Also replays what passed earlier. */
  commit(key: K, now: number): DedupeToken<K> {
    this.turn(now);
    this.open(this.table.find(key), key, this.now);
    return { key, at: this.now };
  }

  /** Takes the window back that `commit` started, if it is still that one. */
  release(token: DedupeToken<K>): void {
    const slot = this.table.find(token.key);
    if (slot !== noSlot && this.firstAtOf(slot) === token.at) this.remove(slot);
  }

  /** Counts a copy that was held back. */
  refuse(key: K, now: number): void {
    this.turn(now);
    const slot = this.table.find(key);
    if (slot !== noSlot) this.repeat(slot, this.now);
  }

  /** Takes one `refuse` back. */
  pardon(key: K): void {
    const slot = this.table.find(key);
    if (slot === noSlot || this.countOf(slot) < 2) return;
    this.table.setCell(slot, countCell, this.countOf(slot) - 1);
    if (this.countOf(slot) === 1) this.repeated -= 1;
  }

  /**
   * Asks, and commits or counts. With event time, `at` is the item's own; every other method counts at the watermark.
   * Throws `RangeError` for a new key beyond `maxKeys` when `overflow` is `'error'`.
   */
  process(key: K, now: number, at = now): DedupeVerdict {
    this.turn(now);
    if (this.watermark === undefined) return this.decide(key, this.now);
    const reason = this.observe(this.watermark, at);
    return reason === 'on_time' ? this.decide(key, Math.max(at, this.now)) : this.say(reason, 1, this.now, this.now);
  }

  /** Ends the window of a key now: its next copy passes. */
  forget(key: K): void {
    const slot = this.table.find(key);
    if (slot !== noSlot) this.close(slot, this.isOver(slot, this.now) ? 'expired' : 'forgotten');
  }

  /** The windows with copies that are over, each once. A bounded number at a time: look at `nextDue()` again. */
  advance(now: number): readonly DedupeClosed<K>[] {
    this.turn(now);
    this.forgetExpired(mostPerAdvance);
    return this.takeClosed();
  }

  /** The stream has ended: every window that had copies. */
  flush(now: number): readonly DedupeClosed<K>[] {
    this.turn(now);
    for (const slot of [...this.table]) this.close(slot, this.isOver(slot, this.now) ? 'expired' : 'complete');
    return this.takeClosed();
  }

  /** When `advance` has something to do; `Infinity` when never. */
  nextDue(): number {
    if (this.closed.length > 0) return this.clock;
    const oldest = this.table.oldest();
    if (oldest === noSlot) return Infinity;
    // A quarter more when nothing is to be told, so that one timer forgets many keys.
    const expiry = this.table.seenAt(oldest) + this.windowMs * (this.repeated > 0 ? 1 : 1.25);
    const due = Math.min(expiry, this.ages.nextDue());
    return this.watermark === undefined ? due : this.watermark.reaches(due);
  }

  snapshot(): DedupeSnapshot<K> {
    const { table } = this;
    return {
      version: 1,
      now: this.now,
      ...(this.watermark !== undefined && { watermark: this.watermark.save() }),
      keys: Array.from(table, (slot) => [
        table.keyOf(slot),
        table.seenAt(slot),
        this.firstAtOf(slot),
        this.countOf(slot),
      ]),
      closed: [...this.closed],
    };
  }

  private restore(snapshot: DedupeSnapshot<K>): void {
    requireVersion('dedupe', snapshot, 1);
    this.now = notBefore(this.now, snapshot.now);
    this.clock = this.now;
    this.closed = [...snapshot.closed];
    for (const [key, seenAt, firstAt, count] of snapshot.keys) {
      const slot = this.add(key, seenAt);
      this.table.setCell(slot, firstAtCell, firstAt);
      this.table.setCell(slot, countCell, count);
      if (count > 1) this.repeated += 1;
      this.limitAge(slot);
    }
    if (this.watermark === undefined || snapshot.watermark === undefined) return;
    this.watermark.load(snapshot.watermark);
    this.clock = snapshot.watermark.seenAt;
  }

  private turn(now: number): void {
    this.clock = notBefore(this.clock, now);
    this.now = this.watermark === undefined ? this.clock : Math.max(this.now, this.watermark.at(this.clock));
  }

  private observe(watermark: Watermark, at: number): UntimelyReason | 'on_time' {
    const timeliness = watermark.observe(at, this.clock);
    this.turn(this.clock);
    return timeliness;
  }

  private decide(key: K, at: number): DedupeVerdict {
    const slot = this.table.find(key);
    const verdict = this.judge(slot, at);
    if (verdict.admitted) this.open(slot, key, at);
    else if (verdict.reason === 'duplicate') this.repeat(slot, at);
    else if (this.overflow === 'error') throw new RangeError(`dedupe: more than ${this.table.maxKeys} keys (maxKeys)`);
    return verdict;
  }

  private judge(slot: number, at: number): DedupeVerdict {
    if (slot === noSlot) return this.judgeNew(at);
    if (this.isOver(slot, at)) return this.say('admitted', 1, at, at + this.windowMs);
    const retryAt = this.fromLast ? this.endFrom(slot, this.latest(slot, at)) : this.endOf(slot);
    return this.say('duplicate', this.countOf(slot) + 1, this.firstAtOf(slot), retryAt);
  }

  private judgeNew(at: number): DedupeVerdict {
    this.forgetExpired(mostPerNewKey);
    if (!this.table.full || this.overflow === 'evict') return this.say('admitted', 1, at, at + this.windowMs);
    return this.say('max_keys', 0, at, this.endOf(this.table.oldest()));
  }

  private say(reason: DedupeVerdict['reason'], count: number, firstAt: number, retryAt: number): DedupeVerdict {
    this.verdict.admitted = reason === 'admitted';
    this.verdict.reason = reason;
    this.verdict.count = count;
    this.verdict.firstAt = firstAt;
    this.verdict.retryAt = retryAt;
    return this.verdict;
  }

  /** What is older than the copy that passed is a copy of it too. */
  private isOver(slot: number, at: number): boolean {
    return at >= this.endOf(slot);
  }

  private endOf(slot: number): number {
    return this.endFrom(slot, this.table.seenAt(slot));
  }

  private endFrom(slot: number, start: number): number {
    return Math.min(start + this.windowMs, this.firstAtOf(slot) + this.maxAgeMs);
  }

  private open(found: number, key: K, at: number): void {
    if (found !== noSlot) {
      this.report(found, 'expired');
      this.ages.cancel(found);
    }
    const slot = found === noSlot ? this.add(key, at) : found;
    this.table.setCell(slot, firstAtCell, at);
    this.table.setCell(slot, countCell, 1);
    if (found !== noSlot) this.table.touch(slot, at);
  }

  private repeat(slot: number, at: number): void {
    const count = this.countOf(slot);
    if (count === 1) this.repeated += 1;
    this.table.setCell(slot, countCell, count + 1);
    if (!this.fromLast) return;
    this.table.touch(slot, this.latest(slot, at));
    this.limitAge(slot);
  }

  /** Needed in the last window of an age only; where copies are few, never. */
  private limitAge(slot: number): void {
    const end = this.firstAtOf(slot) + this.maxAgeMs;
    if (end < this.table.seenAt(slot) + this.windowMs && !this.ages.isArmed(slot)) this.ages.arm(slot, end, this.now);
  }

  private latest(slot: number, at: number): number {
    return Math.max(at, this.table.seenAt(slot));
  }

  private add(key: K, seenAt: number): number {
    if (this.table.full) this.evict(this.table.oldest());
    return this.table.add(key, seenAt);
  }

  private evict(slot: number): void {
    const evicted = { key: this.table.keyOf(slot), count: this.countOf(slot), firstAt: this.firstAtOf(slot) };
    if (this.isOver(slot, this.now)) {
      this.close(slot, 'expired');
    } else {
      this.remove(slot);
      this.onEvict?.(evicted);
    }
  }

  private forgetExpired(most: number): void {
    this.ages.advance(this.now, this.aged, most);
    for (let left = most; left > 0; left -= 1) {
      const slot = this.table.oldest();
      if (slot === noSlot || this.now < this.table.seenAt(slot) + this.windowMs) return;
      this.close(slot, 'expired');
    }
  }

  private close(slot: number, reason: DedupeClosed<K>['reason']): void {
    this.report(slot, reason);
    this.remove(slot);
  }

  private report(slot: number, reason: DedupeClosed<K>['reason']): void {
    const count = this.countOf(slot);
    if (count < 2) return;
    this.closed.push({ kind: 'closed', key: this.table.keyOf(slot), count, firstAt: this.firstAtOf(slot), reason });
    this.table.setCell(slot, countCell, 1);
    this.repeated -= 1;
  }

  private remove(slot: number): void {
    if (this.countOf(slot) > 1) this.repeated -= 1;
    this.ages.cancel(slot);
    this.table.remove(slot);
    if (this.table.size === 0) this.ages.clear();
  }

  private takeClosed(): readonly DedupeClosed<K>[] {
    const taken = this.closed;
    if (taken.length === 0) return nothing;
    this.closed = [];
    return taken;
  }

  private firstAtOf(slot: number): number {
    return this.table.cell(slot, firstAtCell);
  }

  private countOf(slot: number): number {
    return this.table.cell(slot, countCell);
  }
}
