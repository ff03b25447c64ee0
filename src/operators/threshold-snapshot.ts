import { isOpen } from './threshold-machine.js';
import type { ThresholdRule } from './threshold-rule.js';
import type { ThresholdSeries } from './threshold-series.js';
import type { ThresholdStates } from './threshold-states.js';
import type { ThresholdEntry, ThresholdMemoryEntry } from './threshold-transition.js';

/** States, as plain data. Default: all of them. */
export function* entriesOf<K, R extends ThresholdRule>(
  states: ThresholdStates<R>,
  series: ThresholdSeries<K, R>,
  which: Iterable<number> = states,
): IterableIterator<ThresholdEntry<K>> {
  for (const state of which) yield entryOf(states, series, state);
}

/** What is remembered of the series beside their states. */
export function* memoriesOf<K, R extends ThresholdRule>(
  series: ThresholdSeries<K, R>,
): IterableIterator<ThresholdMemoryEntry<K>> {
  for (const [slot, state] of series.memory.save()) {
    yield { key: series.keyOf(slot), ...series.identityOf(slot), seenAt: series.lastAt[slot]!, ...state };
  }
}

function entryOf<K, R extends ThresholdRule>(
  states: ThresholdStates<R>,
  series: ThresholdSeries<K, R>,
  state: number,
): ThresholdEntry<K> {
  const slot = states.series[state]!;
  const rule = states.rules[state]!;
  const phase = states.phases[state]!;
  const due = states.dues[state]!;
  const coolUntil = states.coolUntil[state]!;
  const level = states.levels[state]!;
  const value = states.values[state]!;
  const name = rule.nameOf(level);
  const ladder = states.ladders.save(state);
  return {
    ...{ ruleId: rule.rule.id, key: series.keyOf(slot), ...series.identityOf(slot), phase },
    ...{ since: states.since[state]!, value: Number.isNaN(value) ? null : value, seenAt: series.lastAt[slot]! },
    ...(due !== Infinity && { due }),
    ...(coolUntil !== -Infinity && { coolUntil }),
    ...(name !== undefined && { level: name }),
    ...(ladder !== undefined && { reachedSince: ladder }),
    ...(isOpen(phase) && level === 0 && { noData: true }),
  };
}
