import type { BatchReason } from '../model/delivery.js';
import type { StoredEvent } from '../model/event.js';
import { GroupKernel } from '../operators/group-kernel.js';
import type { GroupBatch, GroupState } from '../operators/group-options.js';
import { groupKey } from './group-key.js';
import type { BatchEvent } from './group-message.js';
import type { RecordedBatch } from './group-record.js';

export interface GroupTimes {
  /** Fields of an alert: `category`, `source`, `rule`, `severity`, `labels.<name>`. */
  readonly by: readonly string[];
  /** From the first notification of a new group to its batch. */
  readonly waitMs: number;
  /** Least time between two batches of a group. */
  readonly intervalMs: number;
}

/** What is to be told now: of one group, to one channel. */
export interface ReadyBatch {
  readonly key: string;
  readonly reason: BatchReason;
  readonly members: readonly BatchEvent[];
}

/** Events beyond this are told early. */
const maxHeld = 20_000;
/** Events of one message, told or counted. */
const maxMembers = 1_000;

/**
 * The notifications that wait for others of their group. Each event is a member of its own, told once; an alert of which
 * something waits stays in that group until it is told, whatever became of its fields, so that its order is kept.
 */
export class GroupHold {
  readonly #by: readonly string[];
  readonly #kernel: GroupKernel<BatchEvent, string, number>;
  /** Sequences of which something waits, ascending, each with the number of channels. */
  readonly #held = new Map<number, number>();
  /** By channel and alert key. */
  readonly #groupOf = new Map<string, { readonly key: string; events: number }>();

  /** `earlier`: the batches that were told not long before `now`, a wall time as all times here. */
  constructor({ by, waitMs, intervalMs }: GroupTimes, earlier: Iterable<RecordedBatch>, now: number) {
    this.#by = by;
    const groups = statesOf(earlier, intervalMs, now);
    const before = Math.min(now, ...groups.map(({ seenAt }) => seenAt)) - waitMs;
    this.#kernel = new GroupKernel(
      { waitMs, intervalMs, maxHeld },
      { version: 1, now: before, sequence: 0, groups, ready: [] },
    );
  }

  /** How many events wait. */
  get size(): number {
    return this.#held.size;
  }

  /** The first event that waits. */
  get lowest(): number | undefined {
    return this.#held.keys().next().value;
  }

  get nextDue(): number {
    return this.#kernel.nextDue();
  }

  /** Takes a notification in; events come in the order of the log. */
  add(seq: number, event: StoredEvent, channel: string, now: number): void {
    const place = placeName(channel, event);
    const known = this.#groupOf.get(place) ?? { key: groupKey(event, channel, this.#by), events: 0 };
    known.events += 1;
    this.#groupOf.set(place, known);
    this.#held.set(seq, (this.#held.get(seq) ?? 0) + 1);
    this.#kernel.process(known.key, seq, { seq, event }, now, false, isUrgent(event));
  }

  /** The batches that are ready. More may be: look at {@link nextDue} again. */
  take(now: number): readonly ReadyBatch[] {
    return this.#kernel.advance(now).flatMap(partsOf);
  }

  /** It is certain that these will be told. */
  release({ members }: ReadyBatch): void {
    for (const { seq } of members) {
      const left = this.#held.get(seq)! - 1;
      if (left === 0) this.#held.delete(seq);
      else this.#held.set(seq, left);
    }
  }

  /** These were told: what comes of the same alerts may go to other groups. */
  told({ members }: ReadyBatch, channel: string): void {
    for (const { event } of members) {
      const place = placeName(channel, event);
      const known = this.#groupOf.get(place)!;
      known.events -= 1;
      if (known.events === 0) this.#groupOf.delete(place);
    }
  }
}

/** What became worse does not wait, nor does what waits in its group. */
function isUrgent({ type, reason }: StoredEvent): boolean {
  return type === 'escalated' || reason === 'severity_up';
}

function placeName(channel: string, { alert }: StoredEvent): string {
  return `${alert.keyHash} ${channel}`;
}

function partsOf({ key, reason, members }: GroupBatch<BatchEvent, string>): ReadyBatch[] {
  const why = reason === 'wait' || reason === 'interval' || reason === 'urgent' ? reason : 'full';
  const parts: ReadyBatch[] = [];
  for (let i = 0; i < members.length; i += maxMembers) {
    parts.push({ key, reason: why, members: members.slice(i, i + maxMembers) });
  }
  return parts;
}

/** Groups that are empty and quiet, each as its last batch left it. A clock that was set back makes nobody wait for longer. */
function statesOf(
  earlier: Iterable<RecordedBatch>,
  intervalMs: number,
  now: number,
): GroupState<BatchEvent, string, number>[] {
  const last = new Map([...earlier].map(({ key, at }) => [key, Math.min(at, now)]));
  return [...last]
    .filter(([, at]) => at + intervalMs > now)
    .map(([key, at]) => ({ key, seenAt: at, flushedAt: at, due: at + intervalMs, members: [] }));
}
