import { choiceOption, durationOption, functionOption, integerOption, maxKeysOption, objectOption } from './options.js';
import { type OverflowPolicy, overflowPolicies } from './side.js';

/** When the batches of a group come; `explainSchedule` tells it in words. */
export interface GroupSchedule {
  /** From the first member of a new group to its first batch, 0 or more. */
  readonly waitMs: number;
  /** Least time from a batch to the next one of the group, 0 or more: a change in between waits until then. */
  readonly intervalMs: number;
  /** When nothing changed for so long after a batch, the members that are open are told again. Default: never. */
  readonly repeatMs?: number | undefined;
}

export interface GroupKernelOptions<T, G> extends GroupSchedule {
  /** Members that a batch tells at most; what changed goes first, and `more` counts the rest. Default: all of them. */
  readonly maxMembers?: number | undefined;
  /** Groups at a time. Default 100,000. */
  readonly maxKeys?: number | undefined;
  /** Members at a time, in all groups together. Default 100,000. */
  readonly maxHeld?: number | undefined;
  /**
   * A group that hears of no member for so long is told once more, reason `idle`, and forgotten. Default 7 days; that, and
   * least, the longest of `waitMs`, `intervalMs` and `repeatMs`.
   */
  readonly idleMs?: number | undefined;
  /**
   * What a value does that would be beyond `maxKeys` or `maxHeld`; `evict` tells and forgets the group that has heard
   * nothing for longest. Default `evict`.
   */
  readonly overflow?: OverflowPolicy | undefined;
  /** Hears of values that are told in no batch. It must not call the kernel. */
  readonly onDrop?: ((dropped: GroupReplaced<T, G> | GroupOmitted<T, G>) => void) | undefined;
}

/**
 * Why a batch comes. `wait`, `interval` and `repeat`: its time has come. `urgent`: an urgent value came. `complete`: the
 * source did. `evicted` and `idle`: its group is forgotten, because of `maxKeys` or `maxHeld`, or of `idleMs`.
 */
export type GroupReason = 'wait' | 'interval' | 'repeat' | 'urgent' | 'complete' | 'evicted' | 'idle';

/** What there is to tell of one group. */
export interface GroupBatch<T, G> {
  readonly key: G;
  /** The latest value of each member, in the order in which the members first came. */
  readonly members: readonly T[];
  /** How many members there are beyond these, because of `maxMembers`. */
  readonly more: number;
  readonly reason: GroupReason;
  /** Number of the batch, from 1, counted over all groups: no two batches have one. */
  readonly sequence: number;
}

/** A newer value of its member came before this one was told. */
export interface GroupReplaced<T, G> {
  readonly kind: 'replaced';
  readonly key: G;
  readonly value: T;
}

/** The batch of that sequence was full: this value is only counted, in its `more`. */
export interface GroupOmitted<T, G> {
  readonly kind: 'omitted';
  readonly key: G;
  readonly value: T;
  readonly sequence: number;
}

/** What became of a value: it is a member, or was dropped because of that option. */
export type GroupVerdict = 'held' | 'max_keys' | 'max_held';

/** A member: its latest value, whether it stays after it was told, and whether it was. */
export type GroupMember<T, K> = readonly [key: K, value: T, open: boolean, told: boolean];

export interface GroupState<T, G, K> {
  readonly key: G;
  readonly seenAt: number;
  /** Time of its last batch; `null` when there was none. */
  readonly flushedAt: number | null;
  /** When its next batch is due, or when it is forgotten. */
  readonly due: number;
  readonly members: readonly GroupMember<T, K>[];
}

export interface GroupSnapshot<T, G, K> {
  readonly version: 1;
  readonly now: number;
  readonly sequence: number;
  /** Those that have heard nothing for longest first. */
  readonly groups: readonly GroupState<T, G, K>[];
  /** Made, but not handed out yet. */
  readonly ready: readonly GroupBatch<T, G>[];
}

const week = 604_800_000;
const mostMembers = 2 ** 24;
export const defaultMaxHeld = 100_000;

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkGroup<T, G>(name: string, options: GroupKernelOptions<T, G>): void {
  checkSchedule(name, options);
  if (options.maxMembers !== undefined) integerOption(`${name}.maxMembers`, options.maxMembers, 1, mostMembers);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  integerOption(`${name}.maxHeld`, options.maxHeld ?? defaultMaxHeld, 1, mostMembers);
  durationOption(`${name}.idleMs`, options.idleMs ?? defaultIdleMs(options), leastIdleMs(options));
  choiceOption(`${name}.overflow`, options.overflow ?? 'evict', overflowPolicies);
  if (options.onDrop !== undefined) functionOption(`${name}.onDrop`, options.onDrop);
}

export function checkSchedule(name: string, schedule: GroupSchedule): void {
  objectOption(name, schedule);
  durationOption(`${name}.waitMs`, schedule.waitMs, 0);
  const intervalMs = durationOption(`${name}.intervalMs`, schedule.intervalMs, 0);
  if (schedule.repeatMs === undefined) return;
  // Below the interval a repeat would come before a change may.
  durationOption(`${name}.repeatMs`, schedule.repeatMs, Math.max(1, intervalMs));
}

export function defaultIdleMs(schedule: GroupSchedule): number {
  return Math.max(week, leastIdleMs(schedule));
}

function leastIdleMs({ waitMs, intervalMs, repeatMs = 1 }: GroupSchedule): number {
  return Math.max(waitMs, intervalMs, repeatMs);
}
