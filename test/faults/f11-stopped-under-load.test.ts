import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { report, spread } from './figures.js';
import { duplicates, missing } from './ledger.js';
import { chance, seed } from './random.js';
import { Rig } from './rig.js';
import { scale } from './scale.js';

const stops = scale(2, 10);
const alerts = scale(100, 1_000);

it(`F11 SIGTERM ${stops} times under load: it ends in time and by itself, and nothing is lost or sent twice`, async () => {
  await using rig = await Rig.create();
  const { engine, publisher, hook } = rig;
  const random = chance('F11');
  const exitMs: number[] = [];
  for (let stop = 0, raised = 0; stop < stops; stop++) {
    await engine.start();
    const lifeMs = 100 + random() * 900;
    for (; raised < ((stop + 1) * alerts) / stops; raised++) {
      const title = `Alert ${raised}`;
      setTimeout(() => publisher.raise(title), random() * lifeMs * 1.2);
    }
    await sleep(lifeMs);
    const startedAt = performance.now();
    expect(await engine.end('SIGTERM')).toBe(0);
    exitMs.push(performance.now() - startedAt);
  }
  await engine.start();
  await eventually(() => publisher.confirmed.size, 60_000).toBe(alerts);
  await rig.delivered(['opened 0'], 60_000);
  await rig.emptied(60_000);

  expect(Math.max(...exitMs)).toBeLessThan(20_000);
  expect(missing(publisher.ids, ['opened 0'], hook.arrivals)).toEqual([]);
  expect(duplicates(hook.arrivals)).toBe(0);
  report({
    ...{ fault: 'F11', what: `SIGTERM ${stops} times, ${alerts} alerts, seed ${seed}` },
    ...{ expected: alerts, lost: 0, duplicated: duplicates(hook.arrivals) },
    recovery: `it ended after ${spread(exitMs)}`,
    note: `${publisher.retries} requests repeated`,
  });
}, 300_000);
