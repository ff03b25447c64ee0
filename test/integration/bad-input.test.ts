import { pack } from 'msgpackr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Collector } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { Outside } from '../support/outside.js';

interface Rejected {
  readonly subject: string;
  readonly code: string;
  readonly reason: string;
  readonly field?: string;
  readonly index?: number;
  readonly excerpt: string;
}

const cpu = { id: 'cpu', metric: 'cpu.usage', when: '> 80', severity: 'high' } as const;
const prototypeKeys = '{"value":1,"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}';

let nats: TestNats;
let engine: Outside;
let rejected: Collector<Rejected>;
beforeAll(async () => {
  nats = await startTestNats();
  engine = await Outside.start(nats.url, { rules: [cpu] });
  rejected = await engine.nats.listen(`${engine.prefix}.rejected`);
});
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await nats?.stop();
});

/** What is offered on the `rejected` subject because of this message. */
async function rejectionOf(publish: () => void): Promise<Rejected> {
  const before = rejected.items.length;
  publish();
  return (await rejected.atLeast(before + 1))[before]!;
}

describe('F8 a message that cannot be used is counted and offered with its reason', () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`label${i}`, 'x']));
  it.each([
    ['no JSON', 'parse_failed', undefined, '{"value": 1'],
    ['nothing', 'parse_failed', undefined, ''],
    ['a text', 'not_an_object', undefined, '"hello"'],
    ['no value', 'field_missing', 'value', '{}'],
    ['NaN', 'value_not_finite', 'value', pack({ value: Number.NaN })],
    ['Infinity', 'value_not_finite', 'value', pack({ value: Number.POSITIVE_INFINITY })],
    ['a value beyond all numbers', 'value_not_finite', 'value', '{"value": 1e999}'],
    ['a value that is a text', 'field_invalid', 'value', '{"value": "91"}'],
    ['a value that is a list', 'field_invalid', 'value', '{"value": [91]}'],
    ['a name that is a number', 'field_invalid', 'name', '{"value": 1, "name": 7}'],
    ['a source that is a map', 'field_invalid', 'source', '{"value": 1, "source": {}}'],
    ['a label that is a map', 'field_invalid', 'labels.a', '{"value": 1, "labels": {"a": {"b": 1}}}'],
    ['a unit that is a number', 'field_invalid', 'unit', '{"value": 1, "unit": 7}'],
    ['a time that is none', 'time_invalid', 'time', '{"value": 1, "time": "yesterday"}'],
    ['10,000 labels', 'too_many_labels', 'labels', JSON.stringify({ value: 1, labels: many })],
    ['10,001 samples', 'too_many_points', undefined, JSON.stringify(Array(10_001).fill({ value: 1 }))],
  ])('%s', async (_, code, field, body) => {
    const countBefore = engine.engine.stats().rejected[code] ?? 0;
    const rejection = await rejectionOf(() => engine.nats.publish('metrics.bad.cpu.usage', body));
    expect(rejection).toMatchObject({ subject: 'metrics.bad.cpu.usage', code, ...(field && { field }) });
    expect(rejection.reason).not.toBe('');
    expect(rejection.excerpt.length).toBeLessThanOrEqual(200);
    expect(engine.engine.stats().rejected[code]).toBe(countBefore + 1);
  });

  it('a subject without the token that the body lacks', async () => {
    const rejection = await rejectionOf(() => engine.nats.publish('metrics.web-1', { value: 1 }));
    expect(rejection).toMatchObject({ subject: 'metrics.web-1', code: 'subject_mismatch', field: 'name' });
  });

  it('a codec that nobody knows', async () => {
    const publish = () => engine.nats.publish('metrics.web-1.cpu', '<value>1</value>', 'text/xml');
    expect(await rejectionOf(publish)).toMatchObject({ code: 'codec_unknown', field: 'Content-Type' });
  });

  it('the largest message that NATS takes', async () => {
    const huge = 'x'.repeat(1024 * 1024 - 100);
    expect(await rejectionOf(() => engine.nats.publish('metrics.web-1.cpu', huge))).toMatchObject({
      code: 'parse_failed',
    });
    const unit = JSON.stringify({ value: 1, unit: huge.slice(100) });
    expect(await rejectionOf(() => engine.nats.publish('metrics.web-1.cpu', unit))).toMatchObject({ field: 'unit' });
  });

  it('an alert, with the field that is wrong', async () => {
    const rejection = await rejectionOf(() => engine.nats.publish('alerts.trade', { title: 'x', severity: 'urgent' }));
    expect(rejection).toMatchObject({ subject: 'alerts.trade', code: 'field_invalid', field: 'severity' });
  });
});

