import {
  checkInhibit,
  checkInhibitRules,
  type InhibitedBy,
  type InhibitKernelOptions,
  type InhibitNotice,
  type InhibitRule,
  type InhibitSnapshot,
  type InhibitVerdict,
} from './inhibit-options.js';
import { type InhibitGroup, InhibitRules } from './inhibit-rules.js';
import { InhibitSources } from './inhibit-sources.js';
import { defaultMaxKeys } from './options.js';
import { KeptValues } from './parts/kept-values.js';
import { notBefore } from './parts/kernel-time.js';
import { KeyTable, noSlot } from './parts/key-table.js';
import type { Labels } from './parts/matchers.js';
import { WaitingQueue } from './parts/waiting-queue.js';
import type { MuteDropped } from './silence-options.js';
import { requireVersion } from './state-handle.js';

/** Most sources, kept values and waiting values, each, looked at in one `advance`: no turn of the loop grows long. */
const mostPerAdvance = 125;
const snapshotVersion = 1;
const nothing: readonly never[] = [];

interface Waiting<T, K> {
  readonly key: K;
  readonly value: T;
  readonly labels: Labels;
  readonly isOpen: boolean;
  readonly due: number;
}

/**
 * Knows which sources are open and says which of them mute some labels, without RxJS. `process` takes a value of the
 * stream; `open`, `close` and `by` do the parts of it, for a caller that decides by itself. Call `advance(now)` at
 * `nextDue()`: it returns what was released or has settled.
 *
 * Cost: O(rules of which the value is a source or a target). Memory: about 210 bytes an open source of one rule, 110 a kept value.
 */
export class InhibitKernel<T, K> {
  private now = -Infinity;
  private readonly settleMs: number;
  private readonly idleMs: number;
  private readonly refuses: boolean;
  private readonly sources: InhibitSources<K>;
  private readonly kept: KeptValues<T, K>;
  private readonly waiting = new WaitingQueue<Waiting<T, K>>();
  /** Of the keys of which values wait: how many. */
  private readonly waits: KeyTable<K>;
  private readonly found: InhibitGroup<K>[] = [];
  private readonly verdict: { outcome: InhibitVerdict<K>['outcome']; by: readonly InhibitedBy<K>[] };
  private notices: InhibitNotice<T, K>[] = [];
  private readonly onOver = (cause: number): void => this.kept.endCause(cause);

  /** Throws `RangeError` or `TypeError` for a bad option, and for a snapshot that does not fit. */
  constructor(options: InhibitKernelOptions = {}, snapshot?: InhibitSnapshot<T, K>) {
    checkInhibit('inhibit', options);
    const { settleMs = 0, idleMs = Infinity, maxKeys = defaultMaxKeys, overflow } = options;
    this.settleMs = settleMs;
    this.idleMs = idleMs;
    this.refuses = overflow !== 'error';
    this.verdict = { outcome: 'passed', by: nothing };
    this.sources = new InhibitSources(maxKeys, new InhibitRules<K>([], this.onOver));
    this.kept = new KeptValues(maxKeys);
    // One more waits for a moment, before the first is decided at once.
    this.waits = new KeyTable(maxKeys + 1, 1);
    if (snapshot !== undefined) this.restore(snapshot);
  }

  /** How many sources are open. */
  get size(): number {
    return this.sources.size;
  }

  /** How many values are held: kept until their sources are closed, or waiting to settle. */
  get heldSize(): number {
    return this.kept.size + this.waiting.size;
  }

  /**
   * Replaces the rules. Sources stay open; what was no source of any rule before is one from its next value on. Looks at
   * each open source and, bit by bit, at each kept value. Throws for a bad rule; the rules before then stay.
   */
  setRules(rules: readonly InhibitRule[], now: number): void {
    this.now = notBefore(this.now, now);
    checkInhibitRules('rules', rules);
    this.sources.setRules(new InhibitRules<K>(rules, this.onOver));
  }

