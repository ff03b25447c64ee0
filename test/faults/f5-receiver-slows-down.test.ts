import { expect, it } from 'vitest';
import { report, seconds } from './figures.js';
import { duplicates, missing } from './ledger.js';
import { Rig } from './rig.js';
import { scale } from './scale.js';

const alerts = scale(25, 200);
const allowedPerSecond = 5;
/** Requests that were on their way when the receiver asked to be left alone. */
const underWayMs = 700;

it(`F5 a receiver that allows ${allowedPerSecond} a second and answers 429 beyond: all ${alerts} arrive, once, at its pace`, async () => {
  await using rig = await Rig.create();
  const { engine, publisher, hook } = rig;
  const pace = new Pace(hook);
  await engine.start();
  const startedAt = performance.now();
  for (let i = 0; i < alerts; i++) publisher.raise(`Alert ${i}`);
  await rig.delivered(['opened 0'], 200_000);
  await rig.emptied(200_000);
  const tookMs = performance.now() - startedAt;

  expect(missing(publisher.ids, ['opened 0'], hook.arrivals)).toEqual([]);
  expect(duplicates(hook.arrivals)).toBe(0);
  expect((await engine.get('/v1/deliveries')).body).toEqual({ deliveries: [] });
  expect(pace.refused).toBeGreaterThan(0);
  expect(pace.tooEarly).toBe(0);
  report({
    ...{ fault: 'F5', what: `${alerts} alerts at once to a receiver that allows ${allowedPerSecond} a second` },
    ...{ expected: alerts, lost: 0, duplicated: duplicates(hook.arrivals) },
    recovery: `all had arrived after ${seconds(tookMs)}; at its pace it takes ${seconds((alerts / allowedPerSecond) * 1_000)}`,
    note: `${pace.refused} refused, ${pace.tooEarly} while it wanted to be left alone`,
  });
}, 300_000);

type Witness = Rig['hook'];

/** Lets so many through in each second, refuses the others, and counts who does not listen. */
class Pace {
  refused = 0;
  tooEarly = 0;
  #endsAt = 0;
  #taken = 0;
  #refusedAt = Number.POSITIVE_INFINITY;

  constructor(hook: Witness) {
    hook.answer(() => this.#next(performance.now()));
  }

  #next(now: number) {
    if (now >= this.#endsAt) this.#begin(now);
    if (this.#taken < allowedPerSecond) {
      this.#taken++;
      return 200;
    }
    this.refused++;
    if (now > this.#refusedAt + underWayMs) this.tooEarly++;
    this.#refusedAt = Math.min(this.#refusedAt, now);
    return { status: 429, headers: { 'retry-after': '1' } };
  }

  #begin(now: number): void {
    this.#endsAt = now + 1_000;
    this.#taken = 0;
    this.#refusedAt = Number.POSITIVE_INFINITY;
  }
}
