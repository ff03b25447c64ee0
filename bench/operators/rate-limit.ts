import { RateLimiterMemory } from 'rate-limiter-flexible';
import { groupBy, identity, mergeMap, throttleTime } from 'rxjs';
import { rateLimit } from '../../src/operators/rate-limit.js';
import { byKeys, minute, naive, ours, type Running, study, textKeys } from '../study/study.js';

const oneWindow = [{ max: 10, perMs: minute }];
/** As alerts have by default. */
const twoWindows = [...oneWindow, { max: 100, perMs: 60 * minute }];

export const rateLimitStudy = study<string>({
  operator: 'rateLimit',
  axis: 'keys',
  event: 'a value of a known key; nearly all are held back',
  sizes: byKeys,
  values: textKeys,
  expireMs: 3 * 60 * minute,
  outputs: { fresh: 1, expired: 0 },
  ways: [
    ours('rateLimit, gcra', 'rateLimit-gcra', ({ size, scheduler }) =>
      rateLimit(identity<string>, { windows: oneWindow, algorithm: 'gcra', maxKeys: size, scheduler }),
    ),
    naive('groupBy + throttleTime', ({ scheduler }) => (source) => {
      return source.pipe(
        groupBy(identity),
        mergeMap((group$) => group$.pipe(throttleTime(minute, scheduler))),
      );
    }),
    ours('rateLimit, exact, max 100', 'rateLimit-exact', ({ size, scheduler }) =>
      rateLimit(identity<string>, { windows: twoWindows, maxKeys: size, scheduler }),
    ),
    { name: 'rate-limiter-flexible', start: flexibleLimiter, unstalled: 'its timers are those of the process' },
  ],
});

/** Its answers are promises. */
function flexibleLimiter(): Running<string> {
  const limiter = new RateLimiterMemory({ points: 10, duration: 60 });
  let outputs = 0;
  const admitted = () => {
    outputs += 1;
  };
  const refused = () => {};
  let last: Promise<void> = Promise.resolve();
  return {
    feed: (key) => {
      last = limiter.consume(key).then(admitted, refused);
    },
    settle: () => last,
    stop: () => {},
    outputs: () => outputs,
  };
}
