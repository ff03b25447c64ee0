import { identity } from 'rxjs';
import { rateLimit } from '../../../src/operators/rate-limit.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

type LetterOrCount = string | number;

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'two in any five milliseconds: a value passes again as soon as an older one has left the window',
    operator: () => rateLimit(identity<string>, { windows: [{ max: 2, perMs: 5 }] }),
    source: 'a-a-a-a-a-a-|',
    output: 'a-a---a-a---|',
  },
  {
    title: 'each key has windows of its own, and all windows hold at once',
    operator: () =>
      rateLimit(identity<string>, {
        windows: [
          { max: 1, perMs: 2 },
          { max: 2, perMs: 8 },
        ],
      }),
    source: 'aab-a-b-a-|',
    output: 'a-b-a-b-a-|',
  },
  {
    title:
      'with `cooldownMs` a key that goes over stays limited for a while, then one summary tells how many were held back',
    operator: () =>
      rateLimit(identity<LetterOrCount>, {
        windows: [{ max: 1, perMs: 3 }],
        cooldownMs: 5,
        summary: ({ heldBack }) => heldBack,
      }),
    source: 'a-a-a-------a-|',
    output: 'a------2----a-|',
  },
  {
    title: 'gcra: a burst of `max`, then an even flow',
    operator: () => rateLimit(identity<string>, { windows: [{ max: 2, perMs: 6 }], algorithm: 'gcra' }),
    source: 'aaaaaaaaaaaa|',
    output: 'aa-a--a--a--|',
  },
  {
    title: 'whatever does not pass goes to `side`, with its reason',
    operator: ({ side }) =>
      rateLimit(identity<string>, {
        windows: [{ max: 1, perMs: 5 }],
        maxKeys: 1,
        overflow: 'reject',
        side: { next: (notice) => side.next('reason' in notice ? notice.reason : notice.kind) },
      }),
    source: 'a-a-b-a-|',
    output: 'a-----a-|',
    side: '  --w-m----',
    values: { w: 'window', m: 'max_keys' },
  },
];
