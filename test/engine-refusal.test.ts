import { describe, expect, it } from 'vitest';
import type { LogAppend } from '../src/streams/ports.js';
import { type EngineUnderTest, startTestEngine } from './support/engine.js';
import { type FailingDriver, failingDriver } from './support/failing-log.js';
import { cpu } from './support/rules.js';

const minute = 60_000;
const ladder = { oncall: { levels: [{ after: '10m' }, { after: '10m' }] } };
const laddered = { rules: [{ ...cpu, escalation: 'oncall' }], escalations: ladder };

async function started(config = {}): Promise<{ test: EngineUnderTest; failing: FailingDriver }> {
  const failing = failingDriver();
  const test = await startTestEngine(config, { ...failing, unsettled: true });
  return { test, failing };
}

/** `type key` of each notification, and whether it was told without a record. */
function told(test: EngineUnderTest): string[] {
  return test.hook.sent.map(({ type, data }) => `${type}${data.alert.unrecorded ? ' unrecorded' : ''}`);
}

describe('a log that refuses', () => {
  it('F13 raises and commands are refused as temporary and leave nothing behind', async () => {
    const { test, failing } = await started({ rateLimit: { windows: [{ max: 2, per: '1m' }], cooldown: '0s' } });
    const { id } = await test.raise({ title: 'A' });
    failing.refuse = true;
    const refused = { ok: false, error: { code: 'log_unavailable', temporary: true } };
    for (const title of ['B', 'C', 'D']) expect(await test.raise({ title })).toMatchObject(refused);
    expect(await test.command('acknowledge', { id, by: 'ada' })).toMatchObject(refused);
    expect(await test.raise({ title: 'A', status: 'resolved' })).toMatchObject(refused);
    failing.refuse = false;
    await test.advance(2_000);
    expect(test.hook.lines).toEqual(['opened medium A']);
    expect(await test.raise({ title: 'B' })).toMatchObject({ status: 'pending' });
    expect(await test.raise({ title: 'C' })).toMatchObject({ status: 'rate_limited' });
    expect(await test.command('acknowledge', { id, by: 'ada' })).toMatchObject({ status: 'acknowledged' });
  });

  it('F13 what a rule brings about is told at once, marked, and recorded when the log is back, under the same key', async () => {
    const { test, failing } = await started({ rules: [cpu] });
    failing.refuse = true;
    await test.sample('cpu.usage', 91);
    expect(told(test)).toEqual(['opened unrecorded']);
    expect(test.story()).toEqual([]);
    failing.refuse = false;
    await test.advance(2_000);
    expect(test.story()).toEqual(['opened rule_fired']);
    expect(told(test)).toEqual(['opened unrecorded', 'opened']);
    expect(new Set(test.hook.sent.map(({ id }) => id)).size).toBe(1);
    await test.sample('cpu.usage', 50);
    expect(test.story()).toEqual(['opened rule_fired', 'resolved cleared']);
  });

  it('F13 a whole incident during the outage is told, and recorded in its order', async () => {
    const { test, failing } = await started(laddered);
    failing.refuse = true;
    await test.sample('cpu.usage', 91);
    await test.advance(21 * minute);
    await test.sample('cpu.usage', 50);
    expect(told(test)).toEqual(['opened', 'escalated', 'escalated', 'resolved'].map((type) => `${type} unrecorded`));
    failing.refuse = false;
    await test.advance(2_000);
    const story = ['opened rule_fired', 'escalated not_acknowledged', 'escalated not_acknowledged', 'resolved cleared'];
    expect(test.story()).toEqual(story);
    const alert = test.events.at(-1)!.alert;
    expect(alert).toMatchObject({ state: 'resolved', escalation: { level: 2 } });
  });

  it('F13 P41 a ladder that was recorded goes on during the outage, each level once and at its time', async () => {
    const { test, failing } = await started(laddered);
    await test.sample('cpu.usage', 91);
    failing.refuse = true;
    await test.advance(11 * minute);
    expect(told(test)).toEqual(['opened', 'escalated unrecorded']);
    failing.refuse = false;
    await test.advance(minute);
    expect(told(test)).toEqual(['opened', 'escalated unrecorded', 'escalated']);
    await test.advance(7 * minute);
    expect(test.story()).toEqual(['opened rule_fired', 'escalated not_acknowledged']);
    await test.advance(2 * minute);
    expect(test.story().filter((line) => line.startsWith('escalated'))).toHaveLength(2);
  });

  it('F13 a channel that fails is tried until it has it, in order; once it is recorded the ordinary way goes on', async () => {
    const { test, failing } = await started({ rules: [cpu] });
    failing.refuse = true;
    test.hook.answer = () => ({ outcome: 'retry', error: 'down', countable: false });
    await test.sample('cpu.usage', 91);
    await test.sample('cpu.usage', 50);
    await test.advance(10_000);
    expect(told(test)).toEqual([]);
    test.hook.answer = () => ({ outcome: 'delivered' });
    await test.advance(2 * minute);
    expect(told(test)).toEqual(['opened unrecorded', 'resolved unrecorded']);
    test.hook.answer = () => ({ outcome: 'retry', error: 'down', countable: false });
    await test.sample('cpu.usage', 92);
    failing.refuse = false;
    await test.advance(2_000);
    test.hook.answer = () => ({ outcome: 'delivered' });
    await test.advance(2 * minute);
    expect(told(test).filter((line) => line === 'opened unrecorded')).toHaveLength(1);
    expect(told(test).slice(2).sort()).toEqual(['opened', 'opened', 'resolved']);
  });

  it('F13 what somebody else wrote meanwhile is not overwritten: the input is decided again', async () => {
    const { test, failing } = await started({ rules: [cpu] });
    await test.sample('cpu.usage', 91);
    failing.refuse = true;
    await test.sample('cpu.usage', 50);
    expect(told(test)).toEqual(['opened', 'resolved unrecorded']);
    const subjects: { subject: string; body: unknown; seq: number }[] = [];
    for await (const entry of test.driver.log.latest('alert.>')) subjects.push(entry);
    const { subject, body } = subjects[0]!;
    const event = body as { alert: { n: number } };
    const acknowledged = { by: 'bob', at: test.clock.wall() };
    const alert = { ...event.alert, n: 2, state: 'acknowledged', acknowledged };
    failing.refuse = false;
    const other = { ...event, type: 'acknowledged', reason: 'acknowledge', alert };
    await test.driver.log.append({ subject, body: other, messageId: 'other' });
    await test.advance(2_000);
    expect(test.story()).toEqual(['opened rule_fired', 'acknowledged acknowledge', 'resolved cleared']);
    expect(test.events.at(-1)!.alert).toMatchObject({ state: 'resolved', acknowledged: { by: 'bob' } });
  });

  it('F13 an outage that comes back while what waited is written loses nothing', async () => {
    const { test, failing } = await started({ rules: [cpu] });
    failing.refuse = true;
    for (let i = 0; i < 300; i++) await test.sample('cpu.usage', 91, `web-${i}`);
    let left = 100;
    failing.before = ({ subject }: LogAppend) => {
      if (subject.startsWith('alert.') && --left === 0) failing.refuse = true;
    };
    failing.refuse = false;
    await test.advance(1_500);
    await test.sample('cpu.usage', 50, 'web-7');
    expect(test.story().length).toBeLessThan(300);
    failing.before = () => {};
    failing.refuse = false;
    await test.advance(2_000);
    const story = test.story();
    expect(story.filter((line) => line.startsWith('opened'))).toHaveLength(300);
    expect(story.filter((line) => line === 'resolved cleared')).toHaveLength(1);
    expect(test.engine.stats().active).toBe(299);
  });

  it('F13 beyond 10,000 transitions one summary tells that more are lost', async () => {
    const { test, failing } = await started({ rules: [cpu], rateLimit: { cooldown: '0s' } });
    failing.refuse = true;
    const encoder = new TextEncoder();
    for (let i = 0; i < 10_050; i++) {
      const body = encoder.encode(JSON.stringify({ name: 'cpu.usage', value: 91, source: `web-${i}` }));
      test.driver.bus.publish(`metrics.web-${i}.cpu.usage`, body);
    }
    await test.advance(10_000);
    const summary = test.hook.sent.filter(({ data }) => data.reason === 'unrecorded_overflow');
    expect(summary).toHaveLength(1);
    expect(summary[0]!.data.alert).toMatchObject({ severity: 'critical', category: 'system', unrecorded: true });
    expect(test.hook.sent).toHaveLength(11);
    failing.refuse = false;
    await test.advance(5_000);
    expect(test.story()).toHaveLength(10_001);
  }, 60_000);
});

