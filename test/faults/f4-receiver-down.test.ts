import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { report, seconds } from './figures.js';
import { duplicates, missing, outOfOrder } from './ledger.js';
import { Rig } from './rig.js';
import { promised, scale } from './scale.js';

const downMs = scale(5_000, 30_000);
const alerts = scale(60, 200);
const steps = ['opened 0', 'resolved 0'];

it(`F4 a receiver down for ${seconds(downMs)}: everything arrives in order, once, within five seconds of its return`, async () => {
  await using rig = await Rig.create();
  const { engine, publisher, hook, client } = rig;
  await engine.start();
  await hook.down();
  const downAt = performance.now();
  for (let i = 0; i < alerts; i++) {
    publisher.raise(`Alert ${i}`);
    await sleep((0.8 * downMs) / alerts);
  }
  await publisher.settled();
  for (const title of publisher.confirmed.keys()) {
    expect(await client.request('alerts.test', { title, key: title, status: 'resolved' })).toMatchObject({ ok: true });
  }
  await sleep(Math.max(0, downAt + downMs - performance.now()));
  await hook.up();
  const upAt = performance.now();
  await eventually(() => missing(publisher.ids, steps, hook.arrivals), 60_000).toEqual([]);
  const lastMs = Math.max(...hook.arrivals.map(({ at }) => at)) - upAt;
  await rig.emptied(30_000);
  expect(outOfOrder(steps, hook.arrivals)).toEqual([]);
  expect(duplicates(hook.arrivals)).toBe(0);
  expect(lastMs).toBeLessThan(promised(5_000));
  report({
    ...{ fault: 'F4', what: `receiver down for ${seconds(downMs)}, ${alerts} alerts opened and resolved meanwhile` },
    ...{ expected: alerts * steps.length, lost: 0, duplicated: duplicates(hook.arrivals) },
    recovery: `all had arrived ${seconds(lastMs)} after its return`,
  });
}, 300_000);
