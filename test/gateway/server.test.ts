import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createGateway } from '../../src/gateway/index.js';
import { defaultGatewayLimits } from '../../src/model/limits.js';
import { silentLogger } from '../../src/model/logger.js';
import { ScriptedEngine } from '../support/gateway-ports.js';
import { startGateway } from '../support/gateway-server.js';
import { HandshakeRefused, PlainClient } from '../support/ws-client.js';

/** How a handshake was refused. */
async function refusal(
  opening: Promise<PlainClient>,
): Promise<{ status: number; code: unknown; headers: object; body: string }> {
  const refused = await opening.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(refused instanceof HandshakeRefused)) throw new Error(`not refused: ${String(refused)}`);
  const { status, headers, body } = refused;
  return { status, headers, body, code: JSON.parse(body).code };
}

/** A socket that has shaken hands, without anything that would answer for it. */
async function rawSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'data');
  return socket;
}

/** A frame of at most 125 characters, with a mask that changes nothing. */
function maskedText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

describe('handshake', () => {
  it.each([
    [[], ''],
    [['tocsin.v1.json'], 'tocsin.v1.json'],
    [['tocsin.v1.msgpack'], 'tocsin.v1.msgpack'],
    [['soap', 'tocsin.v1.msgpack', 'tocsin.v1.json'], 'tocsin.v1.msgpack'],
  ])('chooses among the subprotocols %j', async (offered, chosen) => {
    await using server = await startGateway();
    const client = await server.open(offered);
    expect(client.socket.protocol).toBe(chosen);
    expect(await client.next('hello')).toMatchObject({ protocol: 1 });
  });

  it('travels as text in JSON, the default, and as binary in MessagePack', async () => {
    await using server = await startGateway();
    const clients = await Promise.all([server.open(), server.open(['tocsin.v1.msgpack'])]);
    await Promise.all(clients.map((client) => client.next('hello')));
    expect(clients.map(({ kinds }) => [...kinds])).toEqual([['text'], ['binary']]);
  });

  it('answers 400 naming what is supported when only unknown subprotocols are offered', async () => {
    await using server = await startGateway();
    const { status, code, body } = await refusal(server.open(['mqtt', 'graphql-ws']));
    expect([status, code]).toEqual([400, 'subprotocol_unknown']);
    expect(body).toContain('tocsin.v1.msgpack, tocsin.v1.json');
  });

  it.each([
    ['absent', {}, undefined],
    ['ours', { same: true }, undefined],
    ['another site', { origin: 'http://evil.example' }, 'origin_forbidden'],
    ['our name on another port', { origin: 'http://127.0.0.1:1' }, 'origin_forbidden'],
    ['null', { origin: 'null' }, 'origin_forbidden'],
  ])('checks the Origin: %s', async (_, { origin, same }: { origin?: string; same?: boolean }, code) => {
    await using server = await startGateway();
    const given = same ? server.url : origin;
    const opening = server.open([], given === undefined ? {} : { origin: given });
    if (code === undefined) expect((await opening).socket.readyState).toBe(1);
    else expect(await refusal(opening)).toMatchObject({ status: 403, code });
  });

  it.each([
    ['localhost', true],
    ['LOCALHOST', true],
    ['[::1]', true],
    ['evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['localhost@evil.example', false],
  ])('checks the Host against names pointed at us by others: %s', async (host, allowed) => {
    await using server = await startGateway();
    const opening = server.open([], { host: `${host}:${server.port}` });
    if (allowed) expect((await opening).socket.readyState).toBe(1);
    else expect(await refusal(opening)).toMatchObject({ status: 403, code: 'host_forbidden' });
  });

  it('is found at /v1/stream only', async () => {
    await using server = await startGateway();
    expect(await refusal(PlainClient.open(`${server.url}/v1/other`))).toMatchObject({ status: 404, code: 'not_found' });
    expect((await PlainClient.open(`${server.stream}?from=a-terminal`)).socket.readyState).toBe(1);
  });

  it('answers 503 with Retry-After while the state is not loaded', async () => {
    await using server = await startGateway();
    server.engine.epoch = '';
    expect(await refusal(server.open())).toMatchObject({
      status: 503,
      code: 'not_ready',
      headers: { 'retry-after': '1' },
    });
  });

  it('answers 503 with Retry-After above the number of connections, and takes the next when one has gone', async () => {
    await using server = await startGateway({ maxConnections: 2 });
    const [first] = await Promise.all([server.open(), server.open()]);
    expect(await refusal(server.open())).toMatchObject({
      status: 503,
      code: 'too_many_connections',
      headers: { 'retry-after': '1' },
    });
    await first!.close();
    expect((await server.open()).socket.readyState).toBe(1);
    expect(server.gateway.counters()).toMatchObject({ connections: 2, connections_total: 3, connections_refused: 1 });
  });

  it('is told to plain HTTP requests', async () => {
    await using server = await startGateway();
    const response = await fetch(server.stream);
    expect(response.status).toBe(426);
    expect(await response.json()).toMatchObject({ code: 'upgrade_required' });
  });
});

describe('WebSocket', () => {
  it('brings subscribed, snapshot and live rows to a plain client', async () => {
    await using server = await startGateway();
    const series = server.engine.series('web-1', 'cpu.usage', { core: '0' });
    server.engine.sample(series, 1, 1000);
    const client = await server.open();
    client.send({ op: 'subscribe', id: 1, topic: 'metrics', subjects: ['metrics.web-1.>'], maxHz: 50 });
    expect(await client.next('subscribed')).toMatchObject({ id: 1, mode: 'snapshot' });
    expect(await client.next('series')).toEqual({
      op: 'series',
      id: 1,
      series: [[series.sid, { name: 'cpu.usage', source: 'web-1', labels: { core: '0' } }]],
    });
    expect(await client.next('snapshot')).toEqual({
      op: 'snapshot',
      id: 1,
      items: [[0, 1000, 1, 1, 1, 1]],
      more: false,
    });
    for (const value of [5, 3]) server.engine.sample(series, value, 1000 + value);
    expect(await client.next('metrics')).toEqual({ op: 'metrics', id: 1, rows: [[0, 1005, 5, 2, 3, 5]] });
  });

  it('brings each alert event as it happens', async () => {
    await using server = await startGateway();
    const client = await server.open(['tocsin.v1.json']);
    client.send({ op: 'subscribe', id: 1, topic: 'alerts', filter: { minSeverity: 'high' } });
    await client.next('snapshot');
    server.engine.event('low', { severity: 'low' });
    const event = server.engine.event('high', { severity: 'critical' });
    expect(await client.next('alert')).toEqual({ op: 'alert', id: 1, seq: 2, event });
  });

  it('F7 answers garbage with the documented error, and nobody else notices', async () => {
    await using server = await startGateway();
    const [client, other] = await Promise.all([server.open(), server.open()]);
    client.socket.send('{{{');
    expect(await client.next('error')).toMatchObject({ code: 'bad_message', temporary: false });
    for (let i = 0; i < 20; i++) client.socket.send('\u0000');
    expect(await client.closed).toMatchObject({ code: 4008 });
    other.send({ op: 'subscribe', id: 1, topic: 'stats' });
    expect(await other.next('stats')).toMatchObject({ id: 1 });
  });

  it('F7 closes 4006 on a binary frame in the JSON subprotocol', async () => {
    await using server = await startGateway();
    const client = await server.open();
    client.socket.send(Buffer.from([0x80]));
    expect(await client.closed).toMatchObject({ code: 4006 });
  });

  it('F7 closes 1009 on a message that is too large', async () => {
    await using server = await startGateway({ maxMessageBytes: 1_000 });
    const client = await server.open();
    client.socket.send('x'.repeat(1_001));
    expect(await client.closed).toMatchObject({ code: 1009 });
  });

  it('F7 closes 1007 on text that is not UTF-8', async () => {
    await using server = await startGateway();
    const client = await server.open();
    client.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await client.closed).toMatchObject({ code: 1007 });
  });

  it('F7 survives bytes that are no frames, and a client that vanishes', async () => {
    await using server = await startGateway();
    const raw = await rawSocket(server.port);
    raw.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await once(raw.resume(), 'close');
    const vanishing = await rawSocket(server.port);
    vanishing.resetAndDestroy();
    const client = await server.open();
    client.send({ op: 'subscribe', id: 1, topic: 'alerts' });
    expect(await client.next('subscribed')).toMatchObject({ id: 1 });
  });

  it('F7 a client that never reads does not delay the others', async () => {
    await using server = await startGateway();
    const { engine } = server;
    const raw = await rawSocket(server.port);
    raw.pause();
    const stalled = await server.open();
    stalled.send({ op: 'subscribe', id: 1, topic: 'alerts' });
    await stalled.next('snapshot');
    stalled.socket.pause();
    const client = await server.open();
    client.send({ op: 'subscribe', id: 1, topic: 'alerts' });
    await client.next('snapshot');
    const message = 'x'.repeat(8_000);
    const total = 3_000;
    for (let i = 1; i <= total; i++) {
      engine.event(`a${i % 5}`, { message });
      if (i % 100 === 0) await client.next('alert', ({ seq }) => seq === i);
    }
    expect(client.messages.filter(({ op }) => op === 'alert')).toHaveLength(total);
    expect(server.gateway.counters()['alert_lane_overflows']).toBeGreaterThanOrEqual(1);
    stalled.socket.resume();
    await stalled.next('alert', ({ seq }) => seq === total);
    const seqs = stalled.messages.flatMap((each) => (each.op === 'alert' ? [each.seq] : []));
    expect(seqs).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    raw.destroy();
  });

  it('F7 takes the messages of one client turn by turn, however many come at once', async () => {
    await using server = await startGateway();
    const raw = await rawSocket(server.port);
    let turn = 0;
    const turns = new Set<number>();
    const taken = new Promise<void>((resolve) => {
      server.engine.answer = () => {
        turns.add(turn);
        if (server.engine.executed.length === 20) resolve();
        return { ok: true };
      };
    });
    const count = () => {
      turn++;
      if (server.engine.executed.length < 20) setImmediate(count);
    };
    setImmediate(count);
    raw.resume().write(Buffer.concat(Array(20).fill(maskedText('{"op":"command","ref":1,"name":"x"}'))));
    await taken;
    expect(turns.size).toBeGreaterThanOrEqual(10);
    raw.destroy();
  });

  it('F7 takes a burst of connections', async () => {
    await using server = await startGateway();
    const clients = await Promise.all(Array.from({ length: 300 }, () => server.open()));
    for (const client of clients) client.send({ op: 'subscribe', id: 1, topic: 'alerts' });
    await Promise.all(clients.map((client) => client.next('snapshot')));
    server.engine.event('a');
    await Promise.all(clients.map((client) => client.next('alert')));
    expect(server.gateway.counters()['connections']).toBe(300);
  });

  it('answers pings, and sends its own at the heartbeat', async () => {
    await using server = await startGateway({ heartbeatMs: 50 });
    const client = await server.open();
    await once(client.socket, 'ping');
    expect(await client.next('heartbeat')).toMatchObject({ frame: 2, seq: {} });
    client.socket.ping();
    await once(client.socket, 'pong');
  });
});

describe('gateway', () => {
  it('says which address is taken', async () => {
    await using server = await startGateway();
    const options = { host: '127.0.0.1', limits: defaultGatewayLimits, version: '1', log: silentLogger };
    const second = createGateway(new ScriptedEngine().ports(), { ...options, port: server.port });
    await expect(second.start()).rejects.toMatchObject({
      code: 'port_taken',
      message: expect.stringContaining(String(server.port)),
    });
    await second.stop();
  });

  it('stops by telling every client when to come back, refuses new ones, and is done once', async () => {
    const server = await startGateway();
    const clients = await Promise.all(Array.from({ length: 5 }, () => server.open()));
    const silent = await rawSocket(server.port);
    silent.on('error', () => {});
    const startedAt = performance.now();
    await Promise.all([server.gateway.stop(), server.gateway.stop()]);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    for (const client of clients) {
      expect(client.messages.at(-1)).toMatchObject({ op: 'goaway', reconnectMs: [500, 5_000] });
      expect(await client.closed).toMatchObject({ code: 4200 });
    }
    expect(server.gateway.counters()['connections']).toBe(0);
    await expect(fetch(server.url)).rejects.toThrow();
  });
});
