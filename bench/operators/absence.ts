import { debounceTime, groupBy, identity, mergeMap } from 'rxjs';
import { absence } from '../../src/operators/absence.js';
import { byKeys, minute, naive, ours, study, textKeys } from '../study/study.js';

const absentMs = 5 * minute;

export const absenceStudy = study<string>({
  operator: 'absence',
  axis: 'keys',
  event: 'a sign of life of a known key',
  sizes: byKeys,
  values: textKeys,
  expireMs: 2 * absentMs,
  outputs: { fresh: 0, expired: 1 },
  ways: [
    ours('absence', 'absence', ({ size, scheduler }) =>
      absence(identity<string>, { absentMs, maxKeys: size, scheduler }),
    ),
    naive('groupBy + debounceTime', ({ scheduler }) => (source) => {
      return source.pipe(
        groupBy(identity),
        mergeMap((signs$) => signs$.pipe(debounceTime(absentMs, scheduler))),
      );
    }),
  ],
});
