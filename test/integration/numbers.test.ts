import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { startHttpReceiver } from '../support/http-receiver.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { Outside } from '../support/outside.js';
import { cpu } from '../support/rules.js';

let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(() => nats.stop());

function start(config: ConfigInput = {}): Promise<Outside> {
  return Outside.start(nats.url, config);
}

/** Raises that many alerts at one moment; the status of each. */
async function raiseMany(engine: Outside, count: number): Promise<unknown[]> {
  const alerts = Array.from({ length: count }, (_, i) => ({ title: `Alert ${i}` }));
  const answers = await engine.nats.request<{ status: string }[]>('alerts.test', alerts);
  return answers.map(({ status }) => status);
}

describe('admission, on a real server', () => {
  it('P11 of 12 alerts of one category in a minute 10 are delivered and 2 are rate-limited', async () => {
    await using engine = await start();
    expect(await raiseMany(engine, 12)).toEqual([...Array(10).fill('pending'), 'rate_limited', 'rate_limited']);
    expect(await engine.raise({ title: 'Elsewhere', category: 'risk' })).toMatchObject({ status: 'pending' });
    const titles = (await engine.notifications(11)).map(({ data }) => data.alert.title);
    expect(titles.sort()).toEqual([...Array.from({ length: 10 }, (_, i) => `Alert ${i}`), 'Elsewhere']);
    await eventually(() => engine.engine.stats()).toMatchObject({ opened: 13, sent: 11, rateLimited: 2 });
    const { body } = await engine.get('/v1/alerts?category=test');
    const statuses = (body['alerts'] as { status: string }[]).map(({ status }) => status);
    expect(statuses.filter((status) => status === 'rate_limited')).toHaveLength(2);
    expect(statuses.filter((status) => status === 'delivered')).toHaveLength(10);
  });

  it('P12 one summary tells what a tripped category held back, when its cooldown is over', async () => {
    await using engine = await start({
      rateLimit: { key: 'category', windows: [{ max: 2, per: '500ms' }], cooldown: '500ms' },
    });
    expect(await raiseMany(engine, 4)).toEqual(['pending', 'pending', 'rate_limited', 'rate_limited']);
    const notifications = await engine.notifications(3);
    expect(notifications[2]!.data).toMatchObject({
      reason: 'rate_summary',
      alert: { category: 'system', data: { bySeverity: { medium: 2 } } },
    });
    expect(await engine.raise({ title: 'After' })).toMatchObject({ status: 'pending' });
  });

  it('P13 P14 the same alert twice is one delivery and one suppressed copy, which used up no rate', async () => {
    await using engine = await start();
    const first = await engine.raise({ title: 'Disk full', message: 'no space left' });
    const copy = await engine.raise({ title: 'Disk full', message: 'no space left' });
    expect(copy).toEqual({ ok: true, id: first.id, status: 'suppressed', reason: 'duplicate' });
    expect(await raiseMany(engine, 10)).toEqual([...Array(9).fill('pending'), 'rate_limited']);
    expect(await engine.notified(10)).toHaveLength(10);
    await eventually(() => engine.engine.stats()).toMatchObject({ sent: 10, suppressed: 1, rateLimited: 1 });
    const { body } = await engine.get(`/v1/alerts/${first.id}`);
    expect(body).toMatchObject({ alert: { count: 2, status: 'delivered' } });
  });

  it('P13 a copy is news again when the window is over', async () => {
    await using engine = await start({ dedupe: { window: '1s' } });
    await engine.raise({ title: 'Disk full', key: 'disk' });
    const answer = () => engine.raise({ title: 'Disk full', key: 'disk' });
    expect(await answer()).toMatchObject({ status: 'suppressed' });
    await eventually(answer).toMatchObject({ status: 'pending' });
    expect(await engine.notified(2)).toEqual(['opened medium Disk full', 'updated medium Disk full']);
  });
});

