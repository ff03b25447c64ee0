import { bufferTime, filter, groupBy, mergeMap } from 'rxjs';
import { group } from '../../src/operators/group.js';
import { byKeys, minute, naive, ours, study } from '../study/study.js';

interface Alert {
  readonly service: string;
  readonly id: string;
}

const waitMs = minute / 2;

export const groupStudy = study<Alert>({
  operator: 'group',
  axis: 'keys',
  event: 'a value of a group that is open; each 30 s, after four values of each, the batches go out',
  sizes: byKeys,
  values: (size) => Array.from({ length: size }, (_, n) => ({ service: `service ${n}`, id: `alert ${n}` })),
  pace: { events: 4, turnMs: waitMs, fillTurns: 2 },
  expireMs: waitMs,
  outputs: { fresh: 0, expired: 1 },
  ways: [
    ours('group', 'group', ({ size, scheduler }) =>
      group(({ service }: Alert) => service, {
        key: ({ id }) => id,
        waitMs,
        intervalMs: waitMs,
        maxKeys: size,
        maxHeld: size,
        scheduler,
      }),
    ),
    naive('groupBy + bufferTime', ({ scheduler }) => (source) => {
      return source.pipe(
        groupBy(({ service }) => service),
        mergeMap((values$) => values$.pipe(bufferTime(waitMs, scheduler))),
        filter((batch) => batch.length > 0),
      );
    }),
  ],
});
