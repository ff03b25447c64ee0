import type { InhibitRule } from '../operators/inhibit-options.js';
import { MatcherIndex } from '../operators/parts/matcher-index.js';
import { type CompiledMatchers, compileMatchers, type Labels, labelOf } from '../operators/parts/matchers.js';
import type { Walk } from './walker.js';

/** An open alert that a rule could mute. */
export interface Target {
  readonly labels: Labels;
}

/** Targets of one rule that the same sources mute. */
export class TargetGroup<T extends Target> {
  readonly rule: string;
  readonly members = new Set<T>();
  readonly walk: Walk<T>;

  constructor(rule: string, visit: (target: T) => void) {
    this.rule = rule;
    this.walk = { items: this.members, visit };
  }
}

class TargetRule<T extends Target> {
  readonly id: string;
  readonly source: CompiledMatchers;
  readonly target: CompiledMatchers;
  readonly equal: readonly string[];
  readonly groups = new Map<string, TargetGroup<T>>();

  constructor({ id, source, target, equal }: InhibitRule) {
    this.id = id;
    this.source = compileMatchers(source);
    this.target = compileMatchers(target);
    this.equal = equal;
  }

  /** What matches both sides of a rule is muted by other sources than what is only a target. */
  groupKey(labels: Labels, isSource: boolean): string {
    let key = isSource ? 'both' : 'only';
    for (const name of this.equal) {
      const value = labelOf(labels, name);
      key += ` ${value.length}:${value}`;
    }
    return key;
  }
}

/**
 * The open alerts by the rules that could mute them and by what has to be equal: so that a source which opens or closes
 * makes only those be looked at that it concerns.
 */
export class InhibitTargets<T extends Target> {
  readonly #visit: (target: T) => void;
  readonly #sources = new MatcherIndex<TargetRule<T>>();
  readonly #targets = new MatcherIndex<TargetRule<T>>();

  /** The rules must have been checked. */
  constructor(rules: readonly InhibitRule[], visit: (target: T) => void) {
    this.#visit = visit;
    for (const rule of rules) {
      const compiled = new TargetRule<T>(rule);
      this.#sources.add(compiled.source, compiled);
      this.#targets.add(compiled.target, compiled);
    }
  }

  /** Adds it to the groups that it belongs to by its labels. */
  enter(target: T): void {
    for (const { rule, key } of this.#placesOf(target.labels)) {
      let group = rule.groups.get(key);
      if (group === undefined) {
        group = new TargetGroup(rule.id, this.#visit);
        rule.groups.set(key, group);
      }
      group.members.add(target);
    }
  }

  /** Takes it out again; its labels must be those with which it entered. */
  leave(target: T): void {
    for (const { rule, key } of this.#placesOf(target.labels)) {
      const group = rule.groups.get(key);
      group?.members.delete(target);
      if (group?.members.size === 0) rule.groups.delete(key);
    }
  }

  /** The groups that an alert of these labels mutes as a source. */
  mutedBy(labels: Labels): TargetGroup<T>[] {
    return this.#found(this.#sources, labels).flatMap((rule) =>
      [false, true].flatMap((isSource) => rule.groups.get(rule.groupKey(labels, isSource)) ?? []),
    );
  }

  #placesOf(labels: Labels): { rule: TargetRule<T>; key: string }[] {
    const rules = this.#found(this.#targets, labels);
    return rules.map((rule) => ({ rule, key: rule.groupKey(labels, rule.source.matches(labels)) }));
  }

  #found(index: MatcherIndex<TargetRule<T>>, labels: Labels): TargetRule<T>[] {
    const found: TargetRule<T>[] = [];
    index.collect(labels, found);
    return found;
  }
}
