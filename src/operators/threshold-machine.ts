import { TimingWheel } from './parts/timing-wheel.js';
import type { CompiledRule } from './threshold-compiled.js';
import type { ThresholdRule } from './threshold-rule.js';
import type { ThresholdSeries } from './threshold-series.js';
import { ThresholdStates } from './threshold-states.js';
import type {
  ThresholdEntry,
  ThresholdFiring,
  ThresholdResolved,
  ThresholdTransition,
} from './threshold-transition.js';

const noTransitions: readonly never[] = [];

/**
 * The life of one rule and series, for all of them:
 *
 * ```
 *            fires                 held                  clears                 stays clear
 *  at rest ────────► pending ──────────────► firing ──────────────► clearing ──────────────► cooling ──► at rest
 *     ▲                 │                      ▲                        │                       │
 *     └── no longer ────┘                      └──── no longer clear ───┘      fires: pending ◄─┘
 * ```
 *
 * A phase of no length is passed through at once. Time is that of the value, or the exact deadline that passed.
 */
export class ThresholdMachine<T, K, R extends ThresholdRule> {
  readonly states = new ThresholdStates<R>();
  private readonly wheel = new TimingWheel();
  private readonly series: ThresholdSeries<K, R>;
  /** What came about since the last `take`. */
  private transitions: ThresholdTransition<T, K, R>[] = [];
  private readonly expired = (state: number, due: number): void => this.onDue(state, due);

  constructor(series: ThresholdSeries<K, R>) {
    this.series = series;
  }

  nextDue(): number {
    return this.wheel.nextDue();
  }

  dueOf(state: number): number {
    return this.wheel.dueOf(state);
  }

  advance(now: number, most: number): void {
    this.wheel.advance(now, this.expired, most);
  }

  /** The transitions since the last call. */
  take(): readonly ThresholdTransition<T, K, R>[] {
    if (this.transitions.length === 0) return noTransitions;
    const taken = this.transitions;
    this.transitions = [];
    return taken;
  }

  /** A rule at rest fires. */
  start(series: number, rule: CompiledRule<R>, item: T, value: number, at: number): void {
    const state = this.states.add(this.series.heads, series, rule);
    this.pend(state, rule, item, value, at);
  }

  /** A value for a rule that is not at rest. */
  onValue(state: number, rule: CompiledRule<R>, item: T, value: number, at: number): void {
    const { states } = this;
    const phase = states.phases[state]!;
    states.values[state] = value;
    if (phase === 'pending') {
      if (!rule.fires(value)) this.settle(state, at);
    } else if (phase === 'firing') {
      if (rule.clears(value)) this.clear(state, rule, item, at);
    } else if (phase === 'clearing') {
      if (!rule.clears(value)) this.keep(state);
    } else if (rule.fires(value)) {
      this.pend(state, rule, item, value, at);
    }
  }

  /** Deadlines that a value at time `at` finds passed come first. False when the state is at rest by then. */
  catchUp(state: number, at: number): boolean {
    const rule = this.states.rules[state];
    for (let due = this.wheel.dueOf(state); due <= at; due = this.wheel.dueOf(state)) {
      this.wheel.cancel(state);
      this.onDue(state, due);
      if (this.states.rules[state] !== rule) return false;
    }
    return true;
  }

  /** Ends a state whose rule no longer applies. */
  retire(state: number, at: number): void {
    const phase = this.states.phases[state]!;
    if (phase === 'firing' || phase === 'clearing') this.resolved(state, at, 'rule_removed', undefined);
    this.rest(state);
  }

  /** Puts a state under the new version of its rule, which may decide differently. */
  adopt(state: number, rule: CompiledRule<R>, at: number): void {
    const { states } = this;
    const before = states.rules[state]!;
    states.rules[state] = rule;
    if (rule.decidesLike(before)) return;
    if (states.phases[state] === 'pending') this.settle(state, at);
    else if (states.phases[state] === 'clearing') this.keep(state);
  }

  /** A state from a snapshot; of two for the same rule and series the first counts. */
  restore(series: number, rule: CompiledRule<R>, entry: ThresholdEntry<K>, now: number): void {
    const { states } = this;
    for (const state of states.of(this.series.heads, series)) if (states.rules[state] === rule) return;
    const state = states.add(this.series.heads, series, rule);
    states.phases[state] = entry.phase;
    states.since[state] = entry.since;
    states.values[state] = entry.value;
    states.coolUntil[state] = entry.coolUntil ?? -Infinity;
    if (entry.phase !== 'firing') this.wheel.arm(state, entry.due ?? now, now);
  }

  private pend(state: number, rule: CompiledRule<R>, item: T, value: number, at: number): void {
    const { states } = this;
    states.phases[state] = 'pending';
    states.since[state] = at;
    states.values[state] = value;
    const due = Math.max(at + rule.forMs, states.coolUntil[state]!);
    if (due > at) this.wheel.arm(state, due, at);
    else this.fire(state, at, 'crossed', item);
  }

  private fire(state: number, at: number, reason: ThresholdFiring<T, K, R>['reason'], item: T | undefined): void {
    const { states } = this;
    const rule = states.rules[state]!;
    states.phases[state] = 'firing';
    states.coolUntil[state] = at + rule.cooldownMs;
    const key = this.series.keyOf(states.series[state]!);
    const value = states.values[state]!;
    const since = states.since[state]!;
    this.transitions.push({ kind: 'firing', rule: rule.rule, key, value, at, since, reason, item });
  }

  private clear(state: number, rule: CompiledRule<R>, item: T, at: number): void {
    if (rule.keepFiringForMs === 0) {
      this.resolve(state, at, item);
      return;
    }
    this.states.phases[state] = 'clearing';
    this.wheel.arm(state, at + rule.keepFiringForMs, at);
  }

  /** Back from clearing to firing. */
  private keep(state: number): void {
    this.states.phases[state] = 'firing';
    this.wheel.cancel(state);
  }

  private resolve(state: number, at: number, item: T | undefined): void {
    this.resolved(state, at, 'cleared', item);
    this.settle(state, at);
  }

  private resolved(state: number, at: number, reason: ThresholdResolved<T, K, R>['reason'], item: T | undefined): void {
    const { states } = this;
    const { rule } = states.rules[state]!;
    const key = this.series.keyOf(states.series[state]!);
    const value = states.values[state]!;
    const since = states.since[state]!;
    this.transitions.push({ kind: 'resolved', ruleId: rule.id, rule, key, value, at, since, reason, item });
  }

  /** Nothing fires: what is left of the cooldown, then rest. */
  private settle(state: number, at: number): void {
    const until = this.states.coolUntil[state]!;
    if (until <= at) {
      this.rest(state);
      return;
    }
    this.states.phases[state] = 'cooling';
    this.wheel.arm(state, until, at);
  }

  private rest(state: number): void {
    this.wheel.cancel(state);
    this.states.remove(this.series.heads, state);
    if (this.states.size === 0) this.wheel.clear();
  }

  private onDue(state: number, due: number): void {
    const { states } = this;
    const phase = states.phases[state]!;
    if (phase === 'pending') this.fire(state, due, this.whyDue(state, due), undefined);
    else if (phase === 'clearing') this.resolve(state, due, undefined);
    else this.rest(state);
  }

  private whyDue(state: number, due: number): 'held' | 'cooldown_over' {
    const heldAt = this.states.since[state]! + this.states.rules[state]!.forMs;
    return due > heldAt ? 'cooldown_over' : 'held';
  }
}