  /** The next value of a key. `isOpen` is false for one that ends what its key began: it is never muted. */
  process(key: K, value: T, labels: Labels, isOpen: boolean, now: number): InhibitVerdict<K> {
    this.now = notBefore(this.now, now);
    if (!isOpen) this.sources.close(key);
    else if (!this.open(key, labels, now)) {
      this.notices.push({ kind: 'unremembered', key, value, reason: 'max_keys' });
    }
    return this.mustWait(key, labels, isOpen)
      ? this.wait(key, value, labels, isOpen)
      : this.decided(this.decide(key, value, labels, isOpen));
  }

  /**
   * From now on the key mutes as a source, if it is one. False when it cannot be remembered. Throws `RangeError` instead
   * when `overflow` is `'error'`.
   */
  open(key: K, labels: Labels, now: number): boolean {
    this.now = notBefore(this.now, now);
    if (this.sources.open(key, labels, this.now)) return true;
    if (this.refuses) return false;
    throw new RangeError(`inhibit: more than ${this.sources.maxKeys} sources open (maxKeys)`);
  }

  /** The key mutes no more. */
  close(key: K, now: number): void {
    this.now = notBefore(this.now, now);
    this.sources.close(key);
  }

  /** What mutes these labels: one reason for each rule, in the order of the rules; empty when nothing does. */
  by(labels: Labels): readonly InhibitedBy<K>[] {
    const { found } = this;
    found.length = 0;
    this.sources.collect(labels, found);
    if (found.length < 2) return found.length === 0 ? nothing : found[0]!.by;
    return found.flatMap((group) => group.by);
  }

  /** What has come about by `now`: a bounded number at a time, so look at `nextDue()` again. */
  advance(now: number): readonly InhibitNotice<T, K>[] {
    this.now = notBefore(this.now, now);
    this.catchUp(mostPerAdvance);
    return this.takeNotices();
  }

  /** The stream has ended: what waits is decided now, and what is still muted is dropped. */
  flush(now: number): readonly InhibitNotice<T, K>[] {
    this.now = notBefore(this.now, now);
    this.catchUp(Infinity);
    while (this.waiting.size > 0) this.settleFirst();
    for (let slot = this.kept.oldest(); slot !== 0; slot = this.kept.oldest()) this.dropSlot(slot, 'complete');
    return this.takeNotices();
  }

  /** Nothing happens by itself before this moment: `Infinity` when nothing will, `-Infinity` when there is something now. */
  nextDue(): number {
    const { hasRules } = this.sources;
    if (this.notices.length > 0 || (hasRules && this.kept.hasUndecided)) return -Infinity;
    const settles = hasRules ? (this.waiting.first()?.due ?? Infinity) : Infinity;
    return Math.min(settles, this.sources.oldestSeenAt + this.idleMs);
  }

  snapshot(): InhibitSnapshot<T, K> {
    const waiting = Array.from(
      this.waiting,
      ({ key, value, labels, isOpen, due }) => [key, value, labels, isOpen, due] as const,
    );
    return { version: snapshotVersion, sources: this.sources.entries(), kept: this.kept.entries(), waiting };
  }

  private restore(snapshot: InhibitSnapshot<T, K>): void {
    requireVersion('inhibit', snapshot, snapshotVersion);
    const { sources, kept, waiting } = snapshot;
    if (Math.max(sources.length, kept.length, waiting.length) > this.kept.maxKeys) {
      throw new RangeError(`inhibit: a state of more than ${this.kept.maxKeys} keys (maxKeys)`);
    }
    for (const [key, labels, seenAt] of sources) this.sources.restore(key, labels, seenAt);
    for (const [key, value, labels] of kept) this.kept.keep(key, value, labels, 0);
    for (const [key, value, labels, isOpen, due] of waiting) this.enqueue({ key, value, labels, isOpen, due });
  }

  /** Behind what waits under its key, and else if it is a target that nothing mutes. */
  private mustWait(key: K, labels: Labels, isOpen: boolean): boolean {
    if (this.waits.find(key) !== noSlot) return true;
    return this.settleMs > 0 && isOpen && this.by(labels).length === 0 && this.sources.isTarget(labels);
  }

