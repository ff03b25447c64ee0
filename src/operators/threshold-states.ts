import { resized } from './parts/key-table.js';
import type { CompiledRule } from './threshold-compiled.js';
import { Ladders } from './threshold-ladders.js';
import type { ThresholdRule } from './threshold-rule.js';
import type { ThresholdPhase } from './threshold-transition.js';

/** No state: a rule and series at rest. */
export const noState = 0;

const initialCapacity = 16;

/**
 * The states of rules and series that are not at rest, in slabs: about 80 bytes each, and 20 for a timer. A state is a small
 * integer, never 0. The states of one series are a list in the order of the rules.
 */
export class ThresholdStates<R extends ThresholdRule> {
  readonly phases: ThresholdPhase[] = [];
  readonly rules: (CompiledRule<R> | undefined)[] = [];
  series = new Int32Array(initialCapacity);
  nexts = new Int32Array(initialCapacity);
  /** Level at which the rule fires; 0 while it does not, or fires for want of data. */
  levels = new Uint32Array(initialCapacity);
  /** Highest level that the last value reached. */
  reached = new Uint32Array(initialCapacity);
  since = new Float64Array(initialCapacity);
  values = new Float64Array(initialCapacity);
  coolUntil = new Float64Array(initialCapacity);
  /** When the phase ends; `Infinity` when no time ends it. */
  dues = new Float64Array(initialCapacity);
  readonly ladders = new Ladders();
  /** How many are in use. */
  size = 0;
  /** How many series have a state. */
  seriesInUse = 0;
  /** No state is above it. */
  last = noState;
  /** Head of the list of free states, linked through `nexts`. */
  private free = noState;

  /** All states in use. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let state = 1; state <= this.last; state += 1) if (this.rules[state] !== undefined) yield state;
  }

  /** A new state in the list of `series`, whose first states are in `heads`. */
  add(heads: Int32Array, series: number, rule: CompiledRule<R>): number {
    const state = this.take();
    this.size += 1;
    this.series[state] = series;
    this.rules[state] = rule;
    this.phases[state] = 'pending';
    this.levels[state] = 0;
    this.reached[state] = 0;
    this.coolUntil[state] = -Infinity;
    this.dues[state] = Infinity;
    this.link(heads, state);
    return state;
  }

  remove(heads: Int32Array, state: number): void {
    this.unlink(heads, state);
    this.rules[state] = undefined;
    this.ladders.delete(state);
    this.nexts[state] = this.free;
    this.free = state;
    this.size -= 1;
    if (this.size === 0 && this.series.length > initialCapacity) this.reset();
  }

  /** The states of one series, first to last. */
  *of(heads: Int32Array, series: number): IterableIterator<number> {
    for (let state = heads[series]!; state !== noState; state = this.nexts[state]!) yield state;
  }

  /** Puts the state where the order of its rule wants it. */
  private link(heads: Int32Array, state: number): void {
    const series = this.series[state]!;
    const { order } = this.rules[state]!;
    let before = noState;
    let after = heads[series]!;
    while (after !== noState && this.rules[after]!.order < order) {
      before = after;
      after = this.nexts[after]!;
    }
    this.nexts[state] = after;
    if (heads[series] === noState) this.seriesInUse += 1;
    this.put(heads, series, before, state);
  }

  /** The rules of one series have a new order. */
  relink(heads: Int32Array, series: number): void {
    const states = [...this.of(heads, series)].sort((a, b) => this.rules[a]!.order - this.rules[b]!.order);
    states.forEach((state, position) => {
      this.nexts[state] = states[position + 1] ?? noState;
    });
    heads[series] = states[0] ?? noState;
  }

  private unlink(heads: Int32Array, state: number): void {
    const series = this.series[state]!;
    let before = noState;
    for (let found = heads[series]!; found !== state; found = this.nexts[found]!) before = found;
    this.put(heads, series, before, this.nexts[state]!);
    if (heads[series] === noState) this.seriesInUse -= 1;
  }

  /** Behind `before`, which is `noState` for the first place. */
  private put(heads: Int32Array, series: number, before: number, state: number): void {
    if (before === noState) heads[series] = state;
    else this.nexts[before] = state;
  }

  private take(): number {
    const state = this.free;
    if (state !== noState) {
      this.free = this.nexts[state]!;
      return state;
    }
    this.last += 1;
    if (this.last === this.series.length) this.resize(this.last * 2);
    return this.last;
  }

  private resize(capacity: number): void {
    this.series = resized(this.series, capacity);
    this.nexts = resized(this.nexts, capacity);
    this.levels = resized(this.levels, capacity);
    this.reached = resized(this.reached, capacity);
    this.since = resized(this.since, capacity);
    this.values = resized(this.values, capacity);
    this.coolUntil = resized(this.coolUntil, capacity);
    this.dues = resized(this.dues, capacity);
  }

  /** Gives the memory back. */
  private reset(): void {
    this.last = noState;
    this.free = noState;
    this.phases.length = 0;
    this.rules.length = 0;
    this.resize(initialCapacity);
  }
}