describe('rules, on a real server', () => {
  it('P31 a level that is crossed for less than `for` fires nothing', async () => {
    await using engine = await start({ rules: [{ ...cpu, for: '400ms' }] });
    engine.sample('cpu.usage', 95, 'short');
    engine.sample('cpu.usage', 60, 'short');
    engine.sample('cpu.usage', 95, 'long');
    const [alert] = await engine.notifications(1);
    expect(alert!.data.alert.source).toBe('long');
    expect((await engine.get('/v1/alerts')).body['alerts']).toHaveLength(1);
  });

  it('P32 a rule that is disabled fires nothing, and is shown as such', async () => {
    await using engine = await start({
      rules: [
        { ...cpu, enabled: false },
        { ...cpu, id: 'on', when: '> 90' },
      ],
    });
    engine.sample('cpu.usage', 95);
    expect((await engine.notifications(1))[0]!.data.alert.rule).toBe('on');
    expect(await engine.story(1)).toEqual(['opened rule_fired']);
    expect((await engine.get('/v1/stats')).body).toMatchObject({ rules: 2, enabledRules: 1 });
  });

  it('P34 a sample is held against a thousand rules in far less than 50 ms', async () => {
    const rules = Array.from({ length: 1_000 }, (_, i) => ({ ...cpu, id: `cpu-${i}`, metric: `cpu.${i}.usage` }));
    await using engine = await start({ rules });
    for (let i = 0; i < 1_000; i++) engine.sample(`cpu.${i}.usage`, 50);
    engine.sample('cpu.7.usage', 91);
    await engine.notified(1);
    expect(engine.engine.stats()).toMatchObject({ evaluated: 1_001 });
    expect(engine.engine.stats().stageMs['evaluate']!.p50).toBeLessThan(50);
  });

  it('P35 a series that is cooling down opens again at the end of its cooldown if it must', async () => {
    await using engine = await start({ rules: [{ ...cpu, cooldown: '600ms' }] });
    for (const value of [91, 60, 92]) engine.sample('cpu.usage', value);
    expect(await engine.story(3)).toEqual(['opened rule_fired', 'resolved cleared', 'opened rule_fired']);
    const [first, , second] = (await engine.transitions.atLeast(3)).map(({ alert }) => alert['startedAt'] as number);
    expect(second! - first!).toBeGreaterThanOrEqual(590);
  });

  it('P39 is open once per series, repeats while nobody acknowledges, and resolves by itself', async () => {
    await using engine = await start({ rules: [{ ...cpu, repeat: '300ms' }] });
    for (const value of [91, 92, 93]) engine.sample('cpu.usage', value);
    engine.sample('cpu.usage', 94, 'web-2');
    await eventually(() => engine.engine.stats()).toMatchObject({ active: 2, opened: 2 });
    expect(await engine.notified(3)).toContain('repeated high High CPU');
    engine.sample('cpu.usage', 1);
    engine.sample('cpu.usage', 1, 'web-2');
    await eventually(() => engine.engine.stats()).toMatchObject({ active: 0, resolved: 2 });
  });

  it('P41 climbs to the last level of its ladder by itself, and no further', async () => {
    await using engine = await start({
      rules: [{ ...cpu, escalation: 'oncall' }],
      escalations: { oncall: { levels: [{ after: '200ms' }, { after: '200ms', severity: 'critical' }], max: 3 } },
    });
    engine.sample('cpu.usage', 91);
    expect(await engine.notified(4)).toEqual([
      'opened high High CPU',
      'escalated high High CPU',
      'escalated critical High CPU',
      'escalated critical High CPU',
    ]);
    const { alert } = (await engine.transitions.atLeast(4)).at(-1)!;
    expect(alert).toMatchObject({ state: 'escalated', escalation: { level: 3 } });
    expect(alert['escalation']).not.toHaveProperty('nextAt');
  });

  it('P41 an alert that somebody has acknowledged does not climb', async () => {
    await using engine = await start({
      rules: [{ ...cpu, escalation: 'oncall' }],
      escalations: { oncall: { after: '1500ms', max: 1 } },
    });
    engine.sample('cpu.usage', 91);
    const [opened] = await engine.transitions.atLeast(1);
    await engine.nats.request(`${engine.prefix}.command.acknowledge`, { id: opened!.alert.id, by: 'ada' });
    engine.sample('cpu.usage', 91, 'web-2');
    expect(await engine.story(4)).toEqual([
      'opened rule_fired',
      'acknowledged acknowledge',
      'opened rule_fired',
      'escalated not_acknowledged',
    ]);
    expect(engine.transitions.items[3]!.alert['source']).toBe('web-2');
  });
});

describe('routes, on a real server', () => {
  it('P09 P10 what is critical goes to every channel, the rest to the default ones', async () => {
    await using pager = await startHttpReceiver();
    await using engine = await start({ channels: { pager: { type: 'webhook', url: pager.url } } });
    await engine.raise({ title: 'Meh' });
    await engine.raise({ title: 'Fire', severity: 'critical' });
    expect((await engine.notified(2)).sort()).toEqual(['opened critical Fire', 'opened medium Meh']);
    expect((await pager.received(1)).map(({ body }) => JSON.parse(body).data.alert.title)).toEqual(['Fire']);
  });

  it('P09 the channels of all matching routes are united, by severity, category and label', async () => {
    await using desk = await startHttpReceiver();
    await using engine = await start({
      channels: { desk: { type: 'webhook', url: desk.url } },
      routes: [
        { name: 'trading', categories: ['trade'], match: { desk: 'fx-*' }, channels: ['desk'] },
        { name: 'grave', minSeverity: 'high', channels: ['hook'] },
      ],
      defaultChannels: ['log'],
    });
    await engine.raise({ title: 'Both', category: 'trade', severity: 'high', labels: { desk: 'fx-eu' } });
    await engine.raise({ title: 'Neither', category: 'trade', labels: { desk: 'bonds' } });
    await engine.raise({ title: 'Grave', severity: 'high' });
    expect((await engine.notified(2)).sort()).toEqual(['opened high Both', 'opened high Grave']);
    expect((await desk.received(1)).map(({ body }) => JSON.parse(body).data.alert.title)).toEqual(['Both']);
    const { body } = await engine.get('/v1/alerts');
    const channels = (body['alerts'] as { title: string; channels: string[] }[]).map(({ title, channels }) => [
      title,
      [...channels].sort(),
    ]);
    expect(Object.fromEntries(channels)).toEqual({ Both: ['desk', 'hook'], Neither: ['log'], Grave: ['hook'] });
  });
});
