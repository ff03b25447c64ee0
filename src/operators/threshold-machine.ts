import { TimingWheel } from './parts/timing-wheel.js';
import type { CompiledRule } from './threshold-compiled.js';
import { ThresholdOutbox } from './threshold-outbox.js';
import type { ThresholdRule } from './threshold-rule.js';
import type { ThresholdSeries } from './threshold-series.js';
import { noState, ThresholdStates } from './threshold-states.js';
import type { ThresholdEntry, ThresholdFiring, ThresholdPhase, ThresholdResolved } from './threshold-transition.js';
import type { Votes } from './threshold-votes.js';

/**
 * The life of one rule and series, for all of them:
 *
 * ```
 *            fires                 held                  clears                 stays clear
 *  at rest ────────► pending ──────────────► firing ──────────────► clearing ──────────────► cooling ──► at rest
 *     ▲                 │                    ▲    │ ▲                    │ │                      │
 *     └── no longer ────┘     a higher level │    │ └─ no longer clear ──┘ └─► firing, lower      │
 *                                     held: rising ◄┘                        fires: pending ◄─────┘
 * ```
 *
 * A phase of no length is passed through at once. Time is that of the value, or the exact deadline that passed. Where
 * `noData` is `'alert'`, rest is the phase `watching`, whose end is the moment when the last value is stale.
 */
export class ThresholdMachine<T, K, R extends ThresholdRule> {
  readonly states = new ThresholdStates<R>();
  readonly outbox: ThresholdOutbox<T, K, R>;
  /** No deadline that is still to be armed is earlier; set by the kernel. */
  clock = -Infinity;
  /** While it is true no value can be heard of. */
  private deaf = false;
  /** When that ended last. */
  private hearsSince = -Infinity;
  private readonly wheel = new TimingWheel();
  private readonly series: ThresholdSeries<K, R>;
  private readonly expired: (state: number, due: number) => void;

  /** `renew`: a series has states of rules that were replaced, and a deadline of one of them has come. */
  constructor(series: ThresholdSeries<K, R>, renew: (series: number) => void) {
    this.series = series;
    this.outbox = new ThresholdOutbox(this.states, series);
    this.expired = (state, due) => {
      const seriesOf = this.states.series[state]!;
      if (series.rulesOf(seriesOf) !== undefined) {
        this.onDue(state, due);
      } else {
        this.wheel.arm(state, due, this.clock);
        renew(seriesOf);
      }
    };
  }

  nextDue(): number {
    return this.wheel.nextDue();
  }

  advance(now: number, most: number): void {
    this.wheel.advance(now, this.expired, most);
  }

  /** That no value comes means nothing from now on; or means something again, once the last value is stale as of now. */
  pause(paused: boolean): void {
    if (this.deaf && !paused) this.hearsSince = this.clock;
    this.deaf = paused;
  }

  /** A rule at rest reaches a level, or none and watches. */
  start(series: number, rule: CompiledRule<R>, item: T, value: number, at: number, reached: number): void {
    const state = this.states.add(this.series.heads, series, rule);
    this.states.values[state] = value;
    this.states.since[state] = at;
    if (reached > 0) this.pend(state, rule, item, at, reached);
    else this.rest(state, at);
  }

  /** A value for a rule that is not at rest. `votes` decide in its place, if there are any. */
  onValue(
    state: number,
    rule: CompiledRule<R>,
    item: T,
    value: number,
    at: number,
    reached: number,
    votes?: Votes,
  ): void {
    const { states } = this;
    const phase = states.phases[state]!;
    const level = states.levels[state]!;
    states.values[state] = value;
    if (isOpen(phase)) {
      states.reached[state] = reached;
      if (reached > level) this.climb(state, rule, item, at, reached);
      else if ((votes ?? rule).clears(level, value)) this.clear(state, rule, item, at);
      else if (phase !== 'firing') this.keep(state, at);
    } else if (reached === 0) {
      if (phase === 'pending') this.settle(state, at);
    } else if (phase === 'pending') {
      states.reached[state] = reached;
      this.noteLadder(state, rule, at, reached);
    } else {
      this.pend(state, rule, item, at, reached);
    }
  }

