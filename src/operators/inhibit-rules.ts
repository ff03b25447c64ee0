import type { InhibitedBy, InhibitRule } from './inhibit-options.js';
import { MatcherIndex } from './parts/matcher-index.js';
import { type CompiledMatchers, compileMatchers, type Labels, labelOf } from './parts/matchers.js';
import { NumberPool } from './parts/number-pool.js';
import { ShardedMap } from './parts/sharded-map.js';

/** One open source under one rule. */
export interface Membership<K> {
  readonly key: K;
  readonly group: InhibitGroup<K>;
  readonly members: MemberList<K>;
  previous: Membership<K> | undefined;
  next: Membership<K> | undefined;
}

/** Linked, so that the one that is open for longest is always known. */
class MemberList<K> {
  first: Membership<K> | undefined;
  private last: Membership<K> | undefined;

  add(key: K, group: InhibitGroup<K>): Membership<K> {
    const member: Membership<K> = { key, group, members: this, previous: this.last, next: undefined };
    if (this.last === undefined) this.first = member;
    else this.last.next = member;
    this.last = member;
    return member;
  }

  remove({ previous, next }: Membership<K>): void {
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
  }
}

/** The open sources of one rule whose `equal` labels are the same. */
export class InhibitGroup<K> {
  readonly rule: CompiledRule<K>;
  readonly fingerprint: string;
  /** Its number as a cause of what is only a target, and the next one as a cause of what matches both sides. */
  readonly cause: number;
  /** Sources that do not match the target side: only these mute what matches both sides. */
  readonly pure = new MemberList<K>();
  readonly both = new MemberList<K>();
  private known: readonly [InhibitedBy<K>] | undefined;

  constructor(rule: CompiledRule<K>, fingerprint: string, id: number) {
    this.rule = rule;
    this.fingerprint = fingerprint;
    this.cause = 2 * id;
  }

  get isEmpty(): boolean {
    return this.pure.first === undefined && this.both.first === undefined;
  }

  /** Why it mutes; the same array until that changes. The group must not be empty. */
  get by(): readonly [InhibitedBy<K>] {
    const { key } = (this.pure.first ?? this.both.first)!;
    if (this.known?.[0].source !== key) this.known = [{ rule: this.rule.id, source: key }];
    return this.known!;
  }
}

class CompiledRule<K> {
  readonly id: string;
  readonly order: number;
  readonly source: CompiledMatchers;
  readonly target: CompiledMatchers;
  /** By the fingerprint of their `equal` labels. */
  readonly groups = new ShardedMap<string, InhibitGroup<K>>();
  private readonly equal: readonly string[];

  constructor({ id, source, target, equal }: InhibitRule, order: number) {
    this.id = id;
    this.order = order;
    this.source = compileMatchers(source);
    this.target = compileMatchers(target);
    this.equal = equal;
  }

  /** The same text only for the same `equal` labels. */
  fingerprint(labels: Labels): string {
    const { equal } = this;
    if (equal.length === 1) return labelOf(labels, equal[0]!);
    let text = '';
    for (const label of equal) {
      const value = labelOf(labels, label);
      text += `${value.length}:${value}`;
    }
    return text;
  }
}

/** A set of rules and the open sources under them. */
export class InhibitRules<K> {
  private readonly sources = new MatcherIndex<CompiledRule<K>>();
  private readonly targets = new MatcherIndex<CompiledRule<K>>();
  private readonly pool = new NumberPool();
  private readonly touched: CompiledRule<K>[] = [];
  private readonly onOver: (cause: number) => void;

  /** The rules must have been checked. `onOver` hears of each cause that is over. */
  constructor(rules: readonly InhibitRule[], onOver: (cause: number) => void) {
    this.onOver = onOver;
    rules.forEach((rule, order) => {
      const compiled = new CompiledRule<K>(rule, order);
      this.sources.add(compiled.source, compiled);
      this.targets.add(compiled.target, compiled);
    });
  }

  /** Opens a source under each rule of which it is one. */
  enter(key: K, labels: Labels): readonly Membership<K>[] {
    this.look(this.sources, labels);
    if (this.touched.length === 0) return none;
    return this.touched.map((rule) => {
      const group = this.groupOf(rule, rule.fingerprint(labels));
      return (rule.target.matches(labels) ? group.both : group.pure).add(key, group);
    });
  }

  leave(memberships: readonly Membership<K>[]): void {
    for (const member of memberships) {
      member.members.remove(member);
      this.left(member.group);
    }
  }

  isSource(labels: Labels): boolean {
    this.look(this.sources, labels);
    return this.touched.length > 0;
  }

  isTarget(labels: Labels): boolean {
    this.look(this.targets, labels);
    return this.touched.length > 0;
  }

  /** Adds what mutes these labels to `found`, in the order of the rules. */
  collect(labels: Labels, found: InhibitGroup<K>[]): void {
    this.look(this.targets, labels);
    if (this.touched.length > 1) this.touched.sort(byOrder);
    for (const rule of this.touched) {
      const group = rule.groups.get(rule.fingerprint(labels));
      if (group !== undefined && (group.pure.first !== undefined || !rule.source.matches(labels))) found.push(group);
    }
  }

  /** The cause by which a group that was collected for these labels mutes them. */
  causeOf({ rule, cause }: InhibitGroup<K>, labels: Labels): number {
    return rule.source.matches(labels) ? cause + 1 : cause;
  }

  private look(index: MatcherIndex<CompiledRule<K>>, labels: Labels): void {
    this.touched.length = 0;
    index.collect(labels, this.touched);
  }

  private groupOf(rule: CompiledRule<K>, fingerprint: string): InhibitGroup<K> {
    let group = rule.groups.get(fingerprint);
    if (group === undefined) {
      group = new InhibitGroup(rule, fingerprint, this.pool.take());
      rule.groups.add(fingerprint, group);
    }
    return group;
  }

  private left(group: InhibitGroup<K>): void {
    if (group.pure.first === undefined) this.onOver(group.cause + 1);
    if (!group.isEmpty) return;
    this.onOver(group.cause);
    group.rule.groups.delete(group.fingerprint);
    this.pool.giveBack(group.cause / 2);
  }
}

const none: readonly never[] = [];

function byOrder(one: { readonly order: number }, other: { readonly order: number }): number {
  return one.order - other.order;
}
