import {
  checkGroup,
  defaultIdleMs,
  defaultMaxHeld,
  type GroupBatch,
  type GroupKernelOptions,
  type GroupReason,
  type GroupSnapshot,
  type GroupState,
  type GroupVerdict,
} from './group-options.js';
import { maxKeysOption } from './options.js';
import { GroupMembers } from './parts/group-members.js';
import { notBefore } from './parts/kernel-time.js';
import { KeyTable, noSlot } from './parts/key-table.js';
import { TimingWheel } from './parts/timing-wheel.js';
import type { OverflowPolicy } from './side.js';
import { requireVersion } from './state-handle.js';

/** What one `advance` does at most, in groups and members, so that many that are due at once never stall the event loop. */
const mostPerAdvance = 500;
/** Groups that are looked at before that is checked. */
const groupsAtOnce = 16;
const nothing: readonly never[] = [];
/** What the table keeps for each group: when its last batch was made. */
const flushedAtCell = 0;
const never = -Infinity;

/**
 * Gathers the members of each group, and makes batches of them in their time. Free of RxJS; times are milliseconds on
 * any clock that the caller chooses.
 *
 * `process` takes a value in; `advance(now)`, called at `nextDue()`, hands out the batches that are ready; look at
 * `nextDue()` after each `process` too, because an urgent value, or one that makes another group give way, has a batch
 * ready at once. A group without members is forgotten when its interval is over.
 */
export class GroupKernel<T, G, K> {
  private readonly waitMs: number;
  private readonly intervalMs: number;
  private readonly repeatMs: number;
  private readonly idleMs: number;
  private readonly maxMembers: number;
  private readonly maxHeld: number;
  private readonly overflow: OverflowPolicy;
  private readonly onDrop: GroupKernelOptions<T, G>['onDrop'];
  private readonly table: KeyTable<G>;
  /** A timer of each group: when its next batch is due, or when it is forgotten. */
  private readonly wheel = new TimingWheel();
  private readonly expired = (slot: number): void => this.onDue(slot);
  /** Of each group that is not empty. */
  private members: (GroupMembers<T, K> | undefined)[] = [];
  private membersHeld = 0;
  private now = 0;
  private sequence = 0;
  private work = 0;
  /** Nothing is due before then. Asked at every value, so it is kept. */
  private due = Infinity;
  private ready: GroupBatch<T, G>[] = [];

  /** Throws `RangeError` or `TypeError` for a bad option, and for a snapshot that does not fit. */
  constructor(options: GroupKernelOptions<T, G>, snapshot?: GroupSnapshot<T, G, K>) {
    checkGroup('group', options);
    this.waitMs = options.waitMs;
    this.intervalMs = options.intervalMs;
    this.repeatMs = options.repeatMs ?? Infinity;
    this.idleMs = options.idleMs ?? defaultIdleMs(options);
    this.maxMembers = options.maxMembers ?? Infinity;
    this.maxHeld = options.maxHeld ?? defaultMaxHeld;
    this.overflow = options.overflow ?? 'evict';
    this.onDrop = options.onDrop;
    this.table = new KeyTable(maxKeysOption('group.maxKeys', options.maxKeys), 1);
    if (snapshot !== undefined) this.restore(snapshot);
  }

  /** How many groups there are, those included that are empty and wait for their interval to end. */
  get size(): number {
    return this.table.size;
  }

  /** How many members there are, in all groups. */
  get held(): number {
    return this.membersHeld;
  }

