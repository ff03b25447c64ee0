import type { LabelMatcher, Labels } from '../../src/operators/parts/matchers.js';
import { naiveMatches } from './naive-matchers.js';

export interface NaiveSilence {
  readonly id: string;
  readonly matchers: readonly LabelMatcher[];
  readonly startsAt: number;
  readonly endsAt: number;
}

export type SilenceInput =
  | { readonly kind: 'set'; readonly silences: readonly NaiveSilence[] }
  | { readonly kind: 'value'; readonly key: string; readonly labels: Labels; readonly isOpen: boolean };

export interface SilenceEvent {
  readonly at: number;
  readonly input: SilenceInput;
}

/** Everything that happens, in words, by looking at all silences and all kept values at each step. */
export class NaiveSilenced {
  private silences: readonly NaiveSilence[] = [];
  private active: readonly NaiveSilence[] = [];
  private readonly kept = new Map<string, { readonly value: number; readonly labels: Labels }>();
  private readonly maxKeys: number;
  private words: string[] = [];

  constructor(maxKeys: number) {
    this.maxKeys = maxKeys;
  }

  /** What happens at `now` by itself. */
  pass(now: number): string[] {
    const active = this.silences.filter(({ startsAt, endsAt }) => startsAt <= now && now < endsAt);
    for (const { id, endsAt } of this.active) {
      if (!active.some((one) => one.id === id)) this.words.push(`ended ${id} ${endsAt <= now ? 'time' : 'removed'}`);
    }
    for (const { id } of active) if (!this.active.some((one) => one.id === id)) this.words.push(`started ${id}`);
    this.active = active;
    for (const [key, { value, labels }] of this.kept) {
      if (this.by(labels).length > 0) continue;
      this.kept.delete(key);
      this.words.push(`released ${key} ${value}`);
    }
    return this.take();
  }

  apply(input: SilenceInput, value: number, now: number): string[] {
    if (input.kind === 'set') {
      this.silences = input.silences;
      return this.pass(now);
    }
    const { key, labels, isOpen } = input;
    const by = isOpen ? this.by(labels) : [];
    this.drop(key, isOpen ? 'superseded' : 'resolved');
    if (by.length === 0) this.words.push(`passed ${value}`);
    else {
      this.words.push(`muted ${value} by ${by.join()}`);
      if (this.kept.size < this.maxKeys) this.kept.set(key, { value, labels });
      else this.words.push(`rejected ${key} ${value}`);
    }
    return this.take();
  }

  private by(labels: Labels): string[] {
    return this.active.filter(({ matchers }) => naiveMatches(matchers, labels)).map(({ id }) => id);
  }

  private drop(key: string, reason: string): void {
    const known = this.kept.get(key);
    if (known === undefined) return;
    this.kept.delete(key);
    this.words.push(`dropped ${key} ${known.value} ${reason}`);
  }

  private take(): string[] {
    return this.words.splice(0).sort();
  }
}
