import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandProcess } from '../support/command-process.js';
import { eventually } from '../support/eventually.js';
import { type HttpReceiver, startHttpReceiver } from '../support/http-receiver.js';
import { startTestNats } from '../support/nats-server.js';
import { http } from '../support/outside.js';
import { PlainNats } from '../support/plain-nats.js';
import { childrenOf, isRunning } from '../support/process-tree.js';
import { PlainClient } from '../support/ws-client.js';

let hook: HttpReceiver;
beforeEach(async () => {
  hook = await startHttpReceiver();
});
afterEach(() => hook[Symbol.asyncDispose]());

const config = (nats: string) => `
nats: ${nats}
rateLimit: { windows: [{ max: 1000, per: 1m }] }
channels: { hook: { type: webhook, url: "${hook.url}" } }
defaultChannels: [hook]
`;

describe('SIGTERM', () => {
  it('F11 tells every socket when to come back, ends the private nats-server, and leaves nothing running', async () => {
    await using tocsin = CommandProcess.run(config('{}'));
    const url = await tocsin.url();
    const sockets = [await PlainClient.open(`${url}/v1/stream`), await PlainClient.open(`${url}/v1/stream`)];
    const children = childrenOf(tocsin.pid);
    expect(children).toHaveLength(1);

    const startedAt = performance.now();
    expect(await tocsin.end('SIGTERM')).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    for (const socket of sockets) {
      expect((await socket.closed).code).toBe(4200);
      const last = socket.messages.at(-1);
      expect(last).toMatchObject({ op: 'goaway', reconnectMs: [expect.any(Number), expect.any(Number)] });
    }
    expect(children.filter(isRunning)).toEqual([]);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('F11 under load loses nothing that was acknowledged: the next engine sends at once what this one could not', async () => {
    await using nats = await startTestNats();
    await using publisher = await PlainNats.connect(nats.url);
    await using first = CommandProcess.run(config(`{ url: "${nats.url}" }`));
    await first.url();
    const taken: string[] = [];
    const raises = Array.from({ length: 200 }, (_, i) =>
      publisher.request('alerts.test', { title: `Alert ${i}` }).then(({ ok, id }) => ok && taken.push(id!)),
    );
    void Promise.allSettled(raises);
    await hook.received(10);
    expect(await first.end('SIGTERM')).toBe(0);
    await using second = CommandProcess.run(config(`{ url: "${nats.url}" }`));
    const url = await second.url();
    await eventually(() => told(hook)).toEqual(expect.arrayContaining(taken));
    expect(new Set(told(hook)).size).toBe(hook.requests.length);
    const { alerts } = (await http(`${url}/v1/alerts?limit=1000`)).body as { alerts: { id: string }[] };
    expect(alerts.map(({ id }) => id)).toEqual(expect.arrayContaining(taken));
  });

  it('F11 waits for no webhook that never answers, and the next engine sends it again', async () => {
    await using nats = await startTestNats();
    await using publisher = await PlainNats.connect(nats.url);
    hook.answer('hang');
    await using first = CommandProcess.run(config(`{ url: "${nats.url}" }`));
    await first.url();
    const { id } = await publisher.request('alerts.test', { title: 'Nobody answers' });
    await hook.received(1);
    const startedAt = performance.now();
    expect(await first.end('SIGTERM')).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    hook.answer(200);
    await using second = CommandProcess.run(config(`{ url: "${nats.url}" }`));
    await second.url();
    const [one, again] = await hook.received(2);
    expect(told(hook)).toEqual([id, id]);
    expect(again!.headers['idempotency-key']).toBe(one!.headers['idempotency-key']);
  }, 40_000);
});

/** Ids of the alerts that the webhook was told of. */
function told({ requests }: HttpReceiver): string[] {
  return requests.map(({ body }) => JSON.parse(body).data.alert.id);
}
