import {
  type AbsenceForgotten,
  type AbsenceKernelOptions,
  type AbsenceSnapshot,
  type AbsenceTransition,
  type AbsenceVerdict,
  checkAbsence,
  forgetAfterOf,
} from './absence-options.js';
import { maxKeysOption } from './options.js';
import { AbsenceKeys, absentFlag, expectedFlag, finiteOrNull, seenFlag } from './parts/absence-keys.js';
import { EventClock } from './parts/event-clock.js';
import { notBefore } from './parts/kernel-time.js';
import { noSlot } from './parts/key-table.js';
import { TimingWheel } from './parts/timing-wheel.js';
import { requireVersion } from './state-handle.js';

/** Most keys that one `advance` looks at, so that a mass expiry never stalls the event loop. */
const mostPerAdvance = 500;
/** And one `process`: what is due comes ahead of the value, but a burst of values must not do the work of many turns. */
const mostPerValue = 16;
const nothing: readonly never[] = [];

/**
 * Watches for keys that fall silent. Free of RxJS; times are milliseconds on any clock that the caller chooses, rounded
 * down to whole ones. With `eventTime` a key is as old as event time says, and `now` is still the clock.
 *
 * `process` notes that a key lives, `expect` says which keys must, `forget` ends one, `pause` and `resume` frame a time in
 * which silence means nothing. What there is to say is fetched with `take`. Call `advance(now)` at `nextDue()`.
 *
 * A sign of life only overwrites a time. The timer of a key stays where it was; when it expires early it moves to where
 * it belongs, so that a key costs one move for each `absentMs`, however often it is heard of.
 */
export class AbsenceKernel<K> {
  private readonly absentMs: number;
  private readonly graceMs: number;
  private readonly forgetAfterMs: number;
  private readonly refuses: boolean;
  private readonly countsLate: boolean;
  private readonly keys: AbsenceKeys<K>;
  private readonly wheel = new TimingWheel();
  private readonly eventClock: EventClock | undefined;
  private clock = -Infinity;
  /** The clock's time, or event time. */
  private now = -Infinity;
  private paused = false;
  /** Silence before this moment does not count. */
  private resumedAt = -Infinity;
  /** No timer expires before this moment. Kept, so that a sign of life costs a comparison and not a look at the wheel. */
  private lookAt = Infinity;
  private transitions: AbsenceTransition<K>[] = [];
  private readonly onDue = (slot: number, due: number): void => this.look(slot, due);

  /** Throws `RangeError` or `TypeError` for a bad option, and for a snapshot that does not fit. */
  constructor(options: AbsenceKernelOptions, snapshot?: AbsenceSnapshot<K>) {
    checkAbsence('absence', options);
    this.absentMs = options.absentMs;
    this.graceMs = options.graceMs ?? options.absentMs;
    this.forgetAfterMs = forgetAfterOf(options);
    this.refuses = options.overflow !== 'error';
    this.countsLate = options.onLate === 'arrival';
    this.keys = new AbsenceKeys(maxKeysOption('absence.maxKeys', options.maxKeys));
    this.eventClock = options.eventTime && new EventClock(options.eventTime, snapshot?.eventTime);
    if (snapshot !== undefined) this.restore(snapshot);
  }

  /** How many keys are watched. */
  get size(): number {
    return this.keys.size;
  }

  /**
   * A sign of life. `at` is its own time, and means something with `eventTime` only. Throws `RangeError` for a new key
   * beyond `maxKeys` when `overflow` is `'error'`.
   */
  process(key: K, now: number, at = now): AbsenceVerdict {
    this.clock = notBefore(this.clock, Math.floor(now));
    const verdict = this.eventClock === undefined ? 'on_time' : this.eventClock.observe(at, this.clock);
    this.move();
    this.expire(mostPerValue);
    if (verdict !== 'on_time' && !(verdict === 'late' && this.countsLate)) return verdict;
    const seenAt = this.eventClock === undefined ? this.now : Math.max(Math.floor(at), this.now);
    return this.see(key, seenAt) ? 'seen' : 'max_keys';
  }

  /**
   * These keys must live, seen or not, in place of those that were expected before. Returns those that found no room;
   * throws `RangeError` for them when `overflow` is `'error'`.
   */
  expect(keys: Iterable<K>, now: number): readonly K[] {
    const wanted = new Set(keys);
    this.catchUp(now);
    this.eventClock?.wait(this.clock);
    for (const slot of [...this.keys]) {
      if (this.keys.has(slot, expectedFlag) && !wanted.has(this.keys.keyOf(slot))) this.expectNoMore(slot);
    }
    return [...wanted].filter((key) => !this.expectKey(key));
  }

