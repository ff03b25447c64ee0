import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../src/index.js';
import type { Channel, Notification } from '../../src/model/channel.js';
import { eventually } from '../support/eventually.js';
import { type Answer, type HttpReceiver, startHttpReceiver } from '../support/http-receiver.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { http, Outside } from '../support/outside.js';

let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(() => nats.stop());

/** Every alert is let through; attempts follow each other quickly. */
const eager: ConfigInput = {
  rateLimit: { windows: [{ max: 1_000, per: '1m' }] },
  delivery: { timeout: '500ms', backoff: { initial: '20ms', max: '100ms' } },
};

function raiseAll(engine: Outside, count: number): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, (_, i) => engine.raise({ title: `alert ${i}`, message: `m ${i}` })));
}

function keysOf({ requests }: HttpReceiver): string[] {
  return requests.map(({ headers }) => headers['idempotency-key']!);
}

/** The most of these times that fall into any second. */
function mostInASecond(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at - from < 1_000).length));
}

/** Deliveries of the only alert. */
async function deliveries(engine: Outside): Promise<unknown> {
  const { body } = await engine.get('/v1/alerts');
  return (body['alerts'] as readonly { readonly deliveries: unknown }[])[0]?.deliveries;
}

describe('a receiver', () => {
  it('F5 P16 that answers 429 with Retry-After gets everything, and is left alone for as long as it asked', async () => {
    await using engine = await Outside.start(nats.url, eager);
    const accepted: number[] = [];
    const refused: number[] = [];
    engine.hook.answer((): Answer => {
      const now = performance.now();
      if (accepted.filter((at) => now - at < 1_000).length < 5) {
        accepted.push(now);
        return 200;
      }
      refused.push(now);
      return { status: 429, headers: { 'retry-after': '1' } };
    });
    await raiseAll(engine, 14);
    await eventually(() => accepted.length).toBe(14);
    // In each pause, no more than had left together when the first of them was refused.
    const pauses = refused.filter((at, i) => i === 0 || at - refused[i - 1]! > 500);
    expect(refused.length).toBeLessThanOrEqual(pauses.length * 8);
    expect(pauses.length).toBeLessThanOrEqual(4);
    expect((await engine.get('/v1/deliveries')).body).toEqual({ deliveries: [] });
  });

  it('P16 that answers 500 is tried again with the same key, which counts as no attempt while it takes nothing', async () => {
    await using engine = await Outside.start(nats.url, eager);
    engine.hook.answer((_, index) => (index < 3 ? 500 : 200));
    await engine.raise({ title: 'once', message: 'm' });
    await engine.hook.received(4);
    expect(new Set(keysOf(engine.hook)).size).toBe(1);
    await eventually(() => deliveries(engine)).toMatchObject([{ status: 'delivered', attempts: 1 }]);
  });

  it('P16 that does not answer is tried again after its time', async () => {
    await using engine = await Outside.start(nats.url, eager);
    engine.hook.answer((_, index) => (index < 1 ? 'hang' : 200));
    await engine.raise({ title: 'slow', message: 'm' });
    const [first, second] = await engine.hook.received(2);
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(490);
    expect(new Set(keysOf(engine.hook)).size).toBe(1);
  });

  it('P16 F6 that answers 400 makes a dead letter, which is sent again over HTTP and over NATS', async () => {
    await using engine = await Outside.start(nats.url, eager);
    engine.hook.answer(400);
    await engine.raise({ title: 'bad', message: 'm', severity: 'high' });
    const listed = async () => (await engine.get('/v1/deliveries?status=dead')).body['deliveries'];
    await eventually(listed).toMatchObject([{ channel: 'hook', title: 'bad' }]);
    const [{ id, error }] = (await listed()) as [{ id: string; error: string }];
    expect(error).toMatch(/^HTTP 400/);
    expect(engine.hook.requests).toHaveLength(1);

    expect(await engine.post(`/v1/deliveries/${id}/resend`, { by: 'ann' })).toMatchObject({ status: 200 });
    await engine.hook.received(2);
    await eventually(listed).toMatchObject([{ id, resend: { by: 'ann', count: 1 } }]);

    engine.hook.answer(200);
    expect(await engine.nats.request(`${engine.prefix}.command.resend`, { delivery: id, by: 'bob' })).toMatchObject({
      ok: true,
    });
    await engine.hook.received(3);
    expect(new Set(keysOf(engine.hook))).toEqual(new Set([id]));
    await eventually(() => deliveries(engine)).toMatchObject([{ status: 'delivered' }]);
    expect(await listed()).toEqual([]);
    const again = await engine.nats.request(`${engine.prefix}.command.resend`, { delivery: id, by: 'bob' });
    expect(again).toMatchObject({ ok: false, error: { code: 'delivery_unknown' } });
  });
});

