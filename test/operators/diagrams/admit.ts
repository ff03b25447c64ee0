import { identity } from 'rxjs';
import { admit } from '../../../src/operators/admit.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'a duplicate uses up no room, and what is limited is not remembered as seen',
    operator: () =>
      admit({
        rateLimit: { key: () => 'all', windows: [{ max: 2, perMs: 7 }] },
        dedupe: { key: identity<string>, windowMs: 20 },
      }),
    source: 'a-a-b-c-c-|',
    output: 'a---b---c-|',
  },
  {
    title: 'a value without a dedupe key asks the rate limit alone',
    operator: () =>
      admit({
        rateLimit: { key: () => 'all', windows: [{ max: 3, perMs: 20 }] },
        dedupe: { key: (letter: string) => (letter === 'x' ? undefined : letter), windowMs: 20 },
      }),
    source: 'x-x-a-a-b-|',
    output: 'x-x-a-----|',
  },
  {
    title: 'one operator says of each value which of the two dropped it',
    operator: ({ side }) =>
      admit({
        rateLimit: { key: () => 'all', windows: [{ max: 1, perMs: 6 }], cooldownMs: 4 },
        dedupe: { key: identity<string>, windowMs: 4 },
        side: { next: ({ kind }) => side.next(kind) },
      }),
    source: 'a-b----------|',
    output: 'a------------|',
    side: '  --l---r-------',
    values: { l: 'limited', r: 'reopened' },
  },
];
