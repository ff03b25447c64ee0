import { choiceOption, durationOption, maxKeysOption, nameOption, objectOption, uniqueId } from './options.js';
import type { KeptEntry } from './parts/kept-values.js';
import { compileMatchers, type LabelMatcher, type Labels } from './parts/matchers.js';
import type { FailedSide } from './side.js';
import type { MuteDropped, MuteRejected, MuteReleased } from './silence-options.js';

/** While a source is open, targets whose `equal` labels are the same as its are muted. */
export interface InhibitRule {
  /** Unique in its set. */
  readonly id: string;
  /** At least one; all must hold. */
  readonly source: readonly LabelMatcher[];
  /** At least one; all must hold. */
  readonly target: readonly LabelMatcher[];
  /** Names of labels; one that both sides lack is equal. None: any source mutes any target. */
  readonly equal: readonly string[];
}

export interface InhibitKernelOptions {
  /** How long a target waits before it passes, for a source that comes late. Default 0: it does not wait. */
  readonly settleMs?: number;
  /** A source of which nothing is heard for so long is no longer open. Default: it stays open. */
  readonly idleMs?: number;
  /** Open sources, kept targets and waiting values at a time, each. Default 100,000. */
  readonly maxKeys?: number;
  /**
   * Beyond `maxKeys`: a source is not remembered, a muted target not kept; or an error. What is open or kept is never
   * forgotten. Default `reject`. Of what waits, the first is then decided at once.
   */
  readonly overflow?: 'reject' | 'error';
}

/** One reason why a value is muted. */
export interface InhibitedBy<K> {
  readonly rule: string;
  /** The source that has been open for longest. */
  readonly source: K;
}

/** The kernel hands out one object again and again: read it before the next call. */
export interface InhibitVerdict<K> {
  /** `waiting`: it will come out of `advance`. */
  readonly outcome: 'passed' | 'inhibited' | 'waiting';
  /** One for each rule that mutes it; empty unless it is inhibited. */
  readonly by: readonly InhibitedBy<K>[];
}

/** This value was held back. */
export interface Inhibited<T, K> {
  readonly kind: 'inhibited';
  readonly key: K;
  readonly value: T;
  readonly by: readonly InhibitedBy<K>[];
}

/** A target that waited is emitted: nothing mutes it. */
export interface InhibitSettled<T, K> {
  readonly kind: 'settled';
  readonly key: K;
  readonly value: T;
}

/** Nothing was heard of a source for `idleMs`: it is no longer open. */
export interface InhibitExpired<K> {
  readonly kind: 'expired';
  readonly key: K;
  readonly at: number;
}

/** A source is not remembered, because `maxKeys` others are, and `overflow` is `'reject'`. Its value passes. */
export interface InhibitUnremembered<T, K> {
  readonly kind: 'unremembered';
  readonly key: K;
  readonly value: T;
  readonly reason: 'max_keys';
}

/** What the kernel says by itself. */
export type InhibitNotice<T, K> =
  | Inhibited<T, K>
  | InhibitSettled<T, K>
  | InhibitExpired<K>
  | InhibitUnremembered<T, K>
  | MuteReleased<T, K>
  | MuteDropped<T, K>
  | MuteRejected<T, K>;

/** What `inhibit` says beside its output. */
export type InhibitSide<T, K> = InhibitNotice<T, K> | FailedSide<T>;

/** The rules themselves come from their input. */
export interface InhibitSnapshot<T, K> {
  readonly version: 1;
  /** Open sources and when they were heard of, the oldest first. */
  readonly sources: readonly (readonly [key: K, labels: Labels, seenAt: number])[];
  readonly kept: readonly KeptEntry<T, K>[];
  /** What waits to settle, and until when. */
  readonly waiting: readonly (readonly [key: K, value: T, labels: Labels, open: boolean, due: number])[];
}

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkInhibit(name: string, options: InhibitKernelOptions): void {
  objectOption(name, options);
  durationOption(`${name}.settleMs`, options.settleMs ?? 0, 0);
  if (options.idleMs !== undefined) durationOption(`${name}.idleMs`, options.idleMs, 1);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  choiceOption(`${name}.overflow`, options.overflow ?? 'reject', ['reject', 'error']);
}

/** Throws `RangeError` or `TypeError` for a bad rule, and for an id that comes twice. */
export function checkInhibitRules(name: string, rules: readonly InhibitRule[]): void {
  if (!Array.isArray(rules)) throw new TypeError(`${name} must be an array of rules`);
  const ids = new Set<string>();
  rules.forEach((rule: InhibitRule, position) => {
    checkRule(`${name}[${position}]`, rule);
    uniqueId(`${name}[${position}].id`, rule.id, ids);
  });
}

function checkRule(name: string, rule: InhibitRule): void {
  objectOption(name, rule);
  compileMatchers(rule.source, `${name}.source`);
  compileMatchers(rule.target, `${name}.target`);
  if (!Array.isArray(rule.equal)) throw new TypeError(`${name}.equal must be an array of labels`);
  rule.equal.forEach((label: string, position) => {
    nameOption(`${name}.equal[${position}]`, label);
  });
}
