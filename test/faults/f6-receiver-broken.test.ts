import { expect, it } from 'vitest';
import type { DeadLetterView } from '../../src/model/view.js';
import { eventually } from '../support/eventually.js';
import { report, seconds } from './figures.js';
import { duplicates, groupBy, missing } from './ledger.js';
import { Rig } from './rig.js';
import { promised, scale } from './scale.js';
import { Witness } from './witness.js';

const alerts = scale(20, 100);
const broken = ['hangs', 'fails', 'refuses'] as const;

it('F6 receivers that hang, fail or refuse for good: the others are told at once, what was given up is kept and sent again', async () => {
  await using silent = await Witness.start();
  await using failing = await Witness.start();
  await using refusing = await Witness.start();
  silent.answer(() => 'hang');
  failing.answer(() => 500);
  refusing.answer(() => 400);
  await using rig = await Rig.create({
    channels: `
  hangs: { type: webhook, url: "${silent.url}" }
  fails: { type: webhook, url: "${failing.url}" }
  refuses: { type: webhook, url: "${refusing.url}" }`,
    more: `
defaultChannels: [hook, hangs, fails, refuses]
delivery: { timeout: 1s, maxAge: 8s }`,
  });
  const { engine, publisher, hook } = rig;
  await engine.start();
  const startedAt = performance.now();
  for (let i = 0; i < alerts; i++) publisher.raise(`Alert ${i}`);
  await publisher.settled();
  await eventually(() => missing(publisher.ids, ['opened 0'], hook.arrivals), 30_000).toEqual([]);
  const goodMs = Math.max(...hook.arrivals.map(({ at }) => at)) - startedAt;
  expect(goodMs).toBeLessThan(promised(5_000));

  const dead = async () => groupBy((await deadLetters(rig)) as DeadLetterView[], ({ channel }) => channel);
  const counts = async () => Object.fromEntries([...(await dead())].map(([name, of]) => [name, of.length]));
  await eventually(counts, 60_000).toEqual(Object.fromEntries(broken.map((name) => [name, alerts])));
  await rig.emptied(30_000);

  for (const [name, witness] of [
    ['hangs', silent],
    ['fails', failing],
    ['refuses', refusing],
  ] as const) {
    witness.answer(() => 200);
    for (const { id } of (await dead()).get(name) ?? []) {
      expect(await engine.post(`/v1/deliveries/${id}/resend`, { by: 'test' })).toMatchObject({ status: 200 });
    }
    await eventually(() => missing(publisher.ids, ['opened 0'], witness.arrivals), 30_000).toEqual([]);
    expect(duplicates(witness.arrivals)).toBe(0);
  }
  expect(await deadLetters(rig)).toEqual([]);
  expect(duplicates(hook.arrivals)).toBe(0);
  report({
    ...{ fault: 'F6', what: `three of four receivers broken for good, ${alerts} alerts` },
    ...{ expected: alerts * 4, lost: 0, duplicated: 0 },
    recovery: `the good one had all after ${seconds(goodMs)}`,
    note: `${alerts * broken.length} dead letters, all sent again`,
  });
}, 300_000);

async function deadLetters({ engine }: Rig): Promise<readonly unknown[]> {
  return (await engine.get('/v1/deliveries?limit=1000')).body['deliveries'] as unknown[];
}
