import { describe, expect, it } from 'vitest';
import { type EngineUnderTest, startTestEngine } from './support/engine.js';
import { failingDriver } from './support/failing-log.js';
import { cpu } from './support/rules.js';

const minute = 60_000;
const second = 1_000;

/** Positions of the checkpoint's pieces in the log. */
async function pieces(test: EngineUnderTest): Promise<number[]> {
  const found: number[] = [];
  for await (const { seq } of test.driver.log.read('checkpoint.>')) found.push(seq);
  return found;
}

/** Lets time pass until another checkpoint is there: it is compressed in a thread of its own. */
async function checkpointed(test: EngineUnderTest): Promise<void> {
  const before = (await pieces(test)).join();
  const isThere = async () => {
    await test.advance(second);
    const now = await pieces(test);
    return now.length === 1 && now.join() !== before;
  };
  await expect.poll(isThere, { timeout: 5_000, interval: 5 }).toBe(true);
}

describe('a checkpoint', () => {
  it('F1 a pending `for: 30s` that was 20 s old fires after the time that remained', async () => {
    const config = { rules: [{ ...cpu, for: '30s' }] };
    const test = await startTestEngine(config);
    await test.sample('cpu.usage', 91);
    await test.advance(20 * second);
    const next = await restarted(test, config, 4 * second);
    await next.advance(5 * second);
    expect(next.story()).toEqual([]);
    await next.advance(2 * second);
    expect(next.story()).toEqual(['opened rule_fired']);
  });

  it('F1 what came due during the downtime waits for a moment, so that the first value may end it', async () => {
    const config = { rules: [{ ...cpu, for: '30s' }] };
    const test = await startTestEngine(config);
    await test.sample('cpu.usage', 91, 'web-1');
    await test.sample('cpu.usage', 91, 'web-2');
    await test.advance(20 * second);
    const next = await restarted(test, config, minute);
    await next.sample('cpu.usage', 10, 'web-1');
    await next.advance(2 * second);
    expect(next.events.filter(({ type }) => type === 'opened').map(({ alert }) => alert.source)).toEqual(['web-2']);
  });

  it('F1 a value that is stale by then pends no longer, and one whose rule decides otherwise begins anew', async () => {
    const config = { rules: [{ ...cpu, for: '10m', staleAfter: '5m' }] };
    const test = await startTestEngine(config);
    await test.sample('cpu.usage', 91);
    const stale = await restarted(test, config, 6 * minute);
    await stale.advance(12 * minute);
    expect(stale.story()).toEqual([]);
    await stale.sample('cpu.usage', 91);
    const other = await restarted(stale, { rules: [{ ...cpu, for: '10s' }] }, 0);
    await other.advance(minute);
    expect(other.story()).toEqual([]);
  });

  it('F1 a window goes on, and says that it is partial', async () => {
    const config = { rules: [{ ...cpu, window: { fn: 'avg' as const, over: '10m' } }] };
    const test = await startTestEngine(config);
    for (let i = 0; i < 8; i++) {
      await test.sample('cpu.usage', 50);
      await test.advance(minute);
    }
    const next = await restarted(test, config, 0);
    await next.sample('cpu.usage', 1_000);
    expect(next.events.at(-1)!.alert).toMatchObject({ state: 'active', data: { partial: true } });
    expect(next.events.at(-1)!.alert.value).toBeCloseTo((8 * 50 + 1_000) / 9, 6);
  });

  it('F1 votes of n of m go on', async () => {
    const config = { rules: [{ ...cpu, nOf: [3, 4] as const }] };
    const test = await startTestEngine(config as object);
    await test.sample('cpu.usage', 91);
    await test.sample('cpu.usage', 91);
    const next = await restarted(test, config as object, 0);
    await next.sample('cpu.usage', 91);
    expect(next.story()).toEqual(['opened rule_fired']);
  });

  it('F1 a series that is watched for want of data is missed after a restart too, not before its time', async () => {
    const config = { rules: [{ ...cpu, staleAfter: '5m', noData: 'alert' as const }] };
    const test = await startTestEngine(config);
    await test.sample('cpu.usage', 10);
    const next = await restarted(test, config, 20 * minute);
    await next.advance(4 * minute);
    expect(next.story()).toEqual([]);
    await next.advance(2 * minute);
    expect(next.story()).toEqual(['opened no_data']);
  });

  it('F1 a source that was heard is waited for after a restart, one `absent` from then on', async () => {
    const config = { rules: [{ id: 'gone', name: 'Gone', metric: 'cpu.usage', absent: '5m' }] };
    const test = await startTestEngine(config);
    await test.sample('cpu.usage', 10);
    const next = await restarted(test, config, 20 * minute);
    await next.advance(4 * minute);
    expect(next.story()).toEqual([]);
    await next.advance(2 * minute);
    expect(next.story()).toEqual(['opened absent']);
  });

  it('F1 is written every 10 s while something changes, the one before goes, and nothing is written otherwise', async () => {
    const config = { rules: [{ ...cpu, for: '30m' }] };
    const test = await startTestEngine(config);
    await test.advance(minute);
    expect(await pieces(test)).toEqual([]);
    await test.sample('cpu.usage', 91);
    await checkpointed(test);
    const first = await pieces(test);
    expect(first).toHaveLength(1);
    await test.advance(minute);
    expect(await pieces(test)).toEqual(first);
    await test.sample('cpu.usage', 92);
    await checkpointed(test);
    expect(await pieces(test)).toHaveLength(1);
  });

  it('F1 of an engine that is killed is at most ten seconds old', async () => {
    const config = { rules: [{ ...cpu, for: '10m', staleAfter: '20m' }] };
    const failing = failingDriver();
    const killed = await startTestEngine(config, { ...failing, unsettled: true });
    await killed.sample('cpu.usage', 91);
    const dueAt = failing.clock.wall() + 10 * minute;
    await checkpointed(killed);
    // Whatever it still does stays its own.
    failing.refuse = true;
    const next = await startTestEngine(config, { ...failing, driver: failing.inner, unsettled: true });
    await next.advance(dueAt - failing.clock.wall() - second);
    expect(next.story()).toEqual([]);
    await next.advance(2 * second);
    expect(next.story()).toEqual(['opened rule_fired']);
  });

  it('one that cannot be read is passed over, and so is one of which a piece is missing', async () => {
    const config = { rules: [{ ...cpu, for: '30s' }] };
    const test = await startTestEngine(config);
    const whole = { v: 1, at: test.clock.wall() + minute, mono: 0, rules: {}, part: 0, gzip: 'AAAA' };
    const bodies = [null, { ...whole, parts: 2 }, { ...whole, parts: 1 }];
    for (const [i, body] of bodies.entries())
      await test.driver.log.append({ subject: 'checkpoint.rules.0', body, messageId: `stray ${i}` });
    await test.sample('cpu.usage', 91);
    const next = await restarted(test, config, 0);
    await next.sample('cpu.usage', 92);
    await next.advance(31 * second);
    expect(next.story()).toEqual(['opened rule_fired']);
  });
});

/** The next engine, so long after this one has stopped. */
async function restarted(test: EngineUnderTest, config: object, downMs: number): Promise<EngineUnderTest> {
  const stopped = test.engine.stop();
  await test.advance(0);
  await stopped;
  test.clock.advance(downMs);
  return startTestEngine(config, { driver: test.driver, clock: test.clock, unsettled: true });
}
