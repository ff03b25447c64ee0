import {
  checkEscalate,
  checkLadder,
  checkTime,
  type EscalateEntry,
  type EscalateKernelOptions,
  type EscalateSnapshot,
  type EscalateStep,
  type EscalationCatchUp,
  type EscalationLadder,
  type LadderStep,
} from './escalate-options.js';
import { defaultMaxKeys } from './options.js';
import { notBefore } from './parts/kernel-time.js';
import { KeyTable, noSlot, resized } from './parts/key-table.js';
import { TimingWheel } from './parts/timing-wheel.js';
import { requireVersion } from './state-handle.js';

/** Steps of one `advance`, so that no turn of the loop grows long. */
const stepsPerAdvance = 1_000;
const snapshotVersion = 1;
/** In place of the time left: the clock runs. */
const running = -1;

/**
 * Runs a ladder for each open key without RxJS: `open`, `acknowledge`, `resume` and `resolve` move it, `advance`, called
 * when `nextDue()` has come, returns the steps that were reached. A key is forgotten with its last step.
 *
 * Cost: O(1) for each of them. Memory: about 120 bytes an open key.
 */
export class EscalateKernel<T, K, S extends LadderStep = LadderStep> {
  private now = -Infinity;
  private readonly catchUp: EscalationCatchUp;
  private readonly refuses: boolean;
  private readonly table: KeyTable<K>;
  private readonly wheel = new TimingWheel();
  private ladders: (EscalationLadder<S> | undefined)[] = [];
  private items: (T | undefined)[] = [];
  /** Steps taken. */
  private levels: Int32Array<ArrayBuffer>;
  /** Time left to the next step while acknowledged. The timer of the slot then ends the acknowledgement. */
  private left: Float64Array<ArrayBuffer>;
  private steps: EscalateStep<T, K, S>[] = [];
  private readonly expired = (slot: number, due: number): void => this.onDue(slot, due);

  /** Throws `RangeError` or `TypeError` for a bad option. */
  constructor(options: EscalateKernelOptions = {}) {
    checkEscalate('escalate', options);
    this.catchUp = options.catchUp ?? 'shift';
    this.refuses = options.overflow !== 'error';
    this.table = new KeyTable(options.maxKeys ?? defaultMaxKeys);
    this.levels = new Int32Array(this.table.capacity);
    this.left = new Float64Array(this.table.capacity);
  }

  /** How many keys are open. */
  get size(): number {
    return this.table.size;
  }

  /**
   * Starts the ladder of a key, in place of the one that it may be on. False when `maxKeys` others are open. Throws
   * `RangeError` for a bad ladder, and beyond `maxKeys` when `overflow` is `'error'`.
   */
  open(item: T, key: K, ladder: EscalationLadder<S>, now: number): boolean {
    checkLadder('escalate.ladder', ladder);
    this.now = notBefore(this.now, now);
    const slot = this.slotFor(key);
    if (slot === noSlot) return false;
    this.place(slot, item, ladder);
    return true;
  }

  /**
   * Stops the clock of a key, until `until` if given; again replaces `until`. One that has passed already ends the
   * acknowledgement now. False when the key is not open. Throws `RangeError` or `TypeError` for a bad `until`.
   */
  acknowledge(key: K, now: number, until = Infinity): boolean {
    checkTime('escalate.acknowledge.until', until, Infinity);
    this.now = notBefore(this.now, now);
    const slot = this.table.find(key);
    if (slot === noSlot) return false;
    const left = this.left[slot]!;
    this.pause(
      slot,
      left === running ? Math.max(0, this.wheel.dueOf(slot) - this.now) : left,
      Math.max(until, this.now),
    );
    return true;
  }

  /** Lets the clock go on with the time that was left. False when the key is not open, or its clock runs. */
  resume(key: K, now: number): boolean {
    this.now = notBefore(this.now, now);
    const slot = this.table.find(key);
    if (slot === noSlot || this.left[slot] === running) return false;
    this.run(slot, this.now + this.left[slot]!);
    return true;
  }

  /** Forgets a key. False when it is not open. */
  resolve(key: K): boolean {
    const slot = this.table.find(key);
    if (slot === noSlot) return false;
    this.forget(slot);
    return true;
  }

  /** The steps that were reached by `now`: a bounded number, so ask `nextDue()` again. */
  advance(now: number): readonly EscalateStep<T, K, S>[] {
    this.now = notBefore(this.now, now);
    this.wheel.advance(this.now, this.expired, stepsPerAdvance);
    const taken = this.steps;
    if (taken.length > 0) this.steps = [];
    return taken;
  }

  /** `advance` has nothing to do before this moment; `Infinity` when no clock runs. */
  nextDue(): number {
    return this.wheel.nextDue();
  }

  snapshot(): EscalateSnapshot<K, S> {
    return { version: snapshotVersion, entries: Array.from(this.table, (slot) => this.entryOf(slot)) };
  }

  /** Takes over what was open, without its items. Throws `RangeError` for another version, and beyond `maxKeys`. */
  restore(snapshot: EscalateSnapshot<K, S>, now: number): void {
    requireVersion('escalate', snapshot, snapshotVersion);
    this.now = notBefore(this.now, now);
    for (const { key, ...ladder } of snapshot.entries) {
      checkLadder('escalate.ladder', ladder);
      if (this.table.full) throw this.tooMany();
      this.place(this.slotFor(key), undefined, ladder);
    }
  }

