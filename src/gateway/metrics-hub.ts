import type { Sample } from '../model/sample.js';
import type { Filter } from '../model/wire.js';
import type { GatewayCounters } from './counters.js';
import type { Loop } from './loop.js';
import { paused } from './pace.js';
import { pageSize, rowFrames, seriesFrames } from './rows.js';
import { Group, type Member, type Selection } from './selection.js';
import { SelectionIndex } from './selection-index.js';
import { SeriesBoard } from './series-board.js';
import type { SharedFrames } from './shared-frames.js';
import type { WriteQueue } from './write-queue.js';

/** After a quiet time the first sample waits this long for its companions. */
const settleMs = 5;
/** A snapshot is at most this old; what came after it is in the first rows. */
const snapshotAgeMs = 50;

/** Timers may fire this much early. */
const timerSlackMs = 1;

/** All groups with one period. They are flushed together, so that they can share what they are sent. */
interface Pace {
  readonly periodMs: number;
  /** Not before then. */
  dueAt: number;
  readonly groups: Set<Group>;
  /** Groups with something pending. */
  readonly dirty: Set<Group>;
}

export interface MetricsHubDeps {
  readonly loop: Loop;
  readonly queue: WriteQueue;
  readonly counters: GatewayCounters;
}

/**
 * Fans samples out to metrics subscriptions. A sample costs a few array writes. Only when somebody is due is the interval
 * cut: what came since the last cut is merged into the windows of those who watch. A window belongs to all
 * subscriptions of one selection that were last flushed together; one that is held back gets a window of its own and
 * shares again once it was flushed with the others. Who joins is told how things stood at the last cut, and from then on
 * everything.
 */
