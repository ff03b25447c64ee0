import { distinct, groupBy, identity, interval, mergeMap, take, timer } from 'rxjs';
import { dedupe } from '../../src/operators/dedupe.js';
import { byKeys, minute, naive, ours, study, textKeys } from '../study/study.js';

const windowMs = 5 * minute;

export const dedupeStudy = study<string>({
  operator: 'dedupe',
  axis: 'keys',
  event: 'a copy of a known key, held back',
  sizes: byKeys,
  values: textKeys,
  expireMs: 2 * windowMs,
  outputs: { fresh: 1, expired: 0 },
  ways: [
    ours('dedupe', 'dedupe', ({ size, scheduler }) => dedupe(identity<string>, { windowMs, maxKeys: size, scheduler })),
    naive('groupBy + take(1), timer as duration', ({ scheduler }) => (source) => {
      return source.pipe(
        groupBy(identity, { duration: () => timer(windowMs, scheduler) }),
        mergeMap((group$) => group$.pipe(take(1))),
      );
    }),
    naive('distinct, flushed by interval', ({ scheduler }) =>
      distinct<string, string>(identity, interval(windowMs, scheduler)),
    ),
  ],
});