describe('F8 the rest goes on', () => {
  it('the good samples of an array are used, and a publisher that asks is told which were not', async () => {
    const samples = [{ value: 1 }, { vaule: 2 }, { value: 3, labels: 7 }, { value: 4 }];
    const answer = await engine.nats.request('metrics.web-1.disk.usage', samples);
    expect(answer).toEqual({
      ok: false,
      accepted: 2,
      rejected: [
        { index: 1, code: 'field_missing', field: 'value' },
        { index: 2, code: 'field_invalid', field: 'labels' },
      ],
    });
    expect(await engine.nats.request('metrics.web-1.disk.usage', { value: 5 })).toEqual({
      ok: true,
      accepted: 1,
      rejected: [],
    });
  });

  it('a time in the future counts as skewed and is evaluated at its arrival', async () => {
    const { skewed } = engine.engine.stats();
    const time = Date.now() + 3_600_000;
    expect(await engine.nats.request('metrics.future.cpu.usage', { value: 91, time })).toMatchObject({ ok: true });
    expect(engine.engine.stats().skewed).toBe(skewed + 1);
    const opened = engine.transitions;
    await eventually(() => opened.items.some(({ alert }) => alert['source'] === 'future')).toBe(true);
    const { alert } = opened.items.find((one) => one.alert['source'] === 'future')!;
    expect(alert['startedAt']).toBeLessThan(time - 3_000_000);
  });

  it('keys of the prototype are neither followed nor taken for fields', async () => {
    expect(await engine.nats.request('metrics.proto.cpu.usage', prototypeKeys)).toMatchObject({ ok: true });
    const labels = '{"value":1,"labels":{"__proto__":"a","constructor":"b","toString":"c"}}';
    expect(await engine.nats.request('metrics.proto.cpu.usage', labels)).toMatchObject({ ok: true });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const inherited = '{"__proto__":{"value":1}}';
    expect(await engine.nats.request('metrics.proto.cpu.usage', inherited)).toMatchObject({ ok: false, accepted: 0 });
    const alert = '{"title":"x","labels":{"__proto__":"a"},"data":{"__proto__":{"b":1}}}';
    const { id } = await engine.nats.request('alerts.system', alert);
    expect(({} as Record<string, unknown>)['b']).toBeUndefined();
    expect((await engine.get(`/v1/alerts/${id}`)).status).toBe(200);
  });

  it('an alert with too much of everything is cut, says so, and is delivered', async () => {
    const answer = await engine.raise({
      title: 'x'.repeat(10_000),
      message: '\u{1F514}'.repeat(50_000),
      labels: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`l${i}`, 'v'.repeat(1_000)])),
      data: { text: 'x'.repeat(300_000) },
    });
    expect(answer).toMatchObject({ ok: true, status: 'pending' });
    const cut = (answer['warnings'] as { code: string; field: string }[]).map(({ field }) => field);
    expect(cut).toEqual(expect.arrayContaining(['title', 'message', 'labels', 'data']));
    const { alert } = engine.transitions.items.find(({ alert }) => alert.id === answer.id)!;
    expect(Buffer.byteLength(JSON.stringify(alert))).toBeLessThan(64 * 1024);
    expect(alert['message']).toMatch(/^(\u{1F514})+…$/u);
    const told = () => engine.hook.requests.some(({ body }) => JSON.parse(body).data.alert.id === answer.id);
    await eventually(told).toBe(true);
  });

  it('a thousand bad messages are all counted, offered at a bounded rate, and delay no good one', async () => {
    const before = engine.engine.stats().rejected['parse_failed']!;
    const offeredBefore = rejected.items.length;
    for (let i = 0; i < 1_000; i++) engine.nats.publish('metrics.flood.cpu.usage', '{');
    expect(await engine.nats.request('metrics.web-1.cpu.usage', { value: 1 })).toMatchObject({ ok: true });
    expect(engine.engine.stats().rejected['parse_failed']).toBe(before + 1_000);
    expect(rejected.items.length - offeredBefore).toBeLessThanOrEqual(300);
    expect((await engine.get('/readyz')).status).toBe(200);
  });

  it('a sample that an engine cannot place in a full series table is refused, known ones are not', async () => {
    const ingest = { metrics: [{ subject: 'small.>' }], alerts: [], limits: { maxSeries: 2 } };
    await using small = await Outside.start(nats.url, { ingest });
    const ask = (source: string) => small.nats.request(`small.${source}.cpu.usage`, { value: 1 });
    for (const source of ['a', 'b']) await ask(source);
    expect(await ask('c')).toMatchObject({ ok: false, rejected: [{ code: 'too_many_series' }] });
    expect(await ask('a')).toMatchObject({ ok: true });
  });
});
