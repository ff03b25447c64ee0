import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { Outside } from '../support/outside.js';

const cpu = { id: 'cpu', name: 'High CPU', metric: 'cpu.usage', when: '> 80', clear: '< 70' } as const;

let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(() => nats.stop());

describe('an engine that starts on what another one left', () => {
  it('shows alerts as they were, who acknowledged them and where they were delivered', async () => {
    const prefix = 'views';
    const first = await Outside.start(nats.url, { prefix });
    const { id } = await first.raise({ title: 'Disk full', labels: { disk: 'sda' }, data: { free: 3 } });
    await first.notified(1);
    await eventually(() => first.get(`/v1/alerts/${id}`)).toMatchObject({ body: { alert: { status: 'delivered' } } });
    await first.post(`/v1/alerts/${id}/acknowledge`, { by: 'ada', note: 'mine' });
    await first.raise({ title: 'Over', status: 'event' });
    await first.notified(2);
    const before = await settledAlerts(first);
    await first[Symbol.asyncDispose]();

    await using second = await Outside.start(nats.url, { prefix });
    expect((await second.get('/v1/alerts')).body).toEqual(before);
    expect(before['alerts']).toMatchObject([
      { title: 'Over', state: 'resolved', status: 'delivered' },
      { id, state: 'acknowledged', acknowledged: { by: 'ada' }, status: 'delivered', channelsSent: ['hook'] },
    ]);
  });

  it('P13 P14 remembers what was admitted, in its windows', async () => {
    const config = { prefix: 'windows', rateLimit: { windows: [{ max: 3, per: '1h' }] } };
    const first = await Outside.start(nats.url, config);
    for (const title of ['One', 'Two']) await first.raise({ title });
    await first[Symbol.asyncDispose]();
    await using second = await Outside.start(nats.url, config);
    expect(await second.raise({ title: 'One' })).toMatchObject({ status: 'suppressed' });
    expect(await second.raise({ title: 'Three' })).toMatchObject({ status: 'pending' });
    expect(await second.raise({ title: 'Four' })).toMatchObject({ status: 'rate_limited' });
  });

  it('P12 a tripped category stays so, and what it held back is told once', async () => {
    const config = {
      prefix: 'tripped',
      rateLimit: { windows: [{ max: 2, per: '100ms' }], cooldown: '4s' },
    };
    const first = await Outside.start(nats.url, config);
    const alerts = ['One', 'Two', 'Three', 'Four'].map((title) => ({ title }));
    expect((await first.nats.request<object[]>('alerts.test', alerts)).slice(2)).toMatchObject([
      { status: 'rate_limited' },
      { status: 'rate_limited' },
    ]);
    await first[Symbol.asyncDispose]();
    const second = await Outside.start(nats.url, config);
    expect(await second.raise({ title: 'Five' })).toMatchObject({ status: 'rate_limited' });
    const [summary] = await second.notifications(1);
    expect(summary!.data).toMatchObject({ reason: 'rate_summary', alert: { data: { bySeverity: { medium: 3 } } } });
    await second[Symbol.asyncDispose]();
    await using third = await Outside.start(nats.url, config);
    expect(await third.raise({ title: 'Six' })).toMatchObject({ status: 'pending' });
    expect(await third.notified(1)).toEqual(['opened medium Six']);
    expect(third.transitions.items).toHaveLength(1);
  });

  it('resolves what a rule had opened that no longer exists', async () => {
    const prefix = 'rules';
    const first = await Outside.start(nats.url, { prefix, rules: [cpu] });
    first.sample('cpu.usage', 91);
    await first.notified(1);
    await first[Symbol.asyncDispose]();
    await using second = await Outside.start(nats.url, { prefix });
    expect(await second.story(1)).toEqual(['resolved rule_removed']);
    await second.notified(1);
  });
});

describe('F8 what somebody else writes under the engine’s own subjects', () => {
  const stray: readonly (readonly [subject: string, body: unknown])[] = [
    ['alert._.aaaa', {}],
    ['alert._.aaab', 7],
    ['alert._.aaac', null],
    ['alert._.aaad', { alert: { id: 'stray' } }],
    ['alert._.aaae', { v: 1, type: 'opened', alert: { v: 1, id: '000000000-aaae', key: 'k', keyHash: 'aaae' } }],
    ['alert.short', { v: 1, alert: { id: 'stray' } }],
    ['alert.a.much.too.long', { v: 1, alert: { id: 'stray' } }],
    ['delivery.aaaa.hook', { v: 1, alertId: '000000000-aaaa', channel: 'hook' }],
    ['delivery.aaab.hook', 'no json {'],
    ['delivery.short', { v: 1, alertId: 'stray', channel: 'hook' }],
    ['else', { v: 1, alert: { id: 'stray' } }],
  ];

  it('neither ends it, nor the next one that reads it all again', async () => {
    const prefix = 'stray';
    const first = await Outside.start(nats.url, { prefix, rules: [cpu] });
    const socket = await first.open();
    socket.send({ op: 'subscribe', id: 1, topic: 'alerts' });
    await socket.next('snapshot');
    for (const [subject, body] of stray) first.nats.publish(`${prefix}.events.${subject}`, body);
    first.sample('cpu.usage', 91);
    expect(await first.notified(1)).toEqual(['opened medium High CPU']);
    expect((await socket.next('alert')).event).toMatchObject({ type: 'opened', alert: { title: 'High CPU' } });
    expect((await first.get('/v1/alerts')).body['alerts']).toHaveLength(1);
    await first[Symbol.asyncDispose]();

    await using second = await Outside.start(nats.url, { prefix, rules: [cpu] });
    expect((await second.get('/readyz')).status).toBe(200);
    expect((await second.get('/v1/alerts')).body['alerts']).toHaveLength(1);
    second.sample('cpu.usage', 10);
    expect(await second.notified(1)).toEqual(['resolved medium High CPU']);
  });
});

/** All alerts, once every delivery of them is recorded. */
async function settledAlerts(engine: Outside): Promise<Record<string, unknown>> {
  const alerts = async () => (await engine.get('/v1/alerts')).body['alerts'] as { status: string }[];
  await eventually(async () => (await alerts()).every(({ status }) => status === 'delivered')).toBe(true);
  return (await engine.get('/v1/alerts')).body;
}
