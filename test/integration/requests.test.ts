import { createHash } from 'node:crypto';
import { pack } from 'msgpackr';
import type { Msg } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineStats } from '../../src/model/wire.js';
import { createCollector } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { Outside } from '../support/outside.js';
import type { PlainClient } from '../support/ws-client.js';

const anId = expect.stringMatching(/^[0-9a-z]{9}-[0-9a-f]{16}$/);

let nats: TestNats;
let engine: Outside;
beforeAll(async () => {
  nats = await startTestNats();
  engine = await Outside.start(nats.url, { rateLimit: { windows: [{ max: 1_000, per: '1m' }] } });
});
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await nats?.stop();
});

async function alertOf(id: unknown): Promise<Record<string, unknown>> {
  const { body } = await engine.get(`/v1/alerts/${id}`);
  return body['alert'] as Record<string, unknown>;
}

describe('an alert that is raised as a request on NATS', () => {
  it('is stored before its sender is told, and takes its category from the subject', async () => {
    const answer = await engine.nats.request('alerts.trade', { title: 'Fill is late', priority: 'high', tags: ['fx'] });
    expect(answer).toEqual({ ok: true, id: anId, status: 'pending' });
    expect(await engine.transitions.atLeast(1)).toMatchObject([{ type: 'opened', alert: { id: answer.id } }]);
    await expect(alertOf(answer.id)).resolves.toMatchObject({ category: 'trade', severity: 'high', tags: ['fx'] });
  });

  it('is taken as MessagePack as well, with or without a Content-Type', async () => {
    const body = pack({ title: 'Packed', severity: 'low', labels: { desk: 'fx' }, data: { n: 1 } });
    const first = await engine.nats.request('alerts.risk', body);
    expect(first).toEqual({ ok: true, id: anId, status: 'pending' });
    const copy = await engine.nats.request('alerts.risk', body, 'application/msgpack');
    expect(copy).toEqual({ ok: true, id: first.id, status: 'suppressed', reason: 'duplicate' });
    await expect(alertOf(first.id)).resolves.toMatchObject({ labels: { desk: 'fx' }, data: { n: 1 }, severity: 'low' });
  });

  it('is answered by an array when it came in one, each by its own', async () => {
    const answers = await engine.nats.request<unknown[]>('alerts.risk', [
      { title: 'One' },
      { message: 'no title' },
      { title: 'Three', status: 'event' },
    ]);
    expect(answers).toEqual([
      { ok: true, id: anId, status: 'pending' },
      { ok: false, error: { code: 'field_missing', field: 'title', message: expect.any(String) } },
      { ok: true, id: anId, status: 'pending' },
    ]);
  });

  it('is closed by its key, and is not open afterwards', async () => {
    const { id } = await engine.nats.request('alerts.system', { key: 'db-1', title: 'Down' });
    const resolved = { key: 'db-1', status: 'resolved' };
    expect(await engine.nats.request('alerts.system', resolved)).toEqual({ ok: true, id, status: 'resolved' });
    expect(await engine.nats.request('alerts.system', resolved)).toEqual({ ok: true, status: 'not_open' });
    const again = await engine.nats.request('alerts.system', { key: 'db-1', title: 'Down' });
    await expect(alertOf(again.id)).resolves.toMatchObject({ previous: id, state: 'active' });
  });

  it('is over at once when it is an event, and is told once', async () => {
    const event = { title: 'Executed', status: 'event' };
    const { id } = await engine.nats.request('alerts.execution', event);
    expect(await engine.nats.request('alerts.execution', event)).toMatchObject({ status: 'suppressed' });
    await eventually(() => alertOf(id)).toMatchObject({ state: 'resolved', resolvedBy: 'event', status: 'delivered' });
  });

  it('says what it made of an unknown template', async () => {
    const refused = await engine.nats.request('alerts.system', { template: 'nope', context: {} });
    expect(refused).toMatchObject({ ok: false, error: { code: 'template_unknown', field: 'template' } });
    const taken = await engine.nats.request('alerts.system', { template: 'nope', title: 'With a title' });
    expect(taken).toMatchObject({ ok: true, warnings: [{ code: 'template_unknown' }] });
  });

  it('P07 is made of a built-in template, and P06 is taken when a variable is missing', async () => {
    const context = { risk_type: 'VaR', current_value: 12 };
    const taken = await engine.nats.request('alerts.system', { template: 'risk_breach', context });
    const warnings = [{ code: 'template_variable_missing', field: 'context', variable: 'limit_value' }];
    expect(taken).toMatchObject({ ok: true, status: 'pending', warnings });
    await eventually(() => alertOf(taken.id)).toMatchObject({
      title: '[RISK] VaR threshold breached',
      message: expect.stringContaining('Limit: {limit_value: missing}'),
      category: 'risk',
      data: context,
    });
    expect(engine.engine.stats().warnings).toMatchObject({ template_variable_missing: 1 });
  });

  it.each([
    ['field_missing', 'title', {}],
    ['field_invalid', 'title', { title: ' ' }],
    ['field_invalid', 'title', { title: 7 }],
    ['field_invalid', 'severity', { title: 'x', severity: 'urgent' }],
    ['field_invalid', 'category', { title: 'x', category: 'NOT A WORD' }],
    ['field_invalid', 'status', { title: 'x', status: 'open' }],
    ['field_invalid', 'labels', { title: 'x', labels: 'web' }],
    ['field_invalid', 'labels.a', { title: 'x', labels: { a: {} } }],
    ['field_invalid', 'data', { title: 'x', data: [1] }],
    ['field_invalid', 'resolveAfter', { title: 'x', resolveAfter: 'soon' }],
    ['field_invalid', 'key', { title: 'x', key: 'rule:cpu:mine' }],
    ['time_invalid', 'time', { title: 'x', time: 'yesterday' }],
  ])('is refused with %s, naming %s', async (code, field, alert) => {
    const answer = await engine.raise(alert);
    expect(answer).toEqual({ ok: false, error: { code, field, message: expect.any(String) } });
  });
});