  /** A value came that decides nothing. What waits for others to decide alike starts anew. */
  hold(state: number, at: number): void {
    const phase = this.states.phases[state]!;
    if (phase === 'pending') this.settle(state, at);
    else if (isOpen(phase) && phase !== 'firing') this.keep(state, at);
  }

  /** Deadlines of a series that a value at time `at` finds passed come first. */
  catchUp(series: number, at: number): void {
    const { states } = this;
    let next = noState;
    for (let state = this.series.heads[series]!; state !== noState; state = next) {
      next = states.nexts[state]!;
      this.catchUpState(state, at);
    }
  }

  /** Puts the states of a series under the rules that there are now, as of `at`; `ruleOf` says which one applies. */
  carryOver(series: number, ruleOf: (id: string) => CompiledRule<R> | undefined, at: number): void {
    const { heads } = this.series;
    for (const state of [...this.states.of(heads, series)]) {
      const { id } = this.states.rules[state]!.rule;
      if (!this.catchUpState(state, at)) continue;
      const rule = ruleOf(id);
      if (rule === undefined) this.retire(state, at);
      else this.adopt(state, rule, at);
    }
    this.states.relink(heads, series);
  }

  /** A state from a snapshot; of two for the same rule and series the first counts. */
  restore(series: number, rule: CompiledRule<R>, entry: ThresholdEntry<K>, votes: Votes | undefined, at: number): void {
    const { states } = this;
    for (const state of states.of(this.series.heads, series)) if (states.rules[state] === rule) return;
    const state = states.add(this.series.heads, series, rule);
    states.phases[state] = entry.phase;
    states.since[state] = entry.since;
    const value = entry.value ?? Number.NaN;
    states.values[state] = value;
    states.coolUntil[state] = entry.coolUntil ?? -Infinity;
    states.reached[state] = (votes ?? rule).levelOf(value);
    if (isOpen(entry.phase) && !entry.noData) states.levels[state] = rule.levelNamed(entry.level);
    if (entry.reachedSince !== undefined) states.ladders.load(state, entry.reachedSince);
    const endless = entry.phase === 'firing' || entry.phase === 'watching';
    states.dues[state] = entry.due ?? (endless ? Infinity : at);
    this.arm(state, -Infinity);
  }

  /** True when the state is still there. */
  private catchUpState(state: number, at: number): boolean {
    const rule = this.states.rules[state];
    for (let due = this.wheel.dueOf(state); due <= at; due = this.wheel.dueOf(state)) {
      this.wheel.cancel(state);
      this.onDue(state, due);
      if (this.states.rules[state] !== rule) return false;
    }
    return true;
  }

  /** Ends a state whose rule no longer applies. */
  private retire(state: number, at: number): void {
    if (isOpen(this.states.phases[state]!)) this.outbox.resolved(state, at, 'rule_removed', undefined);
    this.remove(state);
  }

  /** Puts a state under the new version of its rule, which may decide differently. */
  private adopt(state: number, rule: CompiledRule<R>, at: number): void {
    const { states } = this;
    const before = states.rules[state]!;
    states.rules[state] = rule;
    if (rule.decidesLike(before)) return;
    states.ladders.delete(state);
    if (!isOpen(states.phases[state]!)) {
      this.settle(state, at);
      return;
    }
    const level = states.levels[state]!;
    if (level > 0) {
      states.levels[state] = rule.levelNamed(before.nameOf(level));
      this.outbox.changed(state, before.nameOf(level), at, 'rule_changed', undefined);
    }
    this.keep(state, at);
  }

