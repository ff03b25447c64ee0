import { bufferCount, count, take } from 'rxjs';
import { keyBy } from '../../../src/operators/key-by.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

const key = (value: string) => value.toLowerCase();

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'ends a key that is idle, so that its inner stream says what it holds; its next value starts anew',
    operator: () => keyBy(key, (group$) => group$.pipe(count()), { idleMs: 4 }),
    source: 'a-a-b-------a-|',
    output: '------2-1-----(1|)',
  },
  {
    title: 'merges the inner streams of the keys, each with a state of its own',
    operator: () => keyBy(key, (group$) => group$.pipe(bufferCount(2)), { idleMs: 100 }),
    source: 'a-b-A-B-c-|',
    output: '----x-y---(z|)',
    values: { x: ['a', 'A'], y: ['b', 'B'], z: ['c'] },
  },
  {
    title: 'frees a key whose inner stream completes by itself',
    operator: () => keyBy(key, (group$) => group$.pipe(take(2), count()), { idleMs: 100 }),
    source: 'a-a-a-|',
    output: '--2---(1|)',
  },
  {
    title: 'beyond maxKeys ends the key that was unused for longest',
    operator: ({ side }) => keyBy(key, (group$) => group$.pipe(count()), { idleMs: 100, maxKeys: 2, side }),
    source: 'a-a-b-c-|',
    output: '------2-(11|)',
    side: '------e--',
    values: { e: { kind: 'evicted', key: 'a', seenAt: 2 } },
  },
];
