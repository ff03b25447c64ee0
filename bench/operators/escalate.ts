import { groupBy, identity, map, mergeMap, switchMap, timer } from 'rxjs';
import { escalate } from '../../src/operators/escalate.js';
import { byKeys, minute, naive, ours, study, textKeys } from '../study/study.js';

const afterMs = 60 * minute;
const ladder = { steps: [{ afterMs }] };

export const escalateStudy = study<string>({
  operator: 'escalate',
  axis: 'keys',
  event: 'an open item opens anew: its timer starts again',
  sizes: byKeys,
  values: textKeys,
  expireMs: afterMs,
  outputs: { fresh: 0, expired: 1 },
  ways: [
    ours('escalate', 'escalate', ({ size, scheduler }) =>
      escalate(identity<string>, { ladder: () => ladder, maxKeys: size, scheduler }),
    ),
    naive('groupBy + switchMap(timer)', ({ scheduler }) => (source) => {
      return source.pipe(
        groupBy(identity),
        mergeMap((item$) => item$.pipe(switchMap((item) => timer(afterMs, scheduler).pipe(map(() => item))))),
      );
    }),
  ],
});