  private pend(state: number, rule: CompiledRule<R>, item: T, at: number, reached: number): void {
    const { states } = this;
    states.since[state] = at;
    states.reached[state] = reached;
    const due = Math.max(at + rule.forMs, states.coolUntil[state]!);
    if (due > at) this.waitToRise(state, 'pending', rule, at, reached, due);
    else this.rise(state, at, 'crossed', item);
  }

  /** Fires, and reaches a higher level. */
  private climb(state: number, rule: CompiledRule<R>, item: T, at: number, reached: number): void {
    if (this.states.phases[state] === 'rising') this.noteLadder(state, rule, at, reached);
    else if (rule.forMs === 0) this.rise(state, at, 'crossed', item);
    else this.waitToRise(state, 'rising', rule, at, reached, at + rule.forMs);
  }

  private waitToRise(
    state: number,
    phase: 'pending' | 'rising',
    rule: CompiledRule<R>,
    at: number,
    reached: number,
    due: number,
  ): void {
    this.states.ladders.delete(state);
    this.noteLadder(state, rule, at, reached);
    this.enter(state, phase, due, at);
  }

  private noteLadder(state: number, rule: CompiledRule<R>, at: number, reached: number): void {
    if (rule.top > 1 && rule.forMs > 0) this.states.ladders.note(state, rule.top, reached, at);
  }

  /** To the highest level that was held long enough; fires if it does not yet. */
  private rise(state: number, at: number, reason: 'crossed' | 'held' | 'cooldown_over', item: T | undefined): void {
    const { states } = this;
    const rule = states.rules[state]!;
    const before = states.levels[state]!;
    const level = this.heldLevel(state, before + 1, at);
    states.levels[state] = level;
    if (!isOpen(states.phases[state]!)) this.open(state, at, reason, item);
    else this.outbox.changed(state, rule.nameOf(before), at, reason === 'crossed' ? reason : 'held', item);
    if (level === states.reached[state]) this.keep(state, at);
    else this.enter(state, 'rising', states.ladders.since(state, level + 1) + rule.forMs, at);
  }

  private open(state: number, at: number, reason: ThresholdFiring<T, K, R>['reason'], item: T | undefined): void {
    const { states } = this;
    states.coolUntil[state] = at + states.rules[state]!.cooldownMs;
    this.outbox.firing(state, at, reason, item);
  }

  private clear(state: number, rule: CompiledRule<R>, item: T, at: number): void {
    if (this.states.phases[state] === 'clearing') return;
    if (rule.keepFiringForMs === 0) this.fall(state, at, item);
    else this.enter(state, 'clearing', at + rule.keepFiringForMs, at);
  }

  /** To the highest lower level that the last value reached, or none. */
  private fall(state: number, at: number, item: T | undefined): void {
    const { states } = this;
    const before = states.levels[state]!;
    const level = Math.min(states.reached[state]!, before - 1);
    if (level <= 0) {
      this.resolve(state, at, 'cleared', item);
      return;
    }
    states.levels[state] = level;
    this.outbox.changed(state, states.rules[state]!.nameOf(before), at, 'cleared', item);
    this.keep(state, at);
  }

  /** Fires, and nothing is about to change that. */
  private keep(state: number, at: number): void {
    this.enter(state, 'firing', Infinity, at);
  }

  private resolve(state: number, at: number, reason: ThresholdResolved<T, K, R>['reason'], item: T | undefined): void {
    this.outbox.resolved(state, at, reason, item);
    this.settle(state, at);
  }

  /** Nothing fires: what is left of the cooldown, then rest. */
  private settle(state: number, at: number): void {
    const until = this.states.coolUntil[state]!;
    this.states.levels[state] = 0;
    if (until <= at) this.rest(state, at);
    else this.enter(state, 'cooling', until, at);
  }

  private rest(state: number, at: number): void {
    if (this.states.rules[state]!.noData !== 'alert') this.remove(state);
    else this.enter(state, 'watching', Infinity, at);
  }

  private remove(state: number): void {
    this.wheel.cancel(state);
    this.states.remove(this.series.heads, state);
    if (this.states.size === 0) this.wheel.clear();
  }