describe('what the engine publishes for anyone', () => {
  it('P03 P38 each transition under its rule and key, with type and severity as headers, and each delivery', async () => {
    const keyHash = createHash('sha256').update('k').digest('hex').slice(0, 16);
    const events = `${engine.prefix}.events`;
    const { connection } = engine.nats;
    const heard = createCollector<Msg>();
    for (const subject of [`${events}.alert.*.${keyHash}`, `${events}.delivery.${keyHash}.*`])
      connection.subscribe(subject, { callback: (_, message) => heard.add(message) });
    await connection.flush();
    const { id } = await engine.raise({ key: 'k', title: 'Published', severity: 'critical' });
    expect(id).toMatch(new RegExp(`^[0-9a-z]{9}-${keyHash}$`));
    const [opened, ...deliveries] = await heard.atLeast(5);
    expect(opened!.subject).toBe(`${events}.alert._.${keyHash}`);
    expect(opened!.headers?.get('Tocsin-Type')).toBe('opened');
    expect(opened!.headers?.get('Tocsin-Severity')).toBe('critical');
    const statuses = deliveries.map((message) =>
      [message.subject, message.json<{ status: string }>().status].join(' '),
    );
    const subject = `${events}.delivery.${keyHash}`;
    for (const channel of ['hook', 'log']) {
      expect(statuses.filter((each) => each.startsWith(`${subject}.${channel} `))).toEqual([
        `${subject}.${channel} sending`,
        `${subject}.${channel} delivered`,
      ]);
    }
  });

  it('P20 its figures, once a second', async () => {
    const figures = await engine.nats.listen<EngineStats>(`${engine.prefix}.stats`);
    const [first, second] = await figures.atLeast(2);
    expect(second!.time - first!.time).toBeGreaterThan(800);
    expect(second).toMatchObject({ byCategory: { trade: 1 }, rejected: { field_invalid: expect.any(Number) } });
  });
});

