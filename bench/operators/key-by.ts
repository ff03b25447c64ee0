import { debounceTime, groupBy, identity, mergeMap, timer } from 'rxjs';
import { keyBy } from '../../src/operators/key-by.js';
import { byKeys, minute, naive, ours, study, textKeys } from '../study/study.js';

const idleMs = 5 * minute;

export const keyByStudy = study<string>({
  operator: 'keyBy',
  axis: 'keys',
  event: 'a value of a known key, which passes through the inner stream of its key',
  sizes: byKeys,
  values: textKeys,
  expireMs: 2 * idleMs,
  outputs: { fresh: 1, expired: 0 },
  ways: [
    ours('keyBy', 'keyBy', ({ size, scheduler }) =>
      keyBy(identity<string>, (values$) => values$, { idleMs, maxKeys: size, scheduler }),
    ),
    naive('groupBy, timer as duration', ({ scheduler }) => (source) => {
      return source.pipe(groupBy(identity, { duration: () => timer(idleMs, scheduler) }), mergeMap(identity));
    }),
    naive('groupBy, debounceTime as duration', ({ scheduler }) => (source) => {
      return source.pipe(
        groupBy(identity, { duration: (values$) => values$.pipe(debounceTime(idleMs, scheduler)) }),
        mergeMap(identity),
      );
    }),
  ],
});