describe('a channel with a rate', () => {
  it('F5 never sends more in any second, as its receiver sees it, and loses nothing', async () => {
    await using slow = await startHttpReceiver();
    const rate = { max: 5, per: '1s' };
    const channels: ConfigInput['channels'] = { slow: { type: 'webhook', url: slow.url, rate } };
    await using engine = await Outside.start(nats.url, { ...eager, channels, defaultChannels: ['slow'] });
    await raiseAll(engine, 23);
    const requests = await slow.received(23);
    expect(mostInASecond(requests.map(({ at }) => at))).toBeLessThanOrEqual(5);
    expect(requests.at(-1)!.at - requests[0]!.at).toBeLessThan(8_000);
    expect(new Set(keysOf(slow)).size).toBe(23);
    await eventually(async () => (await engine.get('/v1/channels')).body['channels']).toContainEqual(
      expect.objectContaining({ name: 'slow', sent: 23, waiting: 0, rate: { max: 5, perMs: 1_000 } }),
    );
  });
});

describe('a channel with a fallback', () => {
  it('F6 hands over what it gives up, and what waits for too long; the alert shows both', async () => {
    await using broken = await startHttpReceiver();
    const channels: ConfigInput['channels'] = {
      broken: { type: 'webhook', url: broken.url, fallback: 'hook', fallbackAfter: '1s' },
    };
    await using engine = await Outside.start(nats.url, { ...eager, channels, defaultChannels: ['broken'] });
    broken.answer(410);
    await engine.raise({ title: 'given up', message: 'm' });
    expect(await engine.notified(1)).toEqual(['opened medium given up']);
    expect(keysOf(engine.hook)[0]).toMatch(/\.1\.hook$/);
    await eventually(() => deliveries(engine)).toMatchObject([
      { channel: 'broken', status: 'dead' },
      { channel: 'hook', status: 'delivered', reason: 'fallback of broken' },
    ]);

    await broken.down();
    await engine.raise({ title: 'waits', message: 'm 2' });
    expect(await engine.notified(2)).toContain('opened medium waits');
    broken.answer(200);
    await broken.up();
    await broken.received(2);
    expect(engine.hook.requests).toHaveLength(2);
  });
});

describe('channels from outside', () => {
  it('P05 P20 are listed, tested and counted, each series at zero from the start', async () => {
    await using engine = await Outside.start(nats.url, eager);
    const metrics = await (await fetch(`${engine.url}/metrics`)).text();
    for (const name of ['sent_by_channel_total', 'failed_by_channel_total']) {
      expect(metrics).toContain(`tocsin_notifications_${name}{channel="hook"} 0`);
    }
    expect(metrics).toContain('tocsin_channel_circuit_open{channel="hook"} 0');
    expect(metrics).toContain('tocsin_channel_waiting{channel="hook"} 0');
    expect(await engine.post('/v1/channels/hook/test', {})).toMatchObject({
      status: 200,
      body: { channel: 'hook', delivered: true },
    });
    expect(await engine.notified(1)).toEqual(['opened low Test notification']);
    expect(await engine.post('/v1/channels/console/test', {})).toMatchObject({
      status: 200,
      body: { delivered: false, error: 'channel_disabled' },
    });
    expect(await engine.post('/v1/channels/nobody/test', {})).toMatchObject({
      status: 404,
      body: { code: 'channel_unknown' },
    });
    expect((await http(`${engine.url}/v1/channels`)).body['channels']).toMatchObject([
      { name: 'log', type: 'log', enabled: true },
      { name: 'console', enabled: false, available: false },
      { name: 'hook', type: 'webhook', circuit: 'closed', waiting: 0, sent: 0 },
    ]);
    expect((await engine.get('/v1/alerts')).body['alerts']).toEqual([]);
  });

  it('P05 of your own come and go while the engine runs', async () => {
    await using engine = await Outside.start(nats.url, eager);
    const sent: Notification[] = [];
    let down = false;
    const own: Channel = {
      name: 'own',
      type: 'own',
      isAvailable: () => true,
      async send(notification) {
        if (down) return { outcome: 'retry', error: 'down', countable: false };
        sent.push(notification);
        return { outcome: 'delivered' };
      },
    };
    await engine.engine.channels.register(own);
    const raise = (title: string) => engine.raise({ title, message: title, severity: 'critical', category: 'system' });
    await raise('first');
    await eventually(() => sent.map(({ data }) => data.alert.title)).toEqual(['first']);
    down = true;
    await raise('second');
    await engine.notified(2);
    await engine.engine.channels.unregister('own');
    await eventually(async () => (await engine.get('/v1/deliveries')).body['deliveries']).toMatchObject([
      { channel: 'own', title: 'second', error: 'no_channel' },
    ]);
    await engine.engine.channels.register(own);
    down = false;
    const [{ id }] = (await engine.get('/v1/deliveries')).body['deliveries'] as [{ id: string }];
    expect(await engine.post(`/v1/deliveries/${id}/resend`, { by: 'ann' })).toMatchObject({ status: 200 });
    await eventually(() => sent.map(({ data }) => data.alert.title)).toEqual(['first', 'second']);
  });
});
