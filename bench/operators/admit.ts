import { pipe } from 'rxjs';
import { admit } from '../../src/operators/admit.js';
import { dedupe } from '../../src/operators/dedupe.js';
import { rateLimit } from '../../src/operators/rate-limit.js';
import { byKeys, minute, naive, ours, study } from '../study/study.js';

interface Alert {
  readonly category: string;
  readonly title: string;
}

const perCategory = 10;
const windows = [{ max: perCategory, perMs: minute }];
const windowMs = 5 * minute;
const byCategory = ({ category }: Alert) => category;
const byTitle = ({ title }: Alert) => title;

export const admitStudy = study<Alert>({
  operator: 'admit',
  axis: 'keys',
  event: 'a copy of a known title, in a category that is full, ten titles a category',
  sizes: byKeys,
  values: (size) =>
    Array.from({ length: size }, (_, n) => ({
      category: `category ${Math.floor(n / perCategory)}`,
      title: `title ${n}`,
    })),
  expireMs: 2 * windowMs,
  outputs: { fresh: 1, expired: 0 },
  ways: [
    ours('admit', 'admit', ({ size, scheduler }) =>
      admit({
        rateLimit: { key: byCategory, windows, maxKeys: size },
        dedupe: { key: byTitle, windowMs, maxKeys: size },
        scheduler,
      }),
    ),
    naive('two operators, dedupe after rateLimit', ({ size, scheduler }) =>
      pipe(
        rateLimit(byCategory, { windows, maxKeys: size, scheduler }),
        dedupe(byTitle, { windowMs, maxKeys: size, scheduler }),
      ),
    ),
  ],
});
