import { pack, unpack } from 'msgpackr';
import { firstValueFrom, from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type AlertUpdate, type Client, type Codec, connect, type Feed } from '../../src/client/index.js';
import { startGateway } from '../support/gateway-server.js';

const msgpack: Codec = { subprotocol: 'tocsin.v1.msgpack', encode: pack, decode: unpack };

/** Collects what a feed gives, and waits for as much as a test needs. */
function collect<T>(feed: Feed<T>): { readonly values: T[]; until(count: number): Promise<T[]> } {
  const values: T[] = [];
  let check = (): void => {};
  feed.subscribe((value) => {
    values.push(value);
    check();
  });
  const until = (count: number) =>
    new Promise<T[]>((resolve) => {
      check = () => values.length >= count && resolve(values);
      check();
    });
  return { values, until };
}

const names = (updates: readonly AlertUpdate[]): string[] =>
  updates.map((update) => {
    if (update.type === 'snapshot') return `snapshot ${update.alerts.map(({ id }) => id).join()}`;
    return update.type === 'event' ? update.event.alert.id : update.type;
  });

async function opened(client: Client): Promise<void> {
  for await (const state of client.states) if (state.status === 'open') return;
}

describe.each([
  ['JSON', {}],
  ['MessagePack', { codec: msgpack }],
])('the client in Node, with the gateway, over %s', (_, options) => {
  it('receives metrics, alerts and figures, and has a command carried out', async () => {
    await using gateway = await startGateway();
    const { engine } = gateway;
    const client = connect(gateway.stream.replace('http', 'ws'), { WebSocket, ...options });
    const metrics = collect(client.metrics('metrics.web-1.>'));
    const alerts = collect(client.alerts({ minSeverity: 'high' }));
    const stats = firstValueFrom(from(client.stats()));
    await alerts.until(1);
    engine.sample(engine.series('web-1', 'cpu.usage'), 42, 1000);
    engine.event('a', { severity: 'critical' });
    engine.event('b', { severity: 'low' });
    engine.event('c', { severity: 'high' });
    expect((await metrics.until(1))[0]).toMatchObject([{ series: { name: 'cpu.usage', source: 'web-1' }, value: 42 }]);
    expect(names(await alerts.until(3))).toEqual(['snapshot ', 'a', 'c']);
    expect(await stats).toHaveProperty('stageMs');
    await client.command('acknowledge', { id: 'a', by: 'Ada' });
    expect(engine.executed).toMatchObject([{ name: 'acknowledge', args: { id: 'a', by: 'Ada' } }]);
    client.close();
  });

  it('goes on behind the last alert that it saw when the connection was lost', async () => {
    await using gateway = await startGateway();
    const { engine } = gateway;
    const sockets: WebSocket[] = [];
    class Watched extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    }
    const client = connect(gateway.stream.replace('http', 'ws'), { WebSocket: Watched, ...options });
    const alerts = collect(client.alerts());
    await alerts.until(1);
    engine.event('a');
    await alerts.until(2);
    sockets[0]!.terminate();
    engine.event('b');
    await opened(client);
    engine.event('c');
    expect(names(await alerts.until(4))).toEqual(['snapshot ', 'a', 'b', 'c']);
    client.close();
  });
});

it('the client throws nothing and keeps trying when the handshake is refused', async () => {
  await using gateway = await startGateway();
  const codec = { ...msgpack, subprotocol: 'tocsin.v9' as 'tocsin.v1.json' };
  const client = connect(gateway.stream.replace('http', 'ws'), { WebSocket, codec });
  for await (const state of client.states) if (state.status === 'waiting') break;
  expect(client.state).toMatchObject({ status: 'waiting' });
  client.close();
});