  /** Watches a key no more, until it is seen or expected again. False when it was not watched. */
  forget(key: K, now: number): boolean {
    this.catchUp(now);
    const slot = this.current(key);
    if (slot === noSlot) return false;
    this.drop(slot, 'told', this.now);
    return true;
  }

  /** From now on silence means nothing: the source is known to be away. */
  pause(now: number): void {
    this.catchUp(now);
    this.paused = true;
  }

  /** Silence counts again, from now on. */
  resume(now: number): void {
    this.clock = notBefore(this.clock, Math.floor(now));
    if (!this.paused) return;
    this.eventClock?.rest(this.clock);
    this.paused = false;
    this.move();
    this.resumedAt = this.now;
  }

  /** What has come about by `now`. A bounded number at a time: look at `nextDue()` again. */
  advance(now: number): readonly AbsenceTransition<K>[] {
    this.catchUp(now);
    return this.take();
  }

  /** The stream has ended: all that has come about by `now`. Whose time has not come is not absent. */
  flush(now: number): readonly AbsenceTransition<K>[] {
    this.turn(now);
    this.expire(Infinity);
    return this.take();
  }

  /** What came about since the last call, in any of the others. */
  take(): readonly AbsenceTransition<K>[] {
    const taken = this.transitions;
    if (taken.length === 0) return nothing;
    this.transitions = [];
    return taken;
  }

  /** When, by the clock, `advance` has something to do; `Infinity` when never. */
  nextDue(): number {
    if (this.transitions.length > 0) return this.clock;
    if (this.paused) return Infinity;
    return this.eventClock === undefined ? this.lookAt : this.eventClock.reaches(this.lookAt);
  }

  snapshot(): AbsenceSnapshot<K> {
    return {
      version: 1,
      clock: finiteOrNull(this.clock),
      now: finiteOrNull(this.now),
      paused: this.paused,
      resumedAt: finiteOrNull(this.resumedAt),
      keys: Array.from(this.keys, (slot) => this.keys.save(slot)),
      transitions: [...this.transitions],
      ...(this.eventClock && { eventTime: this.eventClock.save() }),
    };
  }

  private restore(snapshot: AbsenceSnapshot<K>): void {
    requireVersion('absence', snapshot, 1);
    if ((snapshot.eventTime === undefined) !== (this.eventClock === undefined)) {
      throw new RangeError('absence: a state by the clock cannot be continued in event time, nor the reverse');
    }
    this.clock = snapshot.clock ?? -Infinity;
    this.now = snapshot.now ?? -Infinity;
    this.paused = snapshot.paused;
    this.resumedAt = snapshot.resumedAt ?? -Infinity;
    this.transitions = [...snapshot.transitions];
    for (const entry of snapshot.keys) {
      if (this.keys.full) throw this.tooMany();
      this.arm(this.keys.load(entry));
    }
  }

  private turn(now: number): void {
    this.clock = notBefore(this.clock, Math.floor(now));
    this.move();
  }

  private move(): void {
    if (this.eventClock === undefined) this.now = this.clock;
    else if (!this.paused) this.moveTo(this.eventClock.at(this.clock));
  }

  /** What was expected before event time had started is expected from its start on. */
  private moveTo(now: number): void {
    const starts = this.now === -Infinity && now !== -Infinity;
    this.now = now;
    if (!starts) return;
    for (const slot of this.keys) {
      this.keys.setSince(slot, now);
      this.arm(slot);
    }
  }

  /** What is due comes ahead of what is done at `now`. */
  private catchUp(now: number): void {
    this.turn(now);
    this.expire(mostPerAdvance);
  }

  private expire(most: number): void {
    if (this.paused || this.now < this.lookAt) return;
    this.wheel.advance(this.now, this.onDue, most);
    this.lookAt = this.wheel.nextDue();
  }

  /** A timer has expired, which may be before the time of its key: then it moves on. */
  private look(slot: number, due: number): void {
    const deadline = this.deadlineOf(slot);
    if (deadline > due) this.wheel.arm(slot, deadline, due);
    else this.fallDue(slot, deadline);
  }

