import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { report, spread } from './figures.js';
import { duplicates, missing, outOfOrder, wrongKeys } from './ledger.js';
import { chance, seed } from './random.js';
import { Rig } from './rig.js';
import { isLong, promised, scale } from './scale.js';

const kills = scale(3, 20);
const alerts = scale(45, 200);
const steps = ['opened 0', 'escalated 1', 'escalated 2'];

const config = `
rules: [{ id: cpu, name: High CPU, metric: cpu.usage, when: "> 80" }]
routes: [{ name: raised, categories: [test], channels: [hook], escalation: oncall }]
escalations: { oncall: { levels: [{ after: 1s }, { after: 1s }] } }
delivery: { timeout: 2s }
`;

it(`F2 nats-server killed ${kills} times under load: the engine comes back by itself, loses nothing, and what is open stays open`, async () => {
  await using rig = await Rig.create({ more: config });
  const { nats, engine, publisher, hook, client } = rig;
  const random = chance('F2');
  await engine.start();
  const samples = setInterval(() => client.publish('metrics.web-1.cpu.usage', { value: 91 }), 20);
  try {
    const backMs: number[] = [];
    for (let kill = 0, raised = 0; kill < kills; kill++) {
      const upMs = 300 + random() * 1_000;
      for (; raised < ((kill + 1) * alerts) / kills; raised++) {
        const title = `Alert ${raised}`;
        setTimeout(() => publisher.raise(title), random() * upMs * 1.5);
      }
      await sleep(upMs);
      await nats.kill();
      await eventually(() => engine.isReady(), 20_000).toBe(false);
      await sleep(random() * 1_000);
      await nats.restart();
      const restartedAt = performance.now();
      await eventually(() => engine.isReady(), 60_000).toBe(true);
      backMs.push(performance.now() - restartedAt);
    }
    await eventually(() => publisher.confirmed.size, 60_000).toBe(alerts);
    await rig.delivered(steps, 120_000);
    // What the server brings back of what was done is found when nothing has come for half a minute.
    if (isLong) await rig.emptied(90_000);

    const known = await rig.alerts();
    expect([...known].filter(([, ids]) => ids.length !== 1)).toEqual([]);
    expect(known.get('High CPU')).toHaveLength(1);
    const arrivals = hook.arrivals.filter(({ title }) => title !== 'High CPU');
    expect(missing(publisher.ids, steps, arrivals)).toEqual([]);
    expect(outOfOrder(steps, arrivals)).toEqual([]);
    expect(wrongKeys(arrivals)).toEqual([]);
    // The engine lives on, and remembers what it sent.
    expect(duplicates(hook.arrivals)).toBe(0);
    expect(Math.max(...backMs)).toBeLessThan(promised(5_000));
    report({
      ...{ fault: 'F2', what: `nats-server killed ${kills} times, ${alerts} alerts with 2 levels, seed ${seed}` },
      ...{ expected: alerts * steps.length, lost: 0, duplicated: duplicates(hook.arrivals) },
      recovery: `ready again after ${spread(backMs)}`,
      note: `${publisher.retries} requests repeated`,
    });
  } finally {
    clearInterval(samples);
  }
}, 600_000);
