import { StateHandle, type StateSource } from './state-handle.js';
import type { ThresholdEntry, ThresholdPart, ThresholdSnapshot } from './threshold-transition.js';

/** What tells the states of one series. */
export interface ThresholdStateSource<K> extends StateSource<ThresholdSnapshot<K>> {
  statesOf(key: K): readonly ThresholdEntry<K>[];
  parts(): IterableIterator<ThresholdPart<K>>;
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
    return this.told?.statesOf(key) ?? [];
  }

  /**
   * The snapshot one part at a time, for states too large to be taken at once: values may come between two. Empty while
   * nothing is subscribed.
   */
  parts(): Iterable<ThresholdPart<K>> {
    return this.told?.parts() ?? [];
  }

  private get told(): ThresholdStateSource<K> | undefined {
    return this.source as ThresholdStateSource<K> | undefined;
  }
}
