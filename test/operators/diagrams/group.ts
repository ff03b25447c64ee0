import { concatMap, pipe } from 'rxjs';
import { type GroupBatch, group } from '../../../src/operators/group.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

const all = () => 'all';
/** `a` and `A` are values of one member. */
const key = (letter: string) => letter.toLowerCase();
const members = (batch: GroupBatch<string, string>) => batch.members;

export const diagrams: readonly OperatorDiagram[] = [
  {
    title:
      'a batch a while after the first member, then one an interval; what comes after a quiet interval starts anew',
    operator: () => pipe(group(all, { key, waitMs: 3, intervalMs: 5 }), concatMap(members)),
    source: 'ab--c---------d----|',
    output: '---(ab)-c--------d-|',
  },
  {
    title: 'open members are told again, until they are resolved and told for the last time',
    operator: () => {
      const resolved = (letter: string) => letter === 'A';
      return pipe(group(all, { key, waitMs: 2, intervalMs: 4, repeatMs: 8, resolved }), concatMap(members));
    },
    source: 'a---b--------------A--------|',
    output: '--a---(ab)----(ab)-(Ab)----b|',
  },
  {
    title: 'an urgent value takes the others with it at once, and the interval counts from there',
    operator: () => {
      const urgent = (letter: string) => letter === 'U';
      return pipe(group(all, { key, waitMs: 5, intervalMs: 4, urgent }), concatMap(members));
    },
    source: 'a-U-b----|',
    output: '--(aU)b--|',
  },
  {
    title: 'a batch tells so many members, and how many more there are',
    operator: () => {
      const counted = ({ members, more }: GroupBatch<string, string>) => [...members, more];
      return pipe(group(all, { key, waitMs: 5, intervalMs: 5, maxMembers: 2 }), concatMap(counted));
    },
    source: 'abcd------|',
    output: '-----(ab2)|',
  },
];
