import { auditTime, bufferTime, filter, groupBy, identity, map, mergeMap } from 'rxjs';
import { conflate } from '../../src/operators/conflate.js';
import { byKeys, naive, ours, study, textKeys } from '../study/study.js';

const everyMs = 100;

export const conflateStudy = study<string>({
  operator: 'conflate',
  axis: 'keys',
  event: 'a value of a key; each 100 ms, after four values of each, the latest go out',
  sizes: byKeys,
  values: textKeys,
  pace: { events: 4, turnMs: everyMs, fillTurns: 2 },
  expireMs: everyMs,
  outputs: { fresh: 0, expired: 1 },
  ways: [
    ours(
      'conflate',
      'conflate',
      ({ size, scheduler }) => conflate(identity<string>, { everyMs, maxKeys: size, scheduler }),
      (batch) => batch.length,
    ),
    naive('groupBy + auditTime', ({ scheduler }) => (source) => {
      return source.pipe(
        groupBy(identity),
        mergeMap((values$) => values$.pipe(auditTime(everyMs, scheduler))),
      );
    }),
    naive(
      'bufferTime + Map',
      ({ scheduler }) =>
        (source) => {
          return source.pipe(
            bufferTime(everyMs, scheduler),
            filter((values) => values.length > 0),
            map((values) => new Map(values.map((value) => [value, value]))),
          );
        },
      (batch) => batch.size,
    ),
  ],
});
