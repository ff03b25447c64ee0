import { absence } from '../../../src/operators/absence.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

const key = (value: string) => value;

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'says once that a key fell silent, and how long it was when it comes back',
    operator: () => absence(key, { absentMs: 4 }),
    source: 'a-a-a---------a-|',
    output: '--------A-----P-|',
    values: {
      A: { kind: 'absent', key: 'a', at: 8, lastSeenAt: 4, reason: 'silent' },
      P: { kind: 'present', key: 'a', at: 14, gapMs: 10, lastSeenAt: 4, absentAt: 8 },
    },
  },
  {
    title: 'knows keys that must live and were never seen',
    operator: () => absence(key, { absentMs: 5, expected: ['a', 'b'], graceMs: 7 }),
    source: 'a---a---a---a-|',
    output: '-------N------|',
    values: { N: { kind: 'absent', key: 'b', at: 7, lastSeenAt: undefined, reason: 'never_seen' } },
  },
  {
    title: 'declares nobody absent while the source is known to be away, nor for one absentMs after',
    operator: ({ hot }) => absence(key, { absentMs: 4, pause: hot<boolean>('--t-----f-----') }),
    source: 'a-----------b-|',
    output: '------------A-|',
    values: {
      t: true,
      f: false,
      A: { kind: 'absent', key: 'a', at: 12, lastSeenAt: 0, reason: 'silent' },
    },
  },
  {
    title: 'forgets a key when told, and says so if it was absent',
    operator: ({ hot }) => absence(key, { absentMs: 4, forget: hot<string>('-------a---') }),
    source: 'a----------|',
    output: '----A--F---|',
    values: {
      A: { kind: 'absent', key: 'a', at: 4, lastSeenAt: 0, reason: 'silent' },
      F: { kind: 'forgotten', key: 'a', at: 7, lastSeenAt: 0, absentAt: 4, reason: 'told' },
    },
  },
];