  private onDue(state: number, due: number): void {
    const { states } = this;
    if (states.dues[state]! <= due) this.endPhase(state, states.dues[state]!);
    else if (this.staleAt(state) <= due) this.goStale(state, due);
    else this.arm(state, due);
  }

  private endPhase(state: number, due: number): void {
    const phase = this.states.phases[state]!;
    if (phase === 'pending' || phase === 'rising') this.rise(state, due, this.whyDue(state, due), undefined);
    else if (phase === 'clearing') this.fall(state, due, undefined);
    else this.rest(state, due);
  }

  /** The last value no longer stands for those that do not come. */
  private goStale(state: number, at: number): void {
    const { states } = this;
    const { noData } = states.rules[state]!;
    const told = this.missedAt(state) <= at;
    if (isOpen(states.phases[state]!)) {
      if (noData === 'resolve' && told) this.resolve(state, at, 'no_data', undefined);
      else this.keep(state, at);
    } else if (noData === 'alert' && told && states.coolUntil[state]! <= at) {
      states.since[state] = this.lastAt(state);
      this.open(state, at, 'no_data', undefined);
      this.keep(state, at);
    } else if (noData === 'keep' && this.heldAt(state) <= at) {
      this.waitForCooldown(state, at);
    } else {
      this.settle(state, at);
    }
  }

  /** When the lowest level will have been held long enough. */
  private heldAt(state: number): number {
    const { since, rules } = this.states;
    return since[state]! + rules[state]!.forMs;
  }

  /** The highest level that the last value reached and that was held long enough by `at`; `lowest` is taken for held. */
  private heldLevel(state: number, lowest: number, at: number): number {
    const { reached, rules, ladders } = this.states;
    let level = reached[state]!;
    while (level > lowest && ladders.since(state, level) + rules[state]!.forMs > at) level -= 1;
    return level;
  }

  /** Held long enough before the last value was stale: it fires when it may, at no level that was not held by then. */
  private waitForCooldown(state: number, at: number): void {
    const { states } = this;
    states.reached[state] = this.heldLevel(state, 1, at);
    this.wheel.arm(state, states.dues[state]!, this.clock);
  }

  private enter(state: number, phase: ThresholdPhase, due: number, at: number): void {
    this.states.phases[state] = phase;
    this.states.dues[state] = due;
    this.arm(state, at);
  }

  /** One timer for both: the end of the phase, and of what the last value stands for where that matters. */
  private arm(state: number, at: number): void {
    const due = Math.min(this.states.dues[state]!, Math.max(this.staleAt(state), at));
    // Cancelled rather than armed for ever: what only fires takes no room in the wheel.
    if (due === Infinity) this.wheel.cancel(state);
    else this.wheel.arm(state, due, this.clock);
  }

  /** When it matters that no value came: to what waits at once, to the others only if one could have been heard. */
  private staleAt(state: number): number {
    const phase = this.states.phases[state]!;
    const { noData, staleAfterMs } = this.states.rules[state]!;
    if (phase === 'cooling' || (phase === 'firing' && noData !== 'resolve')) return Infinity;
    if (phase === 'firing' || phase === 'watching') return this.missedAt(state);
    return this.lastAt(state) + staleAfterMs;
  }

  /** When the last value is stale, time in which none could be heard left out. */
  private missedAt(state: number): number {
    const heardAt = Math.max(this.lastAt(state), this.deaf ? this.clock : this.hearsSince);
    return heardAt + this.states.rules[state]!.staleAfterMs;
  }

  /** Of the series of the state. */
  private lastAt(state: number): number {
    return this.series.lastAt[this.states.series[state]!]!;
  }

  private whyDue(state: number, due: number): 'held' | 'cooldown_over' {
    return due > this.heldAt(state) ? 'cooldown_over' : 'held';
  }
}

export function isOpen(phase: ThresholdPhase): boolean {
  return phase === 'firing' || phase === 'rising' || phase === 'clearing';
}
