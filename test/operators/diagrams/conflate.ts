import { concatMap, pipe } from 'rxjs';
import { type Conflated, conflate } from '../../../src/operators/conflate.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

/** `a` and `A` are values of one key. */
const letter = (value: string) => value.toLowerCase();
const latest = (batch: readonly Conflated<string, string>[]) => batch.map(({ value }) => value);

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'the latest value of each key, in the order of first change; what is pending goes out on complete',
    operator: () => pipe(conflate(letter, { everyMs: 5 }), concatMap(latest)),
    source: 'aAbBb---a-|',
    output: '-----(Ab)-(a|)',
  },
  {
    title: 'with `leading`, a value after a quiet time passes at once',
    operator: () => pipe(conflate(letter, { everyMs: 5, leading: true }), concatMap(latest)),
    source: 'a-bb-------c-|',
    output: 'a----b-----c-|',
  },
  {
    title: 'a drain takes so many, and those left over are first at the next',
    operator: ({ hot }) => pipe(conflate(letter, { drain: hot('-----r---r----'), maxPerDrain: 2 }), concatMap(latest)),
    source: 'abcd---------|',
    output: '-----(ab)(cd)|',
  },
  {
    title: 'a new key that finds no room pushes the one out that has been pending for longest',
    operator: ({ side }) => {
      const evicted = { next: ({ kind }: { kind: string }) => side.next(kind) };
      return pipe(conflate(letter, { everyMs: 5, maxKeys: 2, side: evicted }), concatMap(latest));
    },
    source: 'abc-------|',
    output: '-----(bc)-|',
    side: '  --e--------',
    values: { e: 'evicted' },
  },
];
