import type { InhibitGroup, InhibitRules, Membership } from './inhibit-rules.js';
import { KeyTable, noSlot } from './parts/key-table.js';
import type { Labels } from './parts/matchers.js';

/** The open sources: what each is called and under which rules it mutes. Never forgets one that is open. */
export class InhibitSources<K> {
  private readonly table: KeyTable<K>;
  private labels: (Labels | undefined)[] = [];
  private memberships: (readonly Membership<K>[])[] = [];
  private rules: InhibitRules<K>;
  private isDecided = false;

  constructor(maxKeys: number, rules: InhibitRules<K>) {
    this.table = new KeyTable(maxKeys);
    this.rules = rules;
  }

  get size(): number {
    return this.table.size;
  }

  /** Whether there were rules to say what is a source. */
  get hasRules(): boolean {
    return this.isDecided;
  }

  get maxKeys(): number {
    return this.table.maxKeys;
  }

  /** What is no source under the new rules is forgotten. Looks at each open source. */
  setRules(rules: InhibitRules<K>): void {
    const slots = [...this.table];
    // The causes of the old rules must be over before the new rules use their numbers.
    for (const slot of slots) this.rules.leave(this.memberships[slot]!);
    this.rules = rules;
    this.isDecided = true;
    for (const slot of slots) {
      this.memberships[slot] = rules.enter(this.table.keyOf(slot), this.labels[slot]!);
      if (this.memberships[slot]!.length === 0) this.remove(slot);
    }
  }

  /** False when it is a source, and there is no room for it. */
  open(key: K, labels: Labels, now: number): boolean {
    const slot = this.table.find(key);
    if (slot === noSlot) return !this.rules.isSource(labels) || this.add(key, labels, now);
    this.table.touch(slot, now);
    if (!isSame(labels, this.labels[slot]!)) this.change(slot, key, labels);
    return true;
  }

  /** Takes a source over from a snapshot; `setRules` says under which rules it is one. */
  restore(key: K, labels: Labels, seenAt: number): void {
    const slot = this.table.add(key, seenAt);
    this.labels[slot] = labels;
    this.memberships[slot] = [];
  }

  close(key: K): void {
    const slot = this.table.find(key);
    if (slot !== noSlot) this.remove(slot);
  }

  /** When the source was heard of that was not for longest; `Infinity` when none is open. */
  get oldestSeenAt(): number {
    const slot = this.table.oldest();
    return slot === noSlot ? Infinity : this.table.seenAt(slot);
  }

  /** Closes that source. */
  closeOldest(): K {
    const slot = this.table.oldest();
    const key = this.table.keyOf(slot);
    this.remove(slot);
    return key;
  }

  isTarget(labels: Labels): boolean {
    return this.rules.isTarget(labels);
  }

  /** Adds what mutes these labels to `found`, in the order of the rules. */
  collect(labels: Labels, found: InhibitGroup<K>[]): void {
    this.rules.collect(labels, found);
  }

  causeOf(group: InhibitGroup<K>, labels: Labels): number {
    return this.rules.causeOf(group, labels);
  }

  entries(): readonly (readonly [key: K, labels: Labels, seenAt: number])[] {
    return Array.from(
      this.table,
      (slot) => [this.table.keyOf(slot), this.labels[slot]!, this.table.seenAt(slot)] as const,
    );
  }

  private add(key: K, labels: Labels, now: number): boolean {
    if (this.table.full) return false;
    const slot = this.table.add(key, now);
    this.labels[slot] = labels;
    this.memberships[slot] = this.rules.enter(key, labels);
    return true;
  }

  /**
   * Enters before it leaves, so that what goes on being muted does not look released in between. What was restored stays
   * until there are rules.
   */
  private change(slot: number, key: K, labels: Labels): void {
    const before = this.memberships[slot]!;
    this.labels[slot] = labels;
    this.memberships[slot] = this.rules.enter(key, labels);
    this.rules.leave(before);
    if (this.isDecided && this.memberships[slot]!.length === 0) this.remove(slot);
  }

  private remove(slot: number): void {
    this.rules.leave(this.memberships[slot]!);
    this.labels[slot] = undefined;
    this.memberships[slot] = [];
    this.table.remove(slot);
    if (this.table.size > 0) return;
    this.labels = [];
    this.memberships = [];
  }
}

function isSame(one: Labels, other: Labels): boolean {
  if (one === other) return true;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
