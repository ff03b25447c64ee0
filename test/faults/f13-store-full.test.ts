import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { report, seconds } from './figures.js';
import { duplicates, missing } from './ledger.js';
import { Rig } from './rig.js';
import { scale } from './scale.js';

const alerts = scale(40, 200);

it('F13 a full event log: what is raised meanwhile is refused and leaves nothing behind, and is taken when there is room again', async () => {
  await using rig = await Rig.create();
  const { engine, publisher, hook, client } = rig;
  await engine.start();
  publisher.raise('Before');
  await rig.delivered(['opened 0'], 30_000);
  await rig.emptied(30_000);

  const free = await fill(rig, 'TOCSIN_EVENTS');
  const refused = await client.request('alerts.test', { title: 'Refused' });
  expect(refused).toMatchObject({ ok: false, error: { code: 'log_unavailable', temporary: true } });
  expect(await engine.post('/v1/alerts', { title: 'Refused' })).toMatchObject({ status: 503 });
  for (let i = 0; i < alerts; i++) publisher.raise(`Alert ${i}`);
  await eventually(() => publisher.retries, 30_000).toBeGreaterThan(alerts);
  expect(publisher.confirmed.size).toBe(1);

  await free();
  const freedAt = performance.now();
  await rig.delivered(['opened 0'], 60_000);
  const recoveryMs = Math.max(...hook.arrivals.map(({ at }) => at)) - freedAt;
  expect(missing(publisher.ids, ['opened 0'], hook.arrivals)).toEqual([]);
  expect(duplicates(hook.arrivals)).toBe(0);
  const known = await rig.alerts();
  expect([...known.keys()]).not.toContain('Refused');
  expect(known.size).toBe(alerts + 1);
  report({
    ...{ fault: 'F13', what: `event log full, ${alerts} alerts raised meanwhile` },
    ...{ expected: alerts + 1, lost: 0, duplicated: duplicates(hook.arrivals) },
    recovery: `all were told ${seconds(recoveryMs)} after there was room`,
    note: `${publisher.retries} requests refused`,
  });
}, 120_000);

it('F13 a full outbox: what is confirmed waits in the event log, and is told when there is room again', async () => {
  await using rig = await Rig.create();
  const { engine, publisher, hook } = rig;
  await engine.start();
  publisher.raise('Before');
  await rig.delivered(['opened 0'], 30_000);
  await rig.emptied(30_000);

  const free = await fill(rig, 'TOCSIN_OUTBOX');
  for (let i = 0; i < alerts; i++) publisher.raise(`Alert ${i}`);
  await publisher.settled();
  expect(hook.arrivals).toHaveLength(1);
  await free();
  const freedAt = performance.now();
  await rig.delivered(['opened 0'], 60_000);
  const recoveryMs = Math.max(...hook.arrivals.map(({ at }) => at)) - freedAt;
  expect(duplicates(hook.arrivals)).toBe(0);
  report({
    ...{ fault: 'F13', what: `outbox full, ${alerts} alerts raised meanwhile` },
    ...{ expected: alerts + 1, lost: 0, duplicated: duplicates(hook.arrivals) },
    recovery: `all were told ${seconds(recoveryMs)} after there was room`,
  });
}, 120_000);

/** Leaves no room in a stream, as an administrator or a full disk would; resolves with what gives the room back. */
async function fill(rig: Rig, stream: string): Promise<() => Promise<void>> {
  const { streams } = await rig.connection.jetstreamManager();
  const { config, state } = await streams.info(stream);
  await streams.update(stream, { ...config, max_bytes: Math.max(1, state.bytes) });
  return async () => void (await streams.update(stream, config));
}
