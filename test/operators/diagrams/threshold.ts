import { map, type OperatorFunction } from 'rxjs';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';
import { type ThresholdRule, type ThresholdTransition, threshold } from '../../../src/operators/threshold.js';

const cpu = { id: 'cpu', metric: 'cpu' } as const;
const above = (value: number) => ({ op: '>', value }) as const;
const below = (value: number) => ({ op: '<', value }) as const;
const level = (name: string, when: number, clear: number) => ({
  ...{ name, when: { op: '>=', value: when } as const },
  clear: below(clear),
});

/** One series, one rule; each transition as one letter. */
function letters(rule: ThresholdRule): OperatorFunction<number, string> {
  const readers = { metric: () => 'cpu', source: () => '', value: (value: number) => value };
  return (source$) =>
    source$.pipe(
      threshold(() => 'cpu', { ...readers, rules: [rule] }),
      map(letterOf),
    );
}

/** `R` for resolved, `F` for firing, or the name of the level. */
function letterOf(transition: ThresholdTransition<number, string>): string {
  return transition.kind === 'resolved' ? 'R' : (transition.level ?? 'F');
}

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'fires exactly `forMs` after the value that crossed, if no value crossed back',
    operator: () => letters({ ...cpu, when: above(5), forMs: 4 }),
    source: '9--1--9------1-----|',
    output: '----------F--R-----|',
  },
  {
    title: 'resolves at a level of its own, and only if that holds for a while',
    operator: () => letters({ ...cpu, when: above(5), clear: below(3), keepFiringForMs: 3 }),
    source: '9--4--1-4--1-------|',
    output: 'F-------------R----|',
  },
  {
    title: 'fires again after the cooldown, if the condition holds by then',
    operator: () => letters({ ...cpu, when: above(5), cooldownMs: 8 }),
    source: '9-1-9--------1--|',
    output: 'F-R-----F----R--|',
  },
  {
    title: 'rises to the highest level that holds, and leaves a level only when that one clears',
    operator: () => letters({ ...cpu, levels: [level('I', 6, 5), level('W', 7, 6), level('C', 8, 7)] }),
    source: '6-7-6-8-6-5-4-|',
    output: 'I-W---C-I---R-|',
  },
  {
    title: 'fires when no data comes, until it does',
    operator: () => letters({ ...cpu, when: above(5), staleAfterMs: 4, noData: 'alert' }),
    source: '1-1-1-------1--|',
    output: '--------F---R--|',
  },
];
