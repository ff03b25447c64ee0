import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import { createTestIo } from '../cli/test-io.js';
import { eventually } from '../support/eventually.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { Outside } from '../support/outside.js';

interface Decision {
  readonly step: string;
  readonly code: string;
  readonly text: string;
}

let nats: TestNats;
let engine: Outside;
beforeAll(async () => {
  nats = await startTestNats();
  engine = await Outside.start(nats.url, {
    rules: [
      {
        id: 'hot',
        metric: 'cpu.usage',
        when: '> 80',
        match: { source: 'web-*' },
        severity: 'high',
        escalation: 'oncall',
      },
      { id: 'held', metric: 'disk.used', when: '> 90', for: '1h' },
      { id: 'off', metric: 'cpu.usage', when: '> 10', enabled: false },
    ],
    escalations: { oncall: { after: '30m', max: 2 } },
    routes: [{ id: 'grave', minSeverity: 'high', channels: ['hook'] }],
  });
});
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await nats?.stop();
});

async function explained(id: unknown): Promise<Decision[]> {
  const { body } = await engine.get(`/v1/alerts/${id}/explain`);
  return body['decisions'] as Decision[];
}

async function verdict(rule: string, series: string): Promise<unknown> {
  const { body } = await engine.get(`/v1/rules/${rule}/explain?series=${encodeURIComponent(series)}`);
  return (body['explanations'] as { code: string }[] | undefined)?.map(({ code }) => code) ?? body['code'];
}

async function cli(...args: string[]): Promise<{ status: number; out: string }> {
  const io = createTestIo();
  const status = await runCli([...args, '--url', engine.url], io);
  return { status, out: [...io.stdout, ...io.stderr].join('\n') };
}

describe('explain', () => {
  it('tells every decision about an alert of a rule, down to its delivery, and what comes next', async () => {
    engine.sample('cpu.usage', 93);
    const [opened] = await engine.transitions.atLeast(1);
    await eventually(async () => {
      expect((await explained(opened!.alert.id)).map(({ step, code }) => `${step} ${code}`)).toEqual([
        'cause rule_fired',
        'rate admitted',
        'route routed',
        'escalation started',
        'notify notified',
        'delivery delivered',
      ]);
    });
    const { body } = await engine.get(`/v1/alerts/${opened!.alert.id}/explain`);
    expect(body).toMatchObject({ state: 'active', next: [{ code: 'escalate' }] });
    const [cause, , route] = body['decisions'] as Decision[];
    expect(cause!.text).toBe('rule hot fired: cpu.usage of web-1 is 93 (condition: > 80)');
    expect(route!.text).toBe('route grave: hook');
  });

  it('P13 says of which alert another one is the copy', async () => {
    const first = await engine.raise({ title: 'Twice', key: 'one' });
    const copy = await engine.raise({ title: 'Twice', key: 'two' });
    const decisions = await explained(copy['id']);
    expect(decisions.find(({ step }) => step === 'dedupe')).toMatchObject({
      code: 'duplicate',
      text: `the same content as alert ${first['id']}`,
    });
    expect(decisions.at(-1)).toMatchObject({ step: 'notify', code: 'not_notified' });
  });

  it('tells who did what', async () => {
    const { id } = await engine.raise({ title: 'Somebody cares' });
    await engine.post(`/v1/alerts/${id}/acknowledge`, { by: 'ada', note: 'on it' });
    const decisions = await explained(id);
    expect(decisions.find(({ code }) => code === 'acknowledge')).toMatchObject({
      by: 'ada',
      text: 'acknowledged by ada: on it',
    });
  });

  it('says why a rule says nothing of a series: the first thing that keeps it from firing', async () => {
    engine.sample('cpu.usage', 50, 'db-1');
    engine.sample('cpu.usage', 50, 'web-2');
    engine.sample('disk.used', 95, 'web-2');
    await eventually(async () => expect(await verdict('held', 'web-2')).toEqual(['pending']));
    expect(await verdict('hot', 'web-1')).toEqual(['firing']);
    expect(await verdict('hot', 'db-1')).toEqual(['labels_differ']);
    expect(await verdict('hot', 'web-2')).toEqual(['condition_false']);
    expect(await verdict('off', 'web-2')).toEqual(['disabled']);
    expect(await verdict('held', 'cpu.usage|web-2|')).toEqual(['metric_differs']);
    expect(await verdict('hot', 'web-9')).toBe('series_unknown');
    expect(await verdict('none', 'web-1')).toBe('rule_unknown');
    expect(await engine.nats.request(`${engine.prefix}.command.explain`, { id: 'none' })).toMatchObject({
      ok: false,
      error: { code: 'alert_unknown', field: 'id' },
    });
  });

  it('is readable on the command line', async () => {
    const { id } = await engine.raise({ title: 'Read me', severity: 'critical' });
    const alert = await cli('explain', String(id));
    expect(alert.status).toBe(0);
    expect(alert.out).toMatch(/^CRITICAL {2}Read me {2}is active$/m);
    expect(alert.out).toMatch(/route {7}route grave: hook/);
    const rule = await cli('explain', 'hot', 'web-2');
    expect(rule.out).toContain('hot  cpu.usage|web-2|: the value has to be > 80, it is 50');
    expect(await cli('explain', 'none')).toMatchObject({ status: 1, out: expect.stringContaining('alert_unknown') });
  });
});

describe('tocsin alerts', () => {
  it('P19 lists what is open, gravest first, shows one, and does with it what a person can do', async () => {
    const { id } = await engine.raise({ title: 'List me', severity: 'critical' });
    const list = await cli('alerts', '--min-severity', 'critical');
    expect(list.out).toContain('List me');
    expect(await cli('alerts', 'ack', String(id), '--by', 'ada', '--until', '2h')).toMatchObject({
      status: 0,
      out: `acknowledged  ${id}`,
    });
    expect((await cli('alerts', 'show', String(id))).out).toContain('acknowledged by ada');
    expect((await cli('alerts', 'resolve', String(id), '--by', 'ada')).status).toBe(0);
    expect(await cli('alerts', 'ack', String(id), '--by', 'ada')).toMatchObject({
      status: 1,
      out: expect.stringContaining('alert_resolved'),
    });
    expect((await cli('alerts', 'list', '--state', 'resolved', '--json')).out).toContain('List me');
  });
});

describe('statistics', () => {
  it('P20 P43 tell what was counted, and count anew when they are reset', async () => {
    const { id } = await engine.raise({ title: 'Counted', category: 'risk', severity: 'high' });
    await eventually(async () =>
      expect((await engine.get(`/v1/alerts/${id}`)).body['alert']).toMatchObject({ status: 'delivered' }),
    );
    const { body: before } = await engine.get('/v1/stats');
    expect(before).toMatchObject({
      byCategory: { risk: 1 },
      rules: 3,
      enabledRules: 2,
      deliveryMs: { mean: expect.any(Number) },
    });
    expect((before['deliveryMs'] as { mean: number }).mean).toBeGreaterThan(0);
    const { body: reset } = await engine.post('/v1/stats/reset', {});
    expect(reset).toMatchObject({ ok: true, before: { opened: before['opened'] } });
    const { body: after } = await engine.get('/v1/stats');
    expect(after).toMatchObject({
      opened: 0,
      sent: 0,
      byCategory: {},
      active: before['active'],
      deliveryMs: { count: 0 },
    });
    expect(after['since']).toBeGreaterThan(before['since'] as number);
  });
});
