import { pack } from 'msgpackr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { Outside } from '../support/outside.js';
import { type HandshakeRefused, PlainClient } from '../support/ws-client.js';

let nats: TestNats;
let engine: Outside;
let witness: PlainClient;
beforeAll(async () => {
  nats = await startTestNats();
  engine = await Outside.start(nats.url, { rateLimit: { windows: [{ max: 10_000, per: '1m' }] } });
  witness = await engine.open('tocsin.v1.json');
  witness.send({ op: 'subscribe', id: 1, topic: 'alerts' });
  await witness.next('subscribed');
});
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await nats?.stop();
});

/** Somebody who behaves still gets what happens. */
async function othersAreServed(): Promise<void> {
  const { id } = await engine.raise({ title: `Witnessed ${performance.now()}` });
  await witness.next('alert', ({ event }) => event.alert.id === id);
}

describe('F7 a client that misbehaves', () => {
  it.each([
    ['no JSON', '{"op":'],
    ['no message', '7'],
    ['no operation', '{}'],
    ['an unknown operation', '{"op":"dance"}'],
    ['keys of the prototype', '{"__proto__":{"op":"subscribe"}}'],
    ['a topic that is none', '{"op":"subscribe","id":1,"topic":"secrets"}'],
    ['an id that is none', '{"op":"subscribe","id":-1,"topic":"alerts"}'],
    ['a filter that is none', '{"op":"subscribe","id":1,"topic":"alerts","filter":{"severty":["high"]}}'],
  ])('%s is answered by an error, ten of them close with 4008, and nobody else notices', async (_, frame) => {
    const client = await engine.open();
    client.socket.send(frame);
    expect(await client.next('error')).toMatchObject({ code: expect.any(String), temporary: false });
    for (let i = 0; i < 9; i++) client.socket.send(frame);
    expect((await client.closed).code).toBe(4008);
    await othersAreServed();
  });

  it('private subjects are refused', async () => {
    const client = await engine.open();
    for (const subject of ['$SYS.>', '$JS.API.>', '_INBOX.>', `${engine.prefix}.events.>`, '>']) {
      client.send({ op: 'subscribe', id: 1, topic: 'metrics', subjects: [subject] });
      expect(await client.next('error'), subject).toMatchObject({ id: 1, code: 'subject_forbidden' });
    }
    await client.close();
  });

  it('a message that is too long closes the connection that sent it', async () => {
    const client = await engine.open();
    client.socket.send('x'.repeat(70_000));
    expect((await client.closed).code).toBe(1009);
    await othersAreServed();
  });

  it('frames of another subprotocol than it chose close with 4006', async () => {
    const client = await engine.open('tocsin.v1.json');
    client.socket.send(pack({ op: 'unsubscribe', id: 1 }));
    expect(await client.closed).toMatchObject({ code: 4006, reason: expect.stringContaining('tocsin.v1.json') });
  });

  it('one that never reads costs nobody else anything', async () => {
    const deaf = await engine.open('tocsin.v1.json');
    deaf.send({ op: 'subscribe', id: 1, topic: 'alerts' });
    await deaf.next('subscribed');
    deaf.socket.pause();
    const padding = 'x'.repeat(8_000);
    for (let i = 0; i < 100; i++) engine.nats.publish('alerts.flood', { title: `Alert ${i}`, message: padding });
    await engine.transitions.atLeast(100);
    await othersAreServed();
    expect((await engine.get('/readyz')).status).toBe(200);
    deaf.socket.terminate();
  });
});

describe('a handshake that may not proceed', () => {
  const refused = (subprotocols: string[], headers: Record<string, string> = {}): Promise<HandshakeRefused> =>
    PlainClient.open(`${engine.url}/v1/stream`, subprotocols, headers).then(
      () => Promise.reject(new Error('it was taken')),
      (refusal: HandshakeRefused) => refusal,
    );

  it('with unknown subprotocols only is answered 400, naming those that are spoken', async () => {
    const { status, body } = await refused(['graphql-ws']);
    expect(status).toBe(400);
    expect(body).toContain('tocsin.v1.json');
  });

  it('from a page of another origin is answered 403', async () => {
    expect((await refused([], { origin: 'https://evil.example' })).status).toBe(403);
  });

  it('under a name that is not ours is answered 4xx', async () => {
    const { status } = await refused([], { host: 'evil.example' });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });
});