  /**
   * Takes a value in, as the latest of member `key` of `group`. When it is `open`, the member stays after it was told;
   * when it is `urgent`, the batch of the group is ready at once.
   *
   * Throws `RangeError` beyond `maxKeys` and `maxHeld` when `overflow` is `'error'`.
   */
  process(group: G, key: K, value: T, now: number, open = false, urgent = false): GroupVerdict {
    this.turn(now);
    let slot = this.table.find(group);
    if (slot === noSlot || !this.members[slot]?.has(key)) {
      if (!this.makeRoomForMember()) return 'max_held';
      // The group may itself have given way.
      slot = this.table.find(group);
      if (slot === noSlot && !this.makeRoomForGroup()) return 'max_keys';
      if (slot === noSlot) slot = this.open(group, this.now);
      this.join(slot, key, value, open);
    } else {
      this.change(slot, group, key, value, open);
    }
    if (urgent) this.flushSlot(slot, 'urgent');
    return 'held';
  }

  /** The batches that are ready. A bounded number at a time: look at `nextDue()` again. */
  advance(now: number): readonly GroupBatch<T, G>[] {
    this.turn(now);
    for (this.work = 0; this.work < mostPerAdvance && this.wheel.nextDue() <= this.now; this.work += groupsAtOnce) {
      this.wheel.advance(this.now, this.expired, groupsAtOnce);
    }
    this.due = this.wheel.nextDue();
    return this.takeReady();
  }

  /** The stream has ended: a batch of each group in which something has changed. */
  flush(now: number): readonly GroupBatch<T, G>[] {
    this.turn(now);
    for (const slot of [...this.table]) if (this.members[slot]?.changed) this.flushSlot(slot, 'complete');
    return this.takeReady();
  }

  /** When `advance` has something to do; `Infinity` when never. */
  nextDue(): number {
    return this.ready.length > 0 ? this.now : this.due;
  }

  snapshot(): GroupSnapshot<T, G, K> {
    const groups = Array.from(this.table, (slot) => this.stateOf(slot));
    return { version: 1, now: this.now, sequence: this.sequence, groups, ready: [...this.ready] };
  }

  private restore(snapshot: GroupSnapshot<T, G, K>): void {
    requireVersion('group', snapshot, 1);
    this.turn(snapshot.now);
    this.sequence = snapshot.sequence;
    for (const { key, seenAt, flushedAt, due, members } of snapshot.groups) {
      if (this.table.full) throw tooMany(this.table.maxKeys, 'groups (maxKeys)');
      const slot = this.open(key, seenAt);
      for (const [member, value, open, told] of members) this.membersOf(slot).add(member, value, open, told);
      this.membersHeld += members.length;
      this.table.setCell(slot, flushedAtCell, flushedAt ?? never);
      this.arm(slot, due);
    }
    this.ready = [...snapshot.ready];
  }

  private turn(now: number): void {
    this.now = notBefore(this.now, now);
  }

  private open(group: G, seenAt: number): number {
    const slot = this.table.add(group, seenAt);
    this.table.setCell(slot, flushedAtCell, never);
    return slot;
  }

  private membersOf(slot: number): GroupMembers<T, K> {
    const members = this.members[slot] ?? new GroupMembers<T, K>();
    this.members[slot] = members;
    return members;
  }

  private join(slot: number, key: K, value: T, open: boolean): void {
    // Its interval is over, and only the timer has not come yet.
    if (this.members[slot] === undefined && this.quietUntil(slot) <= this.now)
      this.table.setCell(slot, flushedAtCell, never);
    const members = this.membersOf(slot);
    this.hear(slot, members);
    members.add(key, value, open);
    this.membersHeld += 1;
  }

  private change(slot: number, group: G, key: K, value: T, open: boolean): void {
    const members = this.members[slot]!;
    const { onDrop } = this;
    this.hear(slot, members);
    members.replace(key, value, open, onDrop && ((lost) => onDrop({ kind: 'replaced', key: group, value: lost })));
  }

  /** Ahead of a change. The first one since the last batch says when the next is due. */
  private hear(slot: number, members: GroupMembers<T, K>): void {
    this.table.touch(slot, this.now);
    if (members.changed > 0) return;
    const isNew = this.flushedAt(slot) === never;
    this.arm(slot, isNew ? this.now + this.waitMs : Math.max(this.now, this.quietUntil(slot)));
  }