  private slotFor(key: K): number {
    const known = this.table.find(key);
    if (known !== noSlot) return known;
    if (!this.table.full) return this.add(key);
    if (this.refuses) return noSlot;
    throw this.tooMany();
  }

  private add(key: K): number {
    const slot = this.table.add(key, this.now);
    this.fit();
    return slot;
  }

  private tooMany(): RangeError {
    return new RangeError(`escalate: more than ${this.table.maxKeys} open (maxKeys)`);
  }

  private place(slot: number, item: T | undefined, ladder: EscalationLadder<S>): void {
    const { level, nextAt, leftMs, until } = ladder.position ?? { level: 0 };
    this.ladders[slot] = ladder;
    this.items[slot] = item;
    this.levels[slot] = level;
    if (level >= maxOf(ladder)) this.forget(slot);
    else if (leftMs === undefined) this.start(slot, ladder, nextAt ?? this.now + afterOf(ladder, level + 1));
    else this.pause(slot, leftMs, until ?? Infinity);
  }

  private start(slot: number, ladder: EscalationLadder, nextAt: number): void {
    if (this.catchUp !== 'skip' || nextAt > this.now) {
      this.run(slot, nextAt);
      return;
    }
    const { level, dueAt } = latestDue(ladder, this.levels[slot]! + 1, nextAt, this.now);
    this.goOn(slot, ladder, level, dueAt);
  }

  private pause(slot: number, leftMs: number, until: number): void {
    this.left[slot] = leftMs;
    this.wheel.arm(slot, until, this.now);
  }

  private run(slot: number, nextAt: number): void {
    this.left[slot] = running;
    this.wheel.arm(slot, nextAt, this.now);
  }

  private onDue(slot: number, due: number): void {
    const left = this.left[slot]!;
    if (left === running) this.take(slot, due);
    else this.run(slot, due + left);
  }

  private take(slot: number, due: number): void {
    const ladder = this.ladders[slot]!;
    const next = this.levels[slot]! + 1;
    const jumps = this.catchUp === 'latest' || this.catchUp === 'skip';
    const { level, dueAt } = jumps ? latestDue(ladder, next, due, this.now) : { level: next, dueAt: due };
    const key = this.table.keyOf(slot);
    this.steps.push({
      kind: 'step',
      key,
      item: this.items[slot],
      level,
      step: stepOf(ladder, level),
      dueAt,
      at: this.now,
    });
    this.goOn(slot, ladder, level, this.catchUp === 'shift' ? this.now : dueAt);
  }

  /** After step `level`, from which the next one counts. */
  private goOn(slot: number, ladder: EscalationLadder, level: number, from: number): void {
    this.levels[slot] = level;
    if (level >= maxOf(ladder)) this.forget(slot);
    else this.run(slot, from + afterOf(ladder, level + 1));
  }

  private forget(slot: number): void {
    this.wheel.cancel(slot);
    this.ladders[slot] = undefined;
    this.items[slot] = undefined;
    this.table.remove(slot);
    this.fit();
  }

  private entryOf(slot: number): EscalateEntry<K, S> {
    const { steps, max } = this.ladders[slot]!;
    const level = this.levels[slot]!;
    const leftMs = this.left[slot]!;
    const due = this.wheel.dueOf(slot);
    const paused = due === Infinity ? { level, leftMs } : { level, leftMs, until: due };
    const position = leftMs === running ? { level, nextAt: due } : paused;
    return { key: this.table.keyOf(slot), steps, ...(max !== undefined && { max }), position };
  }

  private fit(): void {
    const { capacity } = this.table;
    if (capacity > this.levels.length) {
      this.levels = resized(this.levels, capacity);
      this.left = resized(this.left, capacity);
    } else if (capacity < this.levels.length) {
      this.levels = new Int32Array(capacity);
      this.left = new Float64Array(capacity);
      this.ladders = [];
      this.items = [];
      this.wheel.clear();
    }
  }
}

function maxOf({ steps, max }: EscalationLadder): number {
  return max ?? steps.length;
}

/** Above the last step it repeats. */
function stepOf<S extends LadderStep>({ steps }: EscalationLadder<S>, level: number): S {
  return steps[Math.min(level, steps.length) - 1]!;
}

function afterOf(ladder: EscalationLadder, level: number): number {
  return stepOf(ladder, level).afterMs;
}

/** The last step that is due by `now`, from step `level` on, due at `dueAt`. Takes no longer for many repeats. */
function latestDue(ladder: EscalationLadder, level: number, dueAt: number, now: number) {
  const max = maxOf(ladder);
  while (level < Math.min(max, ladder.steps.length) && dueAt + afterOf(ladder, level + 1) <= now) {
    level += 1;
    dueAt += afterOf(ladder, level);
  }
  if (level < ladder.steps.length) return { level, dueAt };
  const afterMs = afterOf(ladder, level);
  const repeats = Math.min(max - level, Math.floor((now - dueAt) / afterMs));
  return { level: level + repeats, dueAt: dueAt + repeats * afterMs };
}
