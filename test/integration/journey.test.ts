import { createHmac } from 'node:crypto';
import { pack } from 'msgpackr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.js';
import { eventually } from '../support/eventually.js';
import { type HttpReceiver, startHttpReceiver } from '../support/http-receiver.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { http } from '../support/outside.js';
import { PlainNats } from '../support/plain-nats.js';
import { PlainClient } from '../support/ws-client.js';

const key = Buffer.from('a webhook secret of the test');
const secret = `whsec_${key.toString('base64')}`;

const config = (nats: string, hook: string) => `
nats: { url: "${nats}" }
rules:
  - id: cpu-high
    name: High CPU usage
    metric: cpu.usage
    when: "> 80"
    clear: "< 70"
    severity: high
channels:
  hook: { type: webhook, url: "${hook}", secret: "\${HOOK_SECRET}" }
defaultChannels: [hook, console]
`;

let nats: TestNats;
let hook: HttpReceiver;
let tocsin: CommandProcess;
let publisher: PlainNats;
let json: PlainClient;
let msgpack: PlainClient;
let url: string;

beforeAll(async () => {
  [nats, hook] = await Promise.all([startTestNats(), startHttpReceiver()]);
  tocsin = CommandProcess.run(config(nats.url, hook.url), { env: { ...process.env, HOOK_SECRET: secret } });
  url = await tocsin.url();
  publisher = await PlainNats.connect(nats.url);
  json = await PlainClient.open(`${url}/v1/stream`);
  json.send([
    { op: 'subscribe', id: 2, topic: 'metrics', subjects: ['metrics.*.cpu.>'] },
    { op: 'subscribe', id: 1, topic: 'alerts' },
  ]);
  await json.next('snapshot', ({ id }) => id === 1);
  msgpack = await PlainClient.open(`${url}/v1/stream`, ['tocsin.v1.msgpack']);
  msgpack.socket.send(pack({ op: 'subscribe', id: 1, topic: 'alerts' }));
  await msgpack.next('snapshot');
});
afterAll(async () => {
  for (const one of [tocsin, publisher, hook, nats]) await one?.[Symbol.asyncDispose]();
});

describe('tocsin run, from a sample on NATS to everybody who wants to know', () => {
  it('tells a plain socket how things stand before it tells what happens', () => {
    const first = json.messages.filter((message) => message.op === 'hello' || ('id' in message && message.id === 1));
    expect(first).toMatchObject([
      { op: 'hello', protocol: 1 },
      { op: 'subscribed', id: 1, mode: 'snapshot' },
      { op: 'snapshot', id: 1, items: [], more: false },
    ]);
    expect([json.kinds, msgpack.kinds]).toEqual([new Set(['text']), new Set(['binary'])]);
  });

  it('P31 P37 P52 posts the alert to the webhook, signed and with an idempotency key', async () => {
    publisher.publish('metrics.web-1.cpu.usage', { value: 91, unit: '%' });
    const [request] = await hook.received(1);
    const { headers, body } = request!;
    const notification = JSON.parse(body);
    expect(notification).toMatchObject({
      type: 'opened',
      data: { reason: 'rule_fired', alert: { title: 'High CPU usage', severity: 'high', source: 'web-1', value: 91 } },
    });
    expect(notification.data.alert.message).toBe('High CPU usage: cpu.usage > 80 (current: 91, severity: high)');
    expect(headers['idempotency-key']).toBe(notification.id);
    expect(headers['webhook-id']).toBe(notification.id);
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  });

  it('P51 prints a line with the time in each stage', async () => {
    const line = await tocsin.line(/▲ HIGH/);
    expect(line).toMatch(/High CPU usage {2}web-1 {2}cpu\.usage > 80 \(current: 91\) .*\bms\b/);
  });

  it('pushes the sample itself, after the series that it belongs to', async () => {
    const { series } = await json.next('series');
    const [[sid, info]] = series as [(typeof series)[0]];
    expect(info).toEqual({ name: 'cpu.usage', source: 'web-1', labels: {}, unit: '%' });
    const { rows } = await json.next('metrics');
    expect(rows).toEqual([[sid, expect.any(Number), 91, 1, 91, 91]]);
  });

  it('P03 pushes the opening and then each change of its deliveries, in both encodings and in order', async () => {
    for (const socket of [json, msgpack]) {
      for (const channel of ['hook', 'console']) await delivered(socket, channel);
      const events = socket.messages.flatMap((message) => (message.op === 'alert' ? [message] : []));
      expect(events[0]).toMatchObject({ event: { type: 'opened', reason: 'rule_fired' } });
      const seqs = events.map(({ seq }) => seq);
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    }
  });

  it('P18 lists the alert over HTTP, with its whole history', async () => {
    const { body } = await http(`${url}/v1/alerts?state=active&minSeverity=high`);
    const [alert] = body['alerts'] as { id: string }[];
    expect(alert).toMatchObject({
      rule: 'cpu-high',
      status: 'delivered',
      channelsSent: expect.arrayContaining(['hook']),
    });
    const detail = await http(`${url}/v1/alerts/${alert!.id}`);
    const { events } = detail.body as { events: { type: string }[] };
    expect(events[0]).toMatchObject({ type: 'opened' });
    expect(events.filter(({ type }) => type === 'delivered')).toHaveLength(2);
  });

  it('P39 a MessagePack sample below the clear level resolves it, and everybody is told', async () => {
    publisher.publish('metrics.web-1.cpu.usage', pack({ value: 12 }));
    const requests = await hook.received(2);
    expect(JSON.parse(requests[1]!.body)).toMatchObject({ type: 'resolved', data: { alert: { state: 'resolved' } } });
    await tocsin.line(/✔ RESOLVED .*High CPU usage/);
    await json.next('alert', ({ event }) => event.type === 'resolved');
    expect((await http(`${url}/v1/alerts?state=active`)).body).toEqual({ alerts: [] });
  });

  it('P43 counts all of it for Prometheus', async () => {
    await eventually(() => metric('tocsin_notifications_sent_total')).toBe(4);
    expect(await metric('tocsin_samples_received_total')).toBe(2);
    expect(await metric('tocsin_alerts_opened_total')).toBe(1);
    expect(await metric('tocsin_alerts_resolved_total')).toBe(1);
    expect(await metric('tocsin_notifications_sent_by_channel_total{channel="hook"}')).toBe(2);
    expect(await metric('tocsin_inputs_rejected_total{code="parse_failed"}')).toBe(0);
  });

  it('P46 shows the secret nowhere', async () => {
    const shown = [...tocsin.stdout, ...tocsin.stderr].join('\n');
    expect(shown).not.toContain(secret);
    expect(await (await fetch(`${url}/v1/alerts`)).text()).not.toContain(key.toString('base64'));
  });
});

async function delivered(socket: PlainClient, channel: string): Promise<void> {
  await eventually(() =>
    socket.messages.some(
      (message) =>
        message.op === 'alert' &&
        message.event.type === 'delivered' &&
        message.event.alert.deliveries.some((one) => one.channel === channel && one.status === 'delivered'),
    ),
  ).toBe(true);
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1));
}
