import { identity } from 'rxjs';
import { dedupe } from '../../../src/operators/dedupe.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

type LetterOrCount = string | number;

/** A letter that brings a time of its own. */
interface Timed {
  readonly letter: string;
  readonly at: number;
}

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'copies are dropped for as long as the first one is younger than the window',
    operator: () => dedupe(identity<string>, { windowMs: 5 }),
    source: 'a-a-b-a-a-a-|',
    output: 'a---b-a-----|',
  },
  {
    title: 'measured from the latest copy, a key stays silent for as long as it is chatty',
    operator: () => dedupe(identity<string>, { windowMs: 5, from: 'last' }),
    source: 'a-a-a-a-----a-|',
    output: 'a-----------a-|',
  },
  {
    title: 'but not for longer than `maxAgeMs`',
    operator: () => dedupe(identity<string>, { windowMs: 5, from: 'last', maxAgeMs: 7 }),
    source: 'a-a-a-a-a-a-|',
    output: 'a-------a---|',
  },
  {
    title: 'when a window is over, a summary tells how many copies there were',
    operator: () => dedupe(identity<LetterOrCount>, { windowMs: 5, summary: ({ count }) => count }),
    source: 'a-a-a------a-|',
    output: 'a----3-----a-|',
  },
  {
    title: 'with `timestamp`, copies are told by their own times, whenever they come; one that is too late says so',
    operator: ({ side }) =>
      dedupe((value: Timed) => value.letter, {
        windowMs: 5,
        timestamp: (value) => value.at,
        latenessMs: 5,
        side: { next: (notice) => side.next(notice.kind === 'rejected' ? notice.reason : notice.kind) },
      }),
    source: 'a-b-c-x-d-|',
    output: 'a---c-x---|',
    side: '  --2-k---l--',
    values: {
      a: { letter: 'a', at: 0 },
      b: { letter: 'a', at: 4 },
      c: { letter: 'a', at: 5 },
      x: { letter: 'x', at: 11 },
      d: { letter: 'd', at: 5 },
      2: 'duplicate',
      k: 'closed',
      l: 'late',
    },
  },
];
