import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { deferred } from '../../src/cli/deferred.js';
import { parseStreamUrl } from '../../src/cli/parse.js';
import { tail } from '../../src/cli/tail.js';
import { createTestIo } from './test-io.js';

const hello = {
  op: 'hello',
  protocol: 1,
  server: 'test',
  epoch: 'e',
  session: 's',
  heartbeatMs: 15_000,
  limits: {},
  user: 'anonymous',
  time: 0,
};
const alert = { id: 'id-1', severity: 'high', title: 'High CPU usage', source: 'web-1', count: 1 };
const sending = { seq: 6, type: 'sending', time: 0, reason: 'sending', alert: { ...alert, deliveries: [] } };
const event = { seq: 7, type: 'opened', time: 0, reason: 'fired', alert };

describe('tail', () => {
  let server: WebSocketServer;
  let url: string;
  let asked: Promise<Record<string, unknown>>;

  beforeEach(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/stream`;
    asked = new Promise((resolve) => {
      server.on('connection', (socket) => {
        say(socket, hello);
        socket.on('message', (data) => {
          const message = JSON.parse(String(data));
          if (message.op !== 'subscribe') return;
          resolve(message);
          say(socket, ...answers(message));
        });
      });
    });
  });
  afterEach(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });

  it('prints a line per alert event until it is asked to stop, but none that a delivery began', async () => {
    const { lines, status } = await tailed('alerts', { json: false });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/opened +HIGH +High CPU usage {2}web-1/);
    expect(status).toBe(0);
  });

  it('prints each event as JSON when asked, the beginning of a delivery too', async () => {
    const { lines } = await tailed('alerts', { json: true, minSeverity: 'high' });
    expect(lines.map((line) => JSON.parse(line))).toEqual([sending, event]);
    expect(await asked).toMatchObject({ topic: 'alerts', filter: { minSeverity: 'high' } });
  });

  it('prints a line per value of the series asked for', async () => {
    const { lines } = await tailed('metrics', { json: false, subject: ['metrics.web-1.>'] });
    expect(lines[0]).toContain('web-1  cpu.usage  91.5 %');
    expect(await asked).toMatchObject({ topic: 'metrics', subjects: ['metrics.web-1.>'] });
  });

  it('fails with engine_unreachable when nobody answers at first', async () => {
    server.close();
    await once(server, 'close');
    await expect(tail('alerts', { url, json: false }, createTestIo(), never)).rejects.toMatchObject({
      code: 'engine_unreachable',
      status: 69,
    });
  });

  it('says so and goes on when the connection is lost later', async () => {
    const noticed = deferred<string>();
    const stop = deferred<void>();
    const io = createTestIo({ out: () => terminateAll(server), err: noticed.resolve });
    const ended = tail('alerts', { url, json: false }, io, { requested: stop.promise });
    await expect(noticed.promise).resolves.toBe('connection lost, trying again');
    stop.resolve();
    await expect(ended).resolves.toBe(0);
  });

  async function tailed(what: 'alerts' | 'metrics', options: object) {
    const lines: string[] = [];
    const stop = deferred<void>();
    const io = createTestIo({
      out: (line) => {
        lines.push(line);
        if (!line.includes('"sending"')) stop.resolve();
      },
    });
    const status = await tail(what, { url, json: false, ...options }, io, { requested: stop.promise });
    return { lines, status };
  }
});

describe('the address of an engine', () => {
  it.each([
    ['http://127.0.0.1:8420', 'ws://127.0.0.1:8420/v1/stream'],
    ['https://alerts.example.org/', 'wss://alerts.example.org/v1/stream'],
    ['ws://127.0.0.1:8420/v1/stream', 'ws://127.0.0.1:8420/v1/stream'],
  ])('%s means %s', (text, url) => {
    expect(parseStreamUrl(text)).toBe(url);
  });

  it.each(['127.0.0.1:8420', 'nats://127.0.0.1:4222', 'no url'])('%s is refused', (text) => {
    expect(() => parseStreamUrl(text)).toThrow('must be a ws://');
  });
});

const never = { requested: new Promise<never>(() => {}) };

function answers({ id, topic }: { id: number; topic: string }): object[] {
  const subscribed = { op: 'subscribed', id, mode: 'live', epoch: 'e', seq: 5 };
  if (topic === 'alerts')
    return [subscribed, ...[sending, event].map((each) => ({ op: 'alert', id, seq: each.seq, event: each }))];
  const series = [[1, { name: 'cpu.usage', source: 'web-1', labels: {}, unit: '%' }]];
  return [subscribed, { op: 'series', id, series }, { op: 'metrics', id, rows: [[1, 0, 91.5, 1, 91.5, 91.5]] }];
}

function say(socket: WebSocket, ...messages: object[]): void {
  socket.send(JSON.stringify(messages));
}

function terminateAll(server: WebSocketServer): void {
  for (const socket of server.clients) socket.terminate();
}