describe('two writers on one key', () => {
  it('F12 each decides on what the other wrote, and nothing is written twice', async () => {
    const failing = failingDriver();
    const one = await startTestEngine({ rules: [cpu] }, { ...failing, unsettled: true });
    const two = await startTestEngine({ rules: [cpu] }, { ...failing, unsettled: true });
    await one.sample('cpu.usage', 91);
    await one.sample('cpu.usage', 50);
    expect(one.story()).toEqual(['opened rule_fired', 'resolved cleared']);
    expect(two.story()).toEqual(one.story());
  });

  it('a write that always loses is answered log_conflict once its retries are used up, and the key lives on', async () => {
    const { test, failing } = await started();
    const { id } = await test.raise({ key: 'k', title: 'A' });
    const { subject, body } = await lastOf(test);
    let writes = 0;
    const spoil = failing.driver.log;
    failing.before = async ({ messageId }) => {
      if (messageId.startsWith('other') || messageId.startsWith('probe')) return;
      await spoil.append({ subject, body, messageId: `other ${++writes}` });
    };
    const answer = await test.command('acknowledge', { id, by: 'ada' });
    expect(answer).toMatchObject({ ok: false, error: { code: 'log_conflict', temporary: true } });
    expect(writes).toBe(9);
    failing.before = () => {};
    expect(await test.command('acknowledge', { id, by: 'ada' })).toMatchObject({ status: 'acknowledged' });
  });
});

async function lastOf(test: EngineUnderTest) {
  for await (const entry of test.driver.log.latest('alert.>')) return entry;
  throw new Error('nothing is stored');
}