  private arm(slot: number, due: number): void {
    this.wheel.arm(slot, due, this.now);
    this.due = Math.min(this.due, due);
  }

  private onDue(slot: number): void {
    const members = this.members[slot];
    if (members === undefined) this.forget(slot);
    else if (members.changed > 0) this.flushSlot(slot, this.flushedAt(slot) === never ? 'wait' : 'interval');
    else if (this.now < this.table.seenAt(slot) + this.idleMs) this.flushSlot(slot, 'repeat');
    else this.tellAndForget(slot, 'idle');
  }

  private flushSlot(slot: number, reason: GroupReason): void {
    this.tell(slot, reason);
    this.table.setCell(slot, flushedAtCell, this.now);
    this.arm(slot, this.dueUnchanged(slot));
  }

  private tellAndForget(slot: number, reason: GroupReason): void {
    if (this.members[slot] !== undefined) this.tell(slot, reason);
    this.forget(slot);
  }

  private tell(slot: number, reason: GroupReason): void {
    const group = this.members[slot]!;
    const key = this.table.keyOf(slot);
    const before = group.size;
    const { onDrop } = this;
    this.sequence += 1;
    const { sequence } = this;
    const members = group.tell(
      this.maxMembers,
      onDrop && ((value) => onDrop({ kind: 'omitted', key, value, sequence })),
    );
    this.membersHeld += group.open - before;
    this.work += before;
    // Most often all of them go, and it is cheaper to drop the whole.
    if (group.open > 0) group.dropResolved();
    else this.members[slot] = undefined;
    this.ready.push({ key, members, more: before - members.length, reason, sequence });
  }

  /** What comes next of a group in which nothing changes after its batch. */
  private dueUnchanged(slot: number): number {
    if (this.members[slot] === undefined) return this.quietUntil(slot);
    return Math.min(this.flushedAt(slot) + this.repeatMs, this.table.seenAt(slot) + this.idleMs);
  }

  private flushedAt(slot: number): number {
    return this.table.cell(slot, flushedAtCell);
  }

  private quietUntil(slot: number): number {
    return this.flushedAt(slot) + this.intervalMs;
  }

  private takeReady(): readonly GroupBatch<T, G>[] {
    const taken = this.ready;
    if (taken.length === 0) return nothing;
    this.ready = [];
    return taken;
  }

  private makeRoomForGroup(): boolean {
    if (!this.table.full) return true;
    if (this.overflow === 'error') throw tooMany(this.table.maxKeys, 'groups (maxKeys)');
    if (this.overflow === 'evict') this.evictOldest();
    return !this.table.full;
  }

  private makeRoomForMember(): boolean {
    if (this.membersHeld < this.maxHeld) return true;
    if (this.overflow === 'error') throw tooMany(this.maxHeld, 'members (maxHeld)');
    while (this.overflow === 'evict' && this.membersHeld >= this.maxHeld) this.evictOldest();
    return this.membersHeld < this.maxHeld;
  }

  private evictOldest(): void {
    this.tellAndForget(this.table.oldest(), 'evicted');
  }

  private forget(slot: number): void {
    this.membersHeld -= this.members[slot]?.size ?? 0;
    this.members[slot] = undefined;
    this.wheel.cancel(slot);
    this.table.remove(slot);
    if (this.table.size > 0) return;
    this.members = [];
    this.wheel.clear();
  }

  private stateOf(slot: number): GroupState<T, G, K> {
    const flushedAt = this.flushedAt(slot);
    return {
      key: this.table.keyOf(slot),
      seenAt: this.table.seenAt(slot),
      flushedAt: flushedAt === never ? null : flushedAt,
      due: this.wheel.dueOf(slot),
      members: [...(this.members[slot] ?? [])],
    };
  }
}

function tooMany(most: number, what: string): RangeError {
  return new RangeError(`group: more than ${most} ${what}`);
}
