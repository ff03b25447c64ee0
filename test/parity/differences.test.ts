import { describe, expect, it } from 'vitest';
import { startTestEngine } from '../support/engine.js';
import { cpu } from '../support/rules.js';

/** What the naive model and the engine once did differently, each as small as it could be made. */
describe('an alert that is raised again', () => {
  it('P41 is not lowered below what a rung of its ladder raised it to, and is news as before', async () => {
    const test = await startTestEngine({
      routes: [{ id: 'all', name: 'all', channels: ['hook'], escalation: 'up' }],
      escalations: { up: { levels: [{ after: '10m', severity: 'critical' }] } },
    });
    await test.raise({ key: 'k', title: 'Down', severity: 'medium' });
    await test.advance(600_000);
    expect(await test.raise({ key: 'k', title: 'Down', severity: 'medium' })).toMatchObject({ status: 'pending' });
    expect(test.hook.lines).toEqual(['opened medium Down', 'escalated critical Down', 'updated critical Down']);
  });

  it('P13 says what its newest copy says, and stays for as long as that asks, when copies are folded', async () => {
    const test = await startTestEngine({ rateLimit: { windows: [{ max: 1, per: '1h' }] } });
    await test.raise({ key: 'k', title: 'Disk at 90 %', resolveAfter: '10m' });
    await test.raise({ key: 'k', title: 'Disk at 91 %', resolveAfter: '10m' });
    await test.raise({ key: 'k', title: 'Disk at 92 %', resolveAfter: '20m' });
    await test.advance(1_500);
    const view = () => test.engine.alerts.query({}).alerts.find(({ key }) => key === 'k')!;
    expect(view()).toMatchObject({ title: 'Disk at 92 %', count: 3, status: 'delivered' });
    await test.advance(1_198_000);
    expect(view().state).toBe('active');
    await test.advance(1_000);
    expect(view().state).toBe('resolved');
  });

  it('P13 P14 is a duplicate by what its record says: its category is that of its opening', async () => {
    const test = await startTestEngine();
    await test.raise({ key: 'k', title: 'Down', category: 'risk' });
    expect(await test.raise({ key: 'k', title: 'Down', category: 'trade' })).toMatchObject({ reason: 'duplicate' });
    expect(test.hook.lines).toEqual(['opened medium Down']);
  });
});

describe('what is held back', () => {
  it('P12 is told in the very moment in which there is room, of one rate key right after another', async () => {
    const rules = [cpu, { ...cpu, id: 'risky', name: 'Risky', category: 'risk' }];
    const rateLimit = { windows: [{ max: 1, per: '1m' }], cooldown: '0s' };
    const test = await startTestEngine({ rules, rateLimit });
    await test.raise({ title: 'A', category: 'performance' });
    await test.advance(2);
    await test.raise({ title: 'B', category: 'risk' });
    await test.sample('cpu.usage', 91);
    for (const ms of [59_998, 2, 60_000]) await test.advance(ms);
    const told = test.events.filter(({ reason }) => reason === 'rate_room');
    expect(told.map(({ time, alert }) => [time - test.events[0]!.time, alert.title])).toEqual([
      [60_000, 'High CPU'],
      [60_002, 'Risky'],
    ]);
  });
});

describe('an alert that was held back and became worse', () => {
  it('P12 is told that once, and not again because there is room', async () => {
    const levels = { medium: { when: '> 60' }, high: { when: '> 80' } };
    const rules = [{ id: 'disk', name: 'Disk', metric: 'disk', levels }];
    const test = await startTestEngine({ rules, rateLimit: { windows: [{ max: 1, per: '1m' }], cooldown: '0s' } });
    await test.raise({ title: 'A', category: 'performance' });
    await test.sample('disk', 70);
    await test.advance(90_000);
    await test.sample('disk', 90);
    await test.advance(90_000);
    expect(test.hook.lines).toEqual(['opened medium A', 'updated high Disk']);
  });
});

describe('what happened once', () => {
  it('P13 has its copies counted before something else opens under its key', async () => {
    const test = await startTestEngine();
    const { id } = await test.raise({ key: 'k', title: 'Filled', status: 'event' });
    await test.raise({ key: 'other', title: 'Filled', status: 'event' });
    await test.raise({ key: 'k', title: 'Rejected' });
    await test.advance(2_000);
    const { alerts } = test.engine.alerts.query({});
    expect(alerts.find((alert) => alert.id === id)).toMatchObject({ count: 2 });
    expect(alerts.find(({ title }) => title === 'Rejected')).toMatchObject({ count: 1, state: 'active' });
  });
});
