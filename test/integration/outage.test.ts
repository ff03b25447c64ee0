import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { type HttpReceiver, startHttpReceiver } from '../support/http-receiver.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { http, Outside } from '../support/outside.js';
import { PlainNats } from '../support/plain-nats.js';
import { cpu } from '../support/rules.js';

let nats: TestNats;
beforeEach(async () => {
  nats = await startTestNats();
});
afterEach(() => nats.stop());

/** Publishes a sample every few milliseconds until disposed. */
class Stream implements Disposable {
  value: number;
  readonly #timer: NodeJS.Timeout;

  constructor(engine: Outside, value: number) {
    this.value = value;
    this.#timer = setInterval(() => engine.sample('cpu.usage', this.value), 5);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

/** Of the alerts that the webhook was told of. */
function toldIds({ requests }: HttpReceiver): string[] {
  return requests.map(({ body }) => JSON.parse(body).data.alert.id);
}

describe('NATS killed and restarted while samples flow', () => {
  it('F2 the engine says so, keeps what is open open, and goes on without repeating itself', async () => {
    await using engine = await Outside.start(nats.url, { rules: [cpu] });
    const socket = await engine.open();
    socket.send({ op: 'subscribe', id: 1, topic: 'alerts' });
    using stream = new Stream(engine, 91);
    expect(await engine.notified(1)).toEqual(['opened high High CPU']);

    await nats.kill();
    await eventually(async () => (await engine.get('/readyz')).body).toMatchObject({
      ready: false,
      checks: { nats: { ok: false } },
    });
    expect((await engine.get('/readyz')).status).toBe(503);
    expect((await engine.get('/healthz')).status).toBe(200);
    expect((await engine.get('/v1/alerts?state=active')).body['alerts']).toHaveLength(1);
    const refused = await engine.post('/v1/alerts', { title: 'Meanwhile' });
    expect(refused).toMatchObject({ status: 503, body: { code: 'bus_unavailable' } });

    await nats.restart();
    await eventually(async () => (await engine.get('/readyz')).status).toBe(200);
    const { received } = engine.engine.stats();
    await eventually(() => engine.engine.stats().received).toBeGreaterThan(received + 10);
    expect((await engine.get('/v1/alerts?state=active')).body['alerts']).toHaveLength(1);

    stream.value = 12;
    expect(await engine.notified(2)).toEqual(['opened high High CPU', 'resolved high High CPU']);
    const resolved = await socket.next('alert', ({ event }) => event.type === 'resolved');
    expect(resolved.event.reason).toBe('cleared');
    expect(await engine.raise({ title: 'Afterwards' })).toMatchObject({ ok: true });
    expect(await engine.notified(3)).toHaveLength(3);
    await socket.close();
  });

  it('F2 a level that comes due in the meantime is taken when the log is back', async () => {
    await using engine = await Outside.start(nats.url, {
      rules: [{ ...cpu, escalation: 'oncall' }],
      escalations: { oncall: { after: '500ms', max: 1 } },
    });
    engine.sample('cpu.usage', 91);
    expect(await engine.notified(1)).toEqual(['opened high High CPU']);
    await nats.kill();
    await eventually(async () => (await engine.get('/readyz')).status).toBe(503);
    await nats.restart();
    expect(await engine.notified(2)).toEqual(['opened high High CPU', 'escalated high High CPU']);
  });

  it('F2 every alert that was acknowledged to its sender is kept and delivered', async () => {
    await using engine = await Outside.start(nats.url, { rateLimit: { windows: [{ max: 1_000, per: '1m' }] } });
    const answers = Array.from({ length: 60 }, (_, i) => engine.post('/v1/alerts', { title: `Alert ${i}` }));
    await engine.transitions.atLeast(5);
    await nats.kill();
    await nats.restart();
    const taken = (await Promise.all(answers)).filter(({ status }) => status === 201).map(({ body }) => body['id']);
    expect(taken.length).toBeGreaterThan(0);
    await eventually(async () => (await engine.get('/readyz')).status).toBe(200);
    await eventually(() => toldIds(engine.hook), 50_000).toEqual(expect.arrayContaining(taken));
    expect(unique(toldIds(engine.hook))).toHaveLength(engine.hook.requests.length);
  }, 60_000);
});

describe('NATS absent at start', () => {
  it('F3 the command says so, is alive but not ready, and gets ready by itself when NATS appears', async () => {
    await nats.shutDown();
    const port = await freePort();
    await using tocsin = CommandProcess.run(`nats: { url: "${nats.url}" }`, { listen: `127.0.0.1:${port}` });
    const url = `http://127.0.0.1:${port}`;
    expect(await tocsin.line(/NATS cannot be reached/)).toContain(`127.0.0.1:${nats.port}`);
    expect(await http(`${url}/readyz`)).toMatchObject({ status: 503, body: { checks: { nats: { ok: false } } } });
    expect(await http(`${url}/v1/alerts`)).toMatchObject({ status: 503, body: { code: 'not_ready' } });
    await nats.restart();
    await expect(tocsin.url()).resolves.toBe(url);
    expect(await http(`${url}/readyz`)).toMatchObject({ status: 200, body: { ready: true } });
    expect(tocsin.stderr.filter((line) => line.includes('NATS cannot be reached'))).toHaveLength(1);
  });
});

describe('an engine that is killed', () => {
  let hook: HttpReceiver;
  beforeEach(async () => {
    hook = await startHttpReceiver();
  });
  afterEach(() => hook[Symbol.asyncDispose]());

  const config = (after: string) => `
nats: { url: "${nats.url}" }
rules: [{ id: cpu, name: High CPU, metric: cpu.usage, when: "> 80", escalation: oncall }]
escalations: { oncall: { after: ${after}, max: 1 } }
rateLimit: { windows: [{ max: 1000, per: 1m }] }
channels: { hook: { type: webhook, url: "${hook.url}" } }
defaultChannels: [hook]
delivery: { timeout: 1s }
`;

  it('F1 P41 goes on where it stood: what is open stays open, and its escalation comes', async () => {
    await using publisher = await PlainNats.connect(nats.url);
    await using first = CommandProcess.run(config('1500ms'));
    const firstUrl = await first.url();
    publisher.publish('metrics.web-1.cpu.usage', { value: 91 });
    // Killed before it has noted that it was told, the next one would tell it again.
    const alerts = async () => (await http(`${firstUrl}/v1/alerts`)).body['alerts'];
    await eventually(alerts).toEqual([expect.objectContaining({ status: 'delivered' })]);
    await first.end('SIGKILL');
    await using second = CommandProcess.run(config('1500ms'));
    const url = await second.url();
    const [, escalated] = await hook.received(2);
    expect(JSON.parse(escalated!.body)).toMatchObject({
      type: 'escalated',
      data: { alert: { escalation: { level: 1 } } },
    });
    publisher.publish('metrics.web-1.cpu.usage', { value: 95 });
    publisher.publish('metrics.web-1.cpu.usage', { value: 10 });
    const last = (await hook.received(3)).at(-1)!;
    expect(JSON.parse(last.body)).toMatchObject({ type: 'resolved' });
    expect(unique(hook.requests.map(({ headers }) => headers['idempotency-key']!))).toHaveLength(3);
    expect((await http(`${url}/v1/alerts`)).body['alerts']).toHaveLength(1);
  });

  it('F1 loses no alert that it acknowledged, and delivers each under one idempotency key', async () => {
    await using publisher = await PlainNats.connect(nats.url);
    await using first = CommandProcess.run(config('1h'));
    await first.url();
    const taken: string[] = [];
    const raises = Array.from({ length: 100 }, (_, i) =>
      publisher.request('alerts.test', { title: `Alert ${i}` }).then(({ id }) => taken.push(id!)),
    );
    void Promise.allSettled(raises);
    await hook.received(40);
    await first.end('SIGKILL');
    await using second = CommandProcess.run(config('1h'));
    const url = await second.url();
    // What was in somebody's hands is handed out again when its time is over.
    await eventually(() => toldIds(hook), 50_000).toEqual(expect.arrayContaining(taken));
    expect(taken.length).toBeGreaterThanOrEqual(40);
    const { alerts } = (await http(`${url}/v1/alerts?limit=1000`)).body as { alerts: { id: string }[] };
    expect(alerts.map(({ id }) => id)).toEqual(expect.arrayContaining(taken));
    const keys = unique(hook.requests.map(({ headers }) => headers['idempotency-key']!));
    expect(keys).toHaveLength(unique(toldIds(hook)).length);
  }, 60_000);
});
