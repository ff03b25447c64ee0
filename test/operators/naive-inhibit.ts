import type { InhibitRule } from '../../src/operators/inhibit.js';
import { type Labels, labelOf } from '../../src/operators/parts/matchers.js';
import { naiveMatches } from './naive-matchers.js';

export type InhibitInput =
  | { readonly kind: 'rules'; readonly rules: readonly InhibitRule[] }
  | { readonly kind: 'value'; readonly key: string; readonly labels: Labels; readonly isOpen: boolean };

export interface InhibitEvent {
  readonly at: number;
  readonly input: InhibitInput;
}

export interface NaiveInhibitOptions {
  readonly settleMs: number;
  readonly idleMs: number;
  readonly maxKeys: number;
}

interface Value {
  readonly key: string;
  readonly value: number;
  readonly labels: Labels;
  readonly isOpen: boolean;
}

/** Everything that happens, in words, by comparing all open sources with all values under all rules. */
export class NaiveInhibited {
  private rules: readonly InhibitRule[] = [];
  private readonly sources = new Map<string, { labels: Labels; seenAt: number }>();
  private readonly kept = new Map<string, Value>();
  private waiting: (Value & { readonly due: number })[] = [];
  private readonly options: NaiveInhibitOptions;
  private readonly words: string[] = [];

  constructor(options: NaiveInhibitOptions) {
    this.options = options;
  }

  /** What happens at `now` by itself. */
  pass(now: number): string[] {
    for (const [key, { seenAt }] of this.sources) {
      if (seenAt + this.options.idleMs > now) continue;
      this.sources.delete(key);
      this.words.push(`expired ${key}`);
    }
    for (const { key, value, labels } of this.kept.values()) {
      if (this.by(labels).length > 0) continue;
      this.kept.delete(key);
      this.words.push(`released ${key} ${value}`);
    }
    while (this.waiting.length > 0 && this.waiting[0]!.due <= now) this.settleFirst();
    return this.words.splice(0);
  }

  apply(input: InhibitInput, value: number, now: number): string[] {
    if (input.kind === 'rules') {
      this.rules = input.rules;
      for (const [key, { labels }] of this.sources) if (!this.isSource(labels)) this.sources.delete(key);
      return this.pass(now);
    }
    this.track(input, value, now);
    if (this.mustWait(input)) {
      this.waiting.push({ ...input, value, due: now + this.options.settleMs });
      if (this.waiting.length > this.options.maxKeys) this.settleFirst();
    } else this.decide({ ...input, value }, 'passed');
    return [...this.words.splice(0), ...this.pass(now)];
  }

  private track({ key, labels, isOpen }: InhibitInput & { kind: 'value' }, value: number, now: number): void {
    const known = this.sources.has(key);
    if (isOpen && this.isSource(labels) && !known && this.sources.size >= this.options.maxKeys) {
      this.words.push(`unremembered ${key} ${value}`);
      return;
    }
    this.sources.delete(key);
    if (isOpen && this.isSource(labels)) this.sources.set(key, { labels, seenAt: now });
  }

  private mustWait({ key, labels, isOpen }: InhibitInput & { kind: 'value' }): boolean {
    if (this.waiting.some((one) => one.key === key)) return true;
    const isTarget = this.rules.some(({ target }) => naiveMatches(target, labels));
    return this.options.settleMs > 0 && isOpen && isTarget && this.by(labels).length === 0;
  }

  private settleFirst(): void {
    this.decide(this.waiting.shift()!, 'settled');
  }

  private decide(value: Value, word: string): void {
    const by = value.isOpen ? this.by(value.labels) : [];
    const before = this.kept.get(value.key);
    if (before !== undefined) {
      this.kept.delete(value.key);
      this.words.push(`dropped ${value.key} ${before.value} ${value.isOpen ? 'superseded' : 'resolved'}`);
    }
    if (by.length === 0) this.words.push(`${word} ${value.value}`);
    else {
      this.words.push(`inhibited ${value.value} by ${by.join()}`);
      if (this.kept.size < this.options.maxKeys) this.kept.set(value.key, value);
      else this.words.push(`rejected ${value.key} ${value.value}`);
    }
  }

  private isSource(labels: Labels): boolean {
    return this.rules.some(({ source }) => naiveMatches(source, labels));
  }

  private by(labels: Labels): string[] {
    return this.rules
      .filter(
        (rule) =>
          naiveMatches(rule.target, labels) &&
          [...this.sources.values()].some((one) => mutes(rule, one.labels, labels)),
      )
      .map(({ id }) => id);
  }
}

/** Both are known to match their side of the rule. */
function mutes({ source, target, equal }: InhibitRule, by: Labels, labels: Labels): boolean {
  if (!naiveMatches(source, by)) return false;
  if (naiveMatches(source, labels) && naiveMatches(target, by)) return false;
  return equal.every((label) => labelOf(by, label) === labelOf(labels, label));
}