  private wait(key: K, value: T, labels: Labels, isOpen: boolean): InhibitVerdict<K> {
    this.enqueue({ key, value, labels, isOpen, due: this.now + this.settleMs });
    if (this.waiting.size > this.kept.maxKeys) this.settleFirst();
    return this.answer('waiting', nothing);
  }

  private enqueue(entry: Waiting<T, K>): void {
    this.waiting.push(entry);
    const slot = this.waits.find(entry.key) || this.waits.add(entry.key, 0);
    this.waits.setCell(slot, 0, this.waits.cell(slot, 0) + 1);
  }

  private decided(by: readonly InhibitedBy<K>[]): InhibitVerdict<K> {
    return this.answer(by.length === 0 ? 'passed' : 'inhibited', by);
  }

  private answer(outcome: InhibitVerdict<K>['outcome'], by: readonly InhibitedBy<K>[]): InhibitVerdict<K> {
    this.verdict.outcome = outcome;
    this.verdict.by = by;
    return this.verdict;
  }

  /** What mutes the value: then it is kept, else it supersedes what is kept under its key. */
  private decide(key: K, value: T, labels: Labels, isOpen: boolean): readonly InhibitedBy<K>[] {
    const by = isOpen ? this.by(labels) : nothing;
    const slot = this.kept.find(key);
    if (slot !== 0) this.dropSlot(slot, isOpen ? 'superseded' : 'resolved');
    if (by.length > 0) this.keep(key, value, labels);
    return by;
  }

  /** After `by` of the same labels. */
  private keep(key: K, value: T, labels: Labels): void {
    if (!this.kept.isFull) {
      this.kept.keep(key, value, labels, this.now, this.sources.causeOf(this.found[0]!, labels));
      return;
    }
    if (!this.refuses) throw new RangeError(`inhibit: more than ${this.kept.maxKeys} values kept (maxKeys)`);
    this.notices.push({ kind: 'rejected', key, value, reason: 'max_keys' });
  }

  private catchUp(most: number): void {
    this.expire(most);
    // Before the first rules nothing is released or settled.
    if (!this.sources.hasRules) return;
    this.reconsider(most);
    this.settle(most);
  }

  private expire(most: number): void {
    for (let left = most; left > 0 && this.sources.oldestSeenAt + this.idleMs <= this.now; left -= 1) {
      this.notices.push({ kind: 'expired', key: this.sources.closeOldest(), at: this.now });
    }
  }

  /** Releases what nothing mutes any more. */
  private reconsider(most: number): void {
    for (let left = most; left > 0 && this.kept.hasUndecided; left -= 1) {
      const slot = this.kept.nextUndecided();
      const labels = this.kept.labelsOf(slot);
      if (this.by(labels).length === 0) this.release(slot);
      else this.kept.setCause(slot, this.sources.causeOf(this.found[0]!, labels));
    }
  }

  private settle(most: number): void {
    for (let left = most; left > 0 && (this.waiting.first()?.due ?? Infinity) <= this.now; left -= 1)
      this.settleFirst();
  }

  private settleFirst(): void {
    const { key, value, labels, isOpen } = this.waiting.shift()!;
    const slot = this.waits.find(key);
    const others = this.waits.cell(slot, 0) - 1;
    if (others > 0) this.waits.setCell(slot, 0, others);
    else this.waits.remove(slot);
    const by = this.decide(key, value, labels, isOpen);
    if (by.length > 0) this.notices.push({ kind: 'inhibited', key, value, by });
    else this.notices.push({ kind: 'settled', key, value });
  }

  private release(slot: number): void {
    this.notices.push({ kind: 'released', key: this.kept.keyOf(slot), value: this.kept.valueOf(slot) });
    this.kept.remove(slot);
  }

  private dropSlot(slot: number, reason: MuteDropped<T, K>['reason']): void {
    this.notices.push({ kind: 'dropped', key: this.kept.keyOf(slot), value: this.kept.valueOf(slot), reason });
    this.kept.remove(slot);
  }

  private takeNotices(): readonly InhibitNotice<T, K>[] {
    if (this.notices.length === 0) return nothing;
    const { notices } = this;
    this.notices = [];
    return notices;
  }
}