export class MetricsHub {
  readonly #deps: MetricsHubDeps;
  readonly #board = new SeriesBoard();
  readonly #index = new SelectionIndex(this.#board);
  readonly #paces = new Map<number, Pace>();
  /** Number of the last cut, and when it was. */
  #cut = 0;
  #cutAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(deps: MetricsHubDeps) {
    this.#deps = deps;
  }

  take(samples: readonly Sample[]): void {
    for (const sample of samples) {
      if (!this.#board.has(sample.series.sid)) this.#admit(sample);
      this.#board.take(sample);
    }
    if (this.#cancelTimer === undefined && this.#board.isDirty) this.#arm();
  }

  /** How many series those patterns and that filter choose now. */
  count(subjects: readonly string[], filter: Filter): number {
    const selection = this.#index.selection(subjects, filter);
    if (selection.groups.length === 0) this.#index.release(selection);
    return selection.sids.length;
  }

  /** From now on `member` is told what happens to the series that those patterns and that filter choose. */
  join(member: Member, subjects: readonly string[], filter: Filter, periodMs: number): Group {
    if (this.#deps.loop.now() - this.#cutAt > snapshotAgeMs) this.#cutNow();
    const group = this.#groupOf(this.#index.selection(subjects, filter), periodMs);
    group.members.add(member);
    this.#rearm();
    return group;
  }

  leave(member: Member): void {
    const { selection } = member.group;
    this.#displace(member);
    if (selection.groups.length === 0) this.#index.release(selection);
  }

  /** Changes how often a member is flushed; what is pending stays pending. */
  repace(member: Member, periodMs: number): void {
    const { selection, cut, window } = member.group;
    // Left before the next is looked for: the present one may be it, and goes when it has no member.
    this.#displace(member);
    const pending = window.size > 0;
    const group = pending
      ? this.#open(new Group(selection, periodMs, cut, window.clone()))
      : this.#groupOf(selection, periodMs);
    group.members.add(member);
    member.group = group;
    this.#rearm();
  }

  /** Tells one member at once what is pending. */
  tellPending(member: Member): void {
    if (member.group.window.size > 0) this.#deliver(member, rowFrames(member.group));
  }

  /** Tells a member the last value of each series of its selection. */
  snapshot(member: Member): void {
    const { id, encoding } = member;
    const sids = member.group.selection.sids.filter((sid) => this.#board.hasLast(sid));
    this.#announce(member);
    for (let at = 0; at === 0 || at < sids.length; at += pageSize) {
      const page = sids.slice(at, at + pageSize);
      const head = { op: 'snapshot', id, more: at + pageSize < sids.length };
      const rows = encoding.rows(head, 'items', page.length);
      for (const sid of page) this.#board.writeLast(sid, rows);
      member.deliver(rows.finish());
    }
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #admit({ series }: Sample): void {
    this.#board.admit(series);
    for (const selection of this.#index.admit(series)) tellGrown(selection);
  }

  /** The group of `selection` that was told everything up to the last cut. */
  #groupOf(selection: Selection, periodMs: number): Group {
    return selection.groupAt(this.#cut, periodMs) ?? this.#open(new Group(selection, periodMs, this.#cut));
  }

  #open(group: Group): Group {
    const pace = this.#pace(group.periodMs);
    group.selection.groups.push(group);
    pace.groups.add(group);
    if (group.window.size > 0) pace.dirty.add(group);
    return group;
  }

  #close(group: Group): void {
    const pace = this.#pace(group.periodMs);
    group.selection.remove(group);
    pace.groups.delete(group);
    pace.dirty.delete(group);
  }

  #displace(member: Member): void {
    const { group } = member;
    group.members.delete(member);
    if (group.members.size === 0) this.#close(group);
  }

  #pace(periodMs: number): Pace {
    let pace = this.#paces.get(periodMs);
    if (pace === undefined) {
      pace = { periodMs, dueAt: Number.NEGATIVE_INFINITY, groups: new Set(), dirty: new Set() };
      this.#paces.set(periodMs, pace);
    }
    return pace;
  }

  /** Ends the present interval: hands what it brought to the windows of all who watch. */
  #cutNow(): void {
    this.#cutAt = this.#deps.loop.now();
    if (!this.#board.isDirty) return;
    this.#cut++;
    for (const pace of this.#paces.values()) {
      for (const group of pace.groups) {
        if (this.#board.pour(group.selection.sids, group.window)) pace.dirty.add(group);
      }
    }
    this.#board.cut();
  }

  #rearm(): void {
    this.stop();
    this.#arm();
  }

  #arm(): void {
    let due = Number.POSITIVE_INFINITY;
    for (const pace of this.#paces.values()) {
      const waits = pace.dirty.size > 0 || (pace.groups.size > 0 && this.#board.isDirty);
      if (waits && pace.periodMs !== paused) due = Math.min(due, pace.dueAt);
    }
    if (due === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#deps.loop.later(Math.max(settleMs, due - this.#deps.loop.now()), () => this.#tick());
  }

  #tick(): void {
    this.#cancelTimer = undefined;
    this.#cutNow();
    const now = this.#deps.loop.now();
    for (const pace of this.#paces.values()) {
      if (pace.dirty.size === 0 || pace.periodMs === paused || now + timerSlackMs < pace.dueAt) continue;
      pace.dueAt = now + pace.periodMs;
      for (const group of pace.dirty) this.#queue(group);
    }
    this.#arm();
  }

  #queue(group: Group): void {
    if (group.sealing) return;
    group.sealing = true;
    this.#deps.queue.work(() => this.#seal(group));
  }

  /** Tells all members that can take it what is pending, and starts their next window. */
  #seal(group: Group): void {
    group.sealing = false;
    if (group.window.size === 0 || !this.#setHeldApart(group)) return;
    const frames = rowFrames(group);
    for (const member of group.members) this.#deliver(member, frames);
    group.window.clear();
    group.cut = this.#cut;
    this.#pace(group.periodMs).dirty.delete(group);
    this.#unite(group);
  }

  /** Moves members that cannot take rows to a group of their own. Returns `false` when nobody can. */
  #setHeldApart(group: Group): boolean {
    let held = 0;
    for (const member of group.members) if (!member.ready()) held++;
    this.#deps.counters.metrics_held += held;
    if (held === group.members.size) return false;
    if (held === 0) return true;
    const { selection, periodMs, cut, window } = group;
    const apart = this.#open(new Group(selection, periodMs, cut, window.clone()));
    for (const member of [...group.members]) if (!member.ready()) move(member, apart);
    return true;
  }

  /** Joins a group that was just flushed with one that stands at the same cut. */
  #unite(group: Group): void {
    const { selection, cut, periodMs } = group;
    const other = selection.groups.find((g) => g !== group && g.cut === cut && g.periodMs === periodMs);
    if (other === undefined) return;
    for (const member of [...group.members]) move(member, other);
    this.#close(group);
  }

  #deliver(member: Member, frames: SharedFrames): void {
    this.#announce(member);
    this.#deps.counters.rows_sent += member.group.window.size;
    member.deliver(frames.for(member.encoding, member.id));
  }

  #announce(member: Member): void {
    const known = member.group.selection.sids.length;
    if (member.announced === known) return;
    for (const frame of seriesFrames(member, (sid) => this.#board.series(sid))) member.deliver(frame);
    member.announced = known;
  }
}

function move(member: Member, to: Group): void {
  member.group.members.delete(member);
  member.group = to;
  to.members.add(member);
}

/** Over a copy: a member that has outgrown its limit leaves. */
function tellGrown(selection: Selection): void {
  for (const group of [...selection.groups]) {
    for (const member of [...group.members]) member.grown();
  }
}
