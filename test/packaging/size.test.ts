import { expect, it } from 'vitest';
import { operatorSizes } from '../../scripts/operators/size.js';

/** What is more than the usual 5 kB, and why. */
const larger: Readonly<Record<string, number>> = {
  absence: 6_500, // event time, expected keys, pauses
  admit: 9_700, // rateLimit and dedupe
  aggregate: 12_000, // two ways of keeping windows, twelve figures
  escalate: 5_300, // four inputs
  group: 5_800, // members, and when to tell them
  inhibit: 9_300, // matchers
  dedupe: 6_000, // the ages of `maxAgeMs` lie in a timing wheel
  rateLimit: 7_400, // two algorithms
  silence: 9_200, // matchers
  threshold: 17_000, // an index of rules, seven ways to fire, windows
  'all of them': 45_500,
};

const sizes = (await operatorSizes()).map((size) => ({ ...size, budget: larger[size.name] ?? 5_000 }));

it.each(sizes)('$name: at most $budget B, bundled without rxjs, minified and gzipped', ({ bytes, budget }) => {
  expect(bytes).toBeLessThanOrEqual(budget);
});
