import { map, pipe } from 'rxjs';
import { type AggregateOptions, aggregate } from '../../../src/operators/aggregate.js';
import type { OperatorDiagram } from '../../../src/operators/testing/marbles.js';

function sums(options: Omit<AggregateOptions<number, string, 'sum'>, 'value' | 'fns'>) {
  return () =>
    pipe(
      aggregate(() => 'all', { value: (value: number) => value, fns: ['sum'], ...options }),
      map(({ values }) => values.sum),
    );
}

interface Sample {
  readonly at: number;
  readonly value: number;
}

/** `values` are two digits: the time of a sample, and its value. */
const samples: Readonly<Record<string, Sample>> = {
  a: { at: 1, value: 1 },
  b: { at: 5, value: 1 },
  c: { at: 2, value: 5 },
};

export const diagrams: readonly OperatorDiagram[] = [
  {
    title: 'tumbling windows of 4 ms: each is told at its end, unless nothing came in it',
    operator: sums({ windowMs: 4 }),
    source: '-1-2-5----3|',
    output: '----3---5--(3|)',
  },
  {
    title: 'hopping windows of 4 ms, every 2 ms: each value counts in two of them',
    operator: sums({ windowMs: 4, everyMs: 2 }),
    source: '-1-2-------|',
    output: '--1-3-2----|',
  },
  {
    title: 'a window that slides: told at each value, with those of the last 4 ms',
    operator: sums({ windowMs: 4, emit: 'event', panes: 4 }),
    source: '-1-2-5-----|',
    output: '-1-3-7-----|',
  },
  {
    title: 'only what changed is told',
    operator: sums({ windowMs: 2, emit: 'change' }),
    source: '1-1-3-3-1-1-|',
    output: '--1---3---1-|',
  },
  {
    title: 'by the times of the values: the window from 0 to 4 is told once 5 came, and again when 2 comes late',
    operator: () =>
      pipe(
        aggregate(() => 'all', {
          value: ({ value }: Sample) => value,
          timestamp: ({ at }: Sample) => at,
          fns: ['sum'],
          windowMs: 4,
          onLate: 'update',
        }),
        map(
          ({ values, revision, partial }) => `${values.sum}${revision > 0 ? ' again' : ''}${partial ? ' partial' : ''}`,
        ),
      ),
    source: '-a---b--c-|',
    output: '-----x--y-(z|)',
    values: { ...samples, x: '1', y: '6 again', z: '1 partial' },
  },
];