  private fallDue(slot: number, deadline: number): void {
    if (this.keys.has(slot, absentFlag)) this.drop(slot, 'expired', deadline);
    else this.declare(slot, deadline);
  }

  private declare(slot: number, at: number): void {
    const { keys } = this;
    const reason = keys.has(slot, seenFlag) ? 'silent' : 'never_seen';
    this.transitions.push({ kind: 'absent', key: keys.keyOf(slot), at, lastSeenAt: keys.lastSeenAt(slot), reason });
    keys.setAbsent(slot, at);
    this.arm(slot);
  }

  private see(key: K, seenAt: number): boolean {
    const slot = this.current(key);
    if (slot === noSlot) return this.watch(key, seenAt, seenFlag);
    const { keys } = this;
    const flags = keys.flagsOf(slot);
    const isNews = (flags & (seenFlag | absentFlag)) !== seenFlag;
    if ((flags & absentFlag) !== 0) this.comeBack(slot, seenAt);
    if (isNews || seenAt > keys.sinceOf(slot)) keys.setSince(slot, seenAt);
    if (isNews) {
      keys.setFlags(slot, (flags | seenFlag) & ~absentFlag);
      this.arm(slot);
    }
    return true;
  }

  /** The slot of a key, after all that is due for it: the timer may be late. */
  private current(key: K): number {
    let slot = this.keys.find(key);
    while (slot !== noSlot && !this.paused && this.now >= this.deadlineOf(slot)) {
      this.fallDue(slot, this.deadlineOf(slot));
      slot = this.keys.find(key);
    }
    return slot;
  }

  private comeBack(slot: number, at: number): void {
    const { keys } = this;
    this.transitions.push({
      kind: 'present',
      key: keys.keyOf(slot),
      at,
      gapMs: at - keys.sinceOf(slot),
      lastSeenAt: keys.lastSeenAt(slot),
      absentAt: keys.absentAtOf(slot),
    });
  }

  private expectKey(key: K): boolean {
    const slot = this.keys.find(key);
    if (slot === noSlot) return this.watch(key, this.now, expectedFlag);
    this.keys.setFlags(slot, this.keys.flagsOf(slot) | expectedFlag);
    return true;
  }

  private expectNoMore(slot: number): void {
    this.keys.setFlags(slot, this.keys.flagsOf(slot) & ~expectedFlag);
    const absent = this.keys.has(slot, absentFlag);
    if (!this.keys.has(slot, seenFlag) || (absent && this.now >= this.deadlineOf(slot))) {
      this.drop(slot, 'unexpected', this.now);
    } else if (absent) {
      this.arm(slot);
    }
  }

  private watch(key: K, since: number, flags: number): boolean {
    if (!this.keys.full) {
      this.arm(this.keys.watch(key, since, flags));
      return true;
    }
    if (this.refuses) return false;
    throw this.tooMany();
  }

  private tooMany(): RangeError {
    return new RangeError(`absence: more than ${this.keys.maxKeys} keys (maxKeys)`);
  }

  private drop(slot: number, reason: AbsenceForgotten<K>['reason'], at: number): void {
    const { keys } = this;
    if (keys.has(slot, absentFlag)) {
      const absentAt = keys.absentAtOf(slot);
      const lastSeenAt = keys.lastSeenAt(slot);
      this.transitions.push({ kind: 'forgotten', key: keys.keyOf(slot), at, lastSeenAt, absentAt, reason });
    }
    this.wheel.cancel(slot);
    keys.remove(slot);
    if (keys.size > 0) return;
    this.wheel.clear();
    this.lookAt = Infinity;
  }

  /** Before event time has started there is no deadline. */
  private arm(slot: number): void {
    if (this.now === -Infinity) return;
    const deadline = this.deadlineOf(slot);
    this.wheel.arm(slot, deadline, this.now);
    this.lookAt = Math.min(this.lookAt, deadline);
  }

  /** When something happens to a key that stays silent. */
  private deadlineOf(slot: number): number {
    const flags = this.keys.flagsOf(slot);
    if ((flags & absentFlag) !== 0) {
      if ((flags & expectedFlag) !== 0) return Infinity;
      return Math.max(this.keys.absentAtOf(slot), this.resumedAt) + this.forgetAfterMs;
    }
    const patienceMs = (flags & seenFlag) !== 0 ? this.absentMs : this.graceMs;
    return Math.max(this.keys.sinceOf(slot) + patienceMs, this.resumedAt + this.absentMs);
  }
}
