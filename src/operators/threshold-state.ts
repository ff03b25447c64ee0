import { StateHandle, type StateSource } from './state-handle.js';
import type { ThresholdEntry, ThresholdSnapshot } from './threshold-transition.js';

/** What tells the states of one series. */
export interface ThresholdStateSource<K> extends StateSource<ThresholdSnapshot<K>> {
  statesOf(key: K): readonly ThresholdEntry<K>[];
}

/**
 * A handle on the state of `threshold` that can also be asked about one series: why does nothing fire?
 *
 * @example
 * const state = new ThresholdState<string>();
 * samples$.pipe(threshold(bySeries, { ...options, state })).subscribe(notify);
 * state.of('cpu web-1'); // [{ ruleId: 'cpu-high', phase: 'pending', since, due, … }]
 */
export class ThresholdState<K> extends StateHandle<ThresholdSnapshot<K>> {
  /** The states of a series that are not at rest, in the order of the rules. Empty while nothing is subscribed. */
  of(key: K): readonly ThresholdEntry<K>[] {
    return (this.source as ThresholdStateSource<K> | undefined)?.statesOf(key) ?? [];
  }
}
