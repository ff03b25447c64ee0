import { setImmediate as nextTurn } from 'node:timers/promises';
import { type SchedulerLike, Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/model/logger.js';
import { Janitor } from '../../src/streams/janitor.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import type { LogEntry } from '../../src/streams/ports.js';
import { startTestEngine } from '../support/engine.js';
import { bytesInUse } from '../support/heap.js';
import { VirtualClock } from '../support/virtual-clock.js';

async function subjectsOf(entries: AsyncIterable<LogEntry>): Promise<string[]> {
  const subjects: string[] = [];
  for await (const { subject } of entries) subjects.push(subject.split('.')[0]!);
  return subjects;
}

describe('history', () => {
  it('P18 P44 resolved alerts beyond the limit leave the view at once and the log after the longest window', async () => {
    const test = await startTestEngine({ history: { maxAlerts: 2 } });
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      await test.raise({ key, title: key });
      await test.raise({ key, status: 'resolved' });
    }
    expect(test.engine.stats().byState).toMatchObject({ resolved: 2 });
    await test.advance(3_500_000);
    expect((await subjectsOf(test.driver.log.read('alert.>'))).length).toBe(10);
    await test.advance(200_000);
    expect((await subjectsOf(test.driver.log.read('alert.>'))).length).toBe(4);
    // Of each of the two: sending and delivered, for its opening and for its end.
    expect((await subjectsOf(test.driver.log.read('delivery.>'))).length).toBe(8);
  });

  it('P44 an open alert is never removed, however many were resolved after it', async () => {
    const test = await startTestEngine({ history: { maxAlerts: 1 } });
    const { id } = await test.raise({ key: 'open', title: 'open' });
    for (const key of ['a', 'b', 'c']) {
      await test.raise({ key, title: key });
      await test.raise({ key, status: 'resolved' });
    }
    await test.advance(7_200_000);
    expect(await test.command('acknowledge', { id, by: 'ada' })).toMatchObject({ ok: true });
  });
});

describe('a janitor', () => {
  it('F14 keeps nothing of the sweeps that are over', async () => {
    const clock = new VirtualClock();
    const actions: WeakRef<Subscription>[] = [];
    let run = () => {};
    const scheduler = {
      now: () => 0,
      schedule(work: () => void) {
        const action = new Subscription();
        actions.push(new WeakRef(action));
        run = work;
        return action;
      },
    } as unknown as SchedulerLike;
    const { log } = createMemoryDriver({ scheduler: clock.scheduler, wall: () => clock.wall() });
    const deps = { log, clock, scheduler, logger: silentLogger, keepMs: 0, beforeSweep: () => {} };
    const janitor = new Janitor(deps);
    for (let i = 0; i < 100; i++) {
      run();
      await nextTurn();
    }
    bytesInUse();
    expect(actions).toHaveLength(101);
    expect(actions.filter((action) => action.deref() !== undefined).length).toBeLessThan(10);
    janitor.stop();
    expect(actions.at(-1)!.deref()?.closed).toBe(true);
  });
});
