import type { Sample } from '../model/sample.js';
import type { Filter } from '../model/wire.js';
import type { GatewayCounters } from './counters.js';
import type { Loop } from './loop.js';
import { pageSize, rowFrames, seriesFrames } from './rows.js';
import { Group, type Member, type RowTaker, type Selection } from './selection.js';
import { SelectionIndex } from './selection-index.js';
import { SeriesBoard } from './series-board.js';
import type { SharedFrames } from './shared-frames.js';
import type { WriteQueue } from './write-queue.js';

/** After a quiet time the first sample waits this long for its companions. */
const settleMs = 5;

/** All groups with one period. They are flushed at most once in each slot of that length. */
interface Pace {
  readonly periodMs: number;
  flushedSlot: number;
  members: number;
  /** Groups with something pending. */
  readonly dirty: Set<Group>;
}

export interface MetricsHubDeps {
  readonly loop: Loop;
  readonly queue: WriteQueue;
  readonly counters: GatewayCounters;
}

/**
 * Fans samples out to metrics subscriptions. A sample costs a few array writes. Only when somebody is due, or joins, is an
 * interval cut: what came since the last cut is merged into the windows of those who watch. A window belongs to all
 * subscriptions of one selection that were last flushed together; one that is held back gets a window of its own
 * and joins the others again once it was flushed with them.
 */
export class MetricsHub {
  readonly #board = new SeriesBoard();
  readonly #index = new SelectionIndex((sid, watched) => this.#board.watch(sid, watched));
  readonly #paces = new Map<number, Pace>();
  readonly #deps: MetricsHubDeps;
  #cut = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(deps: MetricsHubDeps) {
    this.#deps = deps;
  }

  take(samples: readonly Sample[]): void {
    for (const sample of samples) {
      if (!this.#board.has(sample.series.sid)) this.#admit(sample);
      this.#board.take(sample);
    }
    if (this.#cancelTimer === undefined && this.#board.dirtyCount > 0) this.#arm();
  }

  /** From now on `taker` is told what happens to the series that those patterns and that filter choose. */
  join(taker: RowTaker, subjects: readonly string[], filter: Filter, periodMs: number): Member {
    this.#cutNow();
    const selection = this.#index.selection(subjects, filter);
    const member: Member = { taker, group: selection.groupAt(this.#cut, periodMs), announced: 0 };
    this.#place(member);
    return member;
  }

  leave(member: Member): void {
    const { selection } = member.group;
    this.#displace(member);
    if (selection.groups.length === 0) this.#index.release(selection);
  }

  /** Changes how often a member is flushed; what is pending stays pending. */
  repace(member: Member, periodMs: number): void {
    this.#cutNow();
    const { selection, cut, window } = member.group;
    const pending = window.size > 0;
    // Left before the next is looked for: the present one may be it, and goes when it has no member.
    this.#displace(member);
    member.group = pending
      ? selection.add(new Group(selection, periodMs, cut, window.clone()))
      : selection.groupAt(this.#cut, periodMs);
    this.#place(member);
    if (pending) this.#pace(periodMs).dirty.add(member.group);
    this.#rearm();
  }

  /** Tells one member at once what is pending. */
  tellPending(member: Member): void {
    this.#cutNow();
    if (member.group.window.size > 0) this.#deliver(member, rowFrames(member.group));
  }

  /** Tells a member the last value of each series of its selection. */
  snapshot(member: Member): void {
    const { taker } = member;
    const { sids } = member.group.selection;
    this.#announce(member);
    for (let at = 0; at === 0 || at < sids.length; at += pageSize) {
      const page = sids.slice(at, at + pageSize);
      const rows = taker.encoding.rows(page.length);
      for (const sid of page) this.#board.writeLast(sid, rows);
      const head = { op: 'snapshot', id: taker.id, more: at + pageSize < sids.length };
      taker.deliver(taker.encoding.around(head, 'items', rows.finish()));
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

  #place(member: Member): void {
    member.group.members.add(member);
    this.#pace(member.group.periodMs).members++;
    this.#rearm();
  }

  #displace(member: Member): void {
    const { group } = member;
    group.members.delete(member);
    const pace = this.#pace(group.periodMs);
    pace.members--;
    if (group.members.size > 0) return;
    pace.dirty.delete(group);
    group.selection.remove(group);
  }

  #pace(periodMs: number): Pace {
    let pace = this.#paces.get(periodMs);
    if (pace === undefined) {
      pace = { periodMs, flushedSlot: -1, members: 0, dirty: new Set() };
      this.#paces.set(periodMs, pace);
    }
    return pace;
  }

  /** Ends the present interval: hands what it brought to the windows of all who watch. */
  #cutNow(): void {
    if (this.#board.dirtyCount === 0) return;
    this.#cut++;
    this.#board.cut((sid, time, value, count, min, max) => {
      for (const { selection, position } of this.#index.watchers(sid)) {
        for (const group of selection.groups) {
          const first = group.window.merge(position, time, value, count, min, max);
          if (first) this.#pace(group.periodMs).dirty.add(group);
        }
      }
    });
  }

  #rearm(): void {
    this.stop();
    this.#arm();
  }

  #arm(): void {
    const now = this.#deps.loop.now();
    let due = Number.POSITIVE_INFINITY;
    for (const pace of this.#paces.values()) {
      const waits = pace.dirty.size > 0 || (pace.members > 0 && this.#board.dirtyCount > 0);
      if (waits && Number.isFinite(pace.periodMs)) due = Math.min(due, (pace.flushedSlot + 1) * pace.periodMs);
    }
    if (due === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#deps.loop.later(Math.max(settleMs, due - now), () => this.#tick());
  }

  #tick(): void {
    this.#cancelTimer = undefined;
    this.#cutNow();
    const now = this.#deps.loop.now();
    for (const pace of this.#paces.values()) {
      const slot = Math.floor(now / pace.periodMs);
      if (pace.dirty.size === 0 || slot <= pace.flushedSlot) continue;
      pace.flushedSlot = slot;
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
    const held = [...group.members].filter((member) => !member.taker.ready());
    this.#deps.counters.metrics_held += held.length;
    if (held.length === group.members.size) return false;
    if (held.length === 0) return true;
    const { selection, periodMs, cut, window } = group;
    const apart = selection.add(new Group(selection, periodMs, cut, window.clone()));
    for (const member of held) move(member, apart);
    this.#pace(group.periodMs).dirty.add(apart);
    return true;
  }

  /** Joins a group that was just flushed with one that stands at the same cut. */
  #unite(group: Group): void {
    const { selection, cut, periodMs } = group;
    const other = selection.groups.find((g) => g !== group && g.cut === cut && g.periodMs === periodMs);
    if (other === undefined) return;
    for (const member of [...group.members]) move(member, other);
    selection.remove(group);
  }

  #deliver(member: Member, frames: SharedFrames): void {
    this.#announce(member);
    const { taker, group } = member;
    this.#deps.counters.rows_sent += group.window.size;
    taker.deliver(frames.for(taker.encoding, taker.id));
  }

  #announce(member: Member): void {
    const { taker, group } = member;
    const known = group.selection.sids.length;
    if (member.announced === known) return;
    const lookUp = (sid: number) => this.#board.series(sid);
    for (const frame of seriesFrames(group.selection, member.announced, lookUp, taker)) taker.deliver(frame);
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
    for (const member of [...group.members]) member.taker.grown();
  }
}
