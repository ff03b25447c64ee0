import type { ThresholdRule } from './threshold-rule.js';
import type { ThresholdSeries } from './threshold-series.js';
import type { ThresholdStates } from './threshold-states.js';
import type {
  ThresholdChanged,
  ThresholdFiring,
  ThresholdResolved,
  ThresholdTransition,
} from './threshold-transition.js';

const noTransitions: readonly never[] = [];

/** Transitions on their way out, until somebody takes them. */
export class ThresholdOutbox<T, K, R extends ThresholdRule> {
  private readonly states: ThresholdStates<R>;
  private readonly series: ThresholdSeries<K, R>;
  private transitions: ThresholdTransition<T, K, R>[] = [];

  constructor(states: ThresholdStates<R>, series: ThresholdSeries<K, R>) {
    this.states = states;
    this.series = series;
  }

  /** The transitions since the last call. */
  take(): readonly ThresholdTransition<T, K, R>[] {
    if (this.transitions.length === 0) return noTransitions;
    const taken = this.transitions;
    this.transitions = [];
    return taken;
  }

  firing(state: number, at: number, reason: ThresholdFiring<T, K, R>['reason'], item: T | undefined): void {
    const { rule } = this.states.rules[state]!;
    const level = this.levelOf(state);
    const { key, value, since } = this.partsOf(state);
    this.transitions.push({ kind: 'firing', rule, key, level, value, at, since, reason, item });
  }

  /** Nothing when the rule has no levels: it goes on firing. */
  changed(
    state: number,
    from: string | undefined,
    at: number,
    reason: ThresholdChanged<T, K, R>['reason'],
    item: T | undefined,
  ): void {
    const { rule } = this.states.rules[state]!;
    const to = this.levelOf(state);
    if (to === undefined || to === from) return;
    const { key, value, since } = this.partsOf(state);
    this.transitions.push({ kind: 'changed', rule, key, from, to, level: to, value, at, since, reason, item });
  }

  resolved(state: number, at: number, reason: ThresholdResolved<T, K, R>['reason'], item: T | undefined): void {
    const { rule } = this.states.rules[state]!;
    const { key, value, since } = this.partsOf(state);
    this.transitions.push({ kind: 'resolved', ruleId: rule.id, rule, key, value, at, since, reason, item });
  }

  private levelOf(state: number): string | undefined {
    return this.states.rules[state]!.nameOf(this.states.levels[state]!);
  }

  private partsOf(state: number): { key: K; value: number; since: number } {
    const { series, values, since } = this.states;
    return { key: this.series.keyOf(series[state]!), value: values[state]!, since: since[state]! };
  }
}
