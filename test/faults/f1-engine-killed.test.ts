import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { report, seconds, spread } from './figures.js';
import { byKey, duplicates, missing, outOfOrder, wrongKeys } from './ledger.js';
import { chance, seed } from './random.js';
import { Rig } from './rig.js';
import { promised, scale } from './scale.js';

const kills = scale(6, 50);
const alerts = scale(60, 200);
/** How long an engine may live before it is killed. */
const maxLifeMs = scale(1_500, 3_000);
const steps = ['opened 0', 'escalated 1', 'escalated 2', 'escalated 3'];

const ladder = `
routes: [{ name: all, minSeverity: low, channels: [hook], escalation: oncall }]
escalations: { oncall: { levels: [{ after: 1s }, { after: 1s }, { after: 1s }] } }
delivery: { timeout: 2s }
`;

describe('an engine that is killed', () => {
  it(`F1 at ${kills} points: no confirmed alert is lost, nobody is told more than once for each kill, levels come in order`, async () => {
    await using rig = await Rig.create({ more: ladder });
    const { engine, publisher, hook } = rig;
    const random = chance('F1');
    const killedAt: number[] = [];
    const readyMs: number[] = [];
    for (let kill = 0, raised = 0; kill < kills; kill++) {
      engine.spawn();
      // Now and then it dies while it is loading.
      if (random() > 0.2) {
        await engine.ready();
        if (kill > 0) readyMs.push(performance.now() - killedAt.at(-1)!);
      }
      const lifeMs = random() * maxLifeMs;
      for (; raised < ((kill + 1) * alerts) / kills; raised++) {
        const title = `Alert ${raised}`;
        setTimeout(() => publisher.raise(title), random() * lifeMs);
      }
      await sleep(lifeMs);
      await engine.end('SIGKILL');
      killedAt.push(performance.now());
    }
    await engine.start();
    await eventually(() => publisher.confirmed.size, 60_000).toBe(alerts);
    await rig.delivered(steps, 120_000);
    await rig.emptied(120_000);

    const known = await rig.alerts();
    expect([...known].filter(([, ids]) => ids.length !== 1)).toEqual([]);
    expect(publisher.ids.filter((id) => ![...known.values()].flat().includes(id))).toEqual([]);
    const { arrivals } = hook;
    expect(missing(publisher.ids, steps, arrivals)).toEqual([]);
    expect(outOfOrder(steps, arrivals)).toEqual([]);
    expect(wrongKeys(arrivals)).toEqual([]);
    // A duplicate needs a kill of its own, between the arrival and its acknowledgement.
    const copies = [...byKey(arrivals).values()];
    const unexplained = copies.filter((of) => of.some((one, i) => i > 0 && !between(killedAt, of[i - 1]!.at, one.at)));
    expect(unexplained).toEqual([]);
    report({
      ...{ fault: 'F1', what: `engine killed ${kills} times, ${alerts} alerts with 3 levels, seed ${seed}` },
      ...{ expected: alerts * steps.length, lost: 0, duplicated: duplicates(arrivals) },
      recovery: `ready again after ${spread(readyMs)}`,
      note: `at most ${Math.max(...copies.map(({ length }) => length))} copies, ${publisher.retries} requests repeated`,
    });
  }, 600_000);

  it('F1 in a burst: what it held arrives within seconds of the next start', async () => {
    const rounds = scale(1, 5);
    const recoveryMs: number[] = [];
    let duplicated = 0;
    for (let round = 0; round < rounds; round++) {
      await using rig = await Rig.create({ more: 'delivery: { timeout: 10s }' });
      const { engine, publisher, hook } = rig;
      await engine.start();
      for (let i = 0; i < alerts; i++) publisher.raise(`Alert ${i}`);
      await eventually(() => hook.arrivals.length, 30_000).toBeGreaterThan(alerts / 4);
      const before = new Set(publisher.ids);
      await engine.end('SIGKILL');
      const killedAt = performance.now();
      await engine.start();
      await rig.delivered(['opened 0'], 60_000);
      await rig.emptied(60_000);
      const ofThese = hook.arrivals.filter(({ alertId, at }) => before.has(alertId) && at > killedAt);
      recoveryMs.push(Math.max(0, ...ofThese.map(({ at }) => at - killedAt)));
      duplicated += duplicates(hook.arrivals);
    }
    expect(Math.max(...recoveryMs)).toBeLessThan(promised(10_000));
    report({
      ...{ fault: 'F1', what: `engine killed in a burst of ${alerts}, ${rounds} times` },
      ...{ expected: rounds * alerts, lost: 0, duplicated },
      recovery: `all that was confirmed before arrived within ${seconds(Math.max(...recoveryMs))} of the kill`,
    });
  }, 300_000);
});

function between(times: readonly number[], from: number, to: number): boolean {
  return times.some((time) => time > from && time < to);
}