describe('a command as a request on NATS', () => {
  const command = (name: string, args: unknown) => engine.nats.request(`${engine.prefix}.command.${name}`, args);

  it('P38 is answered with the new state, or with a code that says why not', async () => {
    const { id } = await engine.raise({ title: 'Commanded' });
    expect(await command('acknowledge', { id, by: 'ada', note: 'mine' })).toEqual({
      ok: true,
      id,
      status: 'acknowledged',
    });
    await expect(alertOf(id)).resolves.toMatchObject({ acknowledged: { by: 'ada', note: 'mine' } });
    expect(await command('unsuppress', { id, by: 'ada' })).toMatchObject({ error: { code: 'transition_refused' } });
    expect(await command('resolve', { id, by: 'ada' })).toEqual({ ok: true, id, status: 'resolved' });
    expect(await command('acknowledge', { id, by: 'ada' })).toMatchObject({ error: { code: 'alert_resolved' } });
  });

  it.each([
    ['alert_unknown', 'acknowledge', { id: 'nobody', by: 'ada' }],
    ['field_missing', 'acknowledge', { id: 'nobody' }],
    ['field_invalid', 'acknowledge', { id: 7, by: 'ada' }],
    ['time_invalid', 'acknowledge', { id: 'nobody', by: 'ada', until: 'never' }],
    ['not_an_object', 'acknowledge', '[]'],
    ['parse_failed', 'acknowledge', '{"id":'],
    ['parse_failed', 'acknowledge', ''],
    ['too_large', 'acknowledge', { id: 'x'.repeat(70_000), by: 'ada' }],
    ['command_unknown', 'dance', {}],
    ['command_unknown', 'constructor', {}],
  ])('is refused with %s when it must be (%s)', async (code, name, args) => {
    expect(await command(name, args)).toMatchObject({ ok: false, error: { code, message: expect.any(String) } });
  });

  it('P38 every way in has the same effects: NATS, HTTP and WebSocket', async () => {
    const socket = await engine.open('tocsin.v1.json');
    const stories = [];
    for (const way of [overNats(engine), overHttp(engine), overSocket(socket)]) {
      const before = engine.transitions.items.length;
      const { id } = await way('raise', { title: `Told by ${stories.length}`, category: 'ways' });
      for (const name of ['acknowledge', 'unacknowledge', 'suppress', 'unsuppress', 'resolve']) {
        expect(await way(name, { id, by: 'ada' })).toMatchObject({ id, status: expect.any(String) });
      }
      const transitions = (await engine.transitions.atLeast(before + 6)).slice(before);
      stories.push(transitions.map(({ type, reason, alert }) => `${type} ${reason} ${alert['state']}`));
    }
    expect(stories[1]).toEqual(stories[0]);
    expect(stories[2]).toEqual(stories[0]);
    await socket.close();
  });
});

type Way = (name: string, args: Record<string, unknown>) => Promise<Record<string, unknown>>;

function overNats(engine: Outside): Way {
  return (name, args) => engine.nats.request(`${engine.prefix}.command.${name}`, args);
}

function overHttp(engine: Outside): Way {
  return async (name, { id, ...args }) => {
    const { body, status } = await engine.post(name === 'raise' ? '/v1/alerts' : `/v1/alerts/${id}/${name}`, args);
    expect(status).toBe(name === 'raise' ? 201 : 200);
    return body;
  };
}

function overSocket(socket: PlainClient): Way {
  let ref = 0;
  return async (name, args) => {
    socket.send({ op: 'command', ref: ++ref, name, args });
    const answer = await socket.next('ok', (message) => message.ref === ref);
    return answer.result as Record<string, unknown>;
  };
}
