import {
  bufferTime,
  filter,
  groupBy,
  map,
  mergeMap,
  type Observable,
  type OperatorFunction,
  reduce,
  scan,
  windowTime,
} from 'rxjs';
import { aggregate } from '../../src/operators/aggregate.js';
import { byKeys, minute, naive, ours, study, textKeys, thousand } from '../study/study.js';

interface Reading {
  readonly key: string;
  readonly value: number;
}

interface Figures {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

const hour = 60 * minute;
const everyMs = 1_000;
const fns = ['count', 'sum', 'avg', 'min', 'max'] as const;
const keyOf = ({ key }: Reading) => key;
const numberOf = ({ value }: Reading) => value;
const readings = (size: number) => textKeys(size).map((key, i) => ({ key, value: i % 100 }));

/** Windows of an hour that begin now: all are told at one moment. */
export const aggregateStudy = study<Reading>({
  operator: 'aggregate',
  axis: 'keys',
  event: 'a value of a known key, into a window of an hour',
  sizes: byKeys,
  values: readings,
  expireMs: 3 * hour,
  outputs: { fresh: 0, expired: 1 },
  ways: [
    ours('aggregate', 'aggregate', ({ size, scheduler }) =>
      aggregate(keyOf, { value: numberOf, fns, windowMs: hour, offsetMs: Date.now() % hour, maxKeys: size, scheduler }),
    ),
    naive('groupBy + bufferTime', ({ scheduler }) =>
      eachKey((values$) => figuresOf(values$.pipe(bufferTime(hour, null, scheduler)))),
    ),
  ],
});

/** All that it costs: each key has a value a second, and each second the figures of its last minute are told. */
export const aggregateSliding = study<Reading>({
  operator: 'aggregate',
  axis: 'keys, told each second',
  event: 'a value a second of each key, and each second the figures of its last minute',
  sizes: byKeys.slice(0, 3),
  comparedAt: thousand,
  questions: ['event', 'bytes'],
  values: readings,
  pace: { events: 1, turnMs: everyMs, fillTurns: 60 },
  ways: [
    ours('aggregate, 60 s every 1 s', 'aggregate-sliding', ({ size, scheduler }) =>
      aggregate(keyOf, { value: numberOf, fns, windowMs: minute, everyMs, maxKeys: size, scheduler }),
    ),
    naive('groupBy + bufferTime(60 s, 1 s)', ({ scheduler }) =>
      eachKey((values$) => figuresOf(values$.pipe(bufferTime(minute, everyMs, scheduler)))),
    ),
    naive('groupBy + windowTime(60 s, 1 s) + reduce', ({ scheduler }) =>
      eachKey((values$) =>
        values$.pipe(
          windowTime(minute, everyMs, scheduler),
          mergeMap((window$) => window$.pipe(reduce(add, nothing))),
        ),
      ),
    ),
    naive('groupBy + scan over an array, told at each value', ({ scheduler }) =>
      eachKey((values$) =>
        values$.pipe(
          map((value) => ({ value, at: scheduler.now() })),
          scan<Timed, readonly Timed[]>(
            (kept, timed) => [...kept.filter(({ at }) => timed.at - at < minute), timed],
            [],
          ),
          map((kept) => kept.reduce((figures, { value }) => add(figures, value), nothing)),
        ),
      ),
    ),
  ],
});

interface Timed {
  readonly value: number;
  readonly at: number;
}

const nothing: Figures = { count: 0, sum: 0, min: Infinity, max: -Infinity };

function add({ count, sum, min, max }: Figures, value: number): Figures {
  return { count: count + 1, sum: sum + value, min: Math.min(min, value), max: Math.max(max, value) };
}

function figuresOf(batches$: Observable<readonly number[]>): Observable<Figures> {
  return batches$.pipe(
    filter((values) => values.length > 0),
    map((values) => values.reduce(add, nothing)),
  );
}

function eachKey(figures: OperatorFunction<number, Figures>): OperatorFunction<Reading, Figures> {
  return (source) =>
    source.pipe(
      groupBy(keyOf, { element: numberOf }),
      mergeMap((values$) => values$.pipe(figures)),
    );
}
