import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { pack } from 'msgpackr';
import { type WebSocket, WebSocketServer } from 'ws';
import { createGateway, type Gateway } from '../src/gateway/index.js';
import { defaultGatewayLimits } from '../src/model/limits.js';
import { silentLogger } from '../src/model/logger.js';
import type { Series } from '../src/model/series.js';
import { ScriptedEngine } from '../test/support/gateway-ports.js';
import { type BenchContext, type Scenario, watchTurns } from './harness.js';
import { Remote } from './workers/remote.js';
import type { SinkCalls } from './workers/sinks.js';

const clients = 2_000;
const seriesEach = 20;
const pool = 200;
/** Every series of the pool has a sample this often. */
const sampleEveryMs = 20;
const controlRounds = 5;

export const scenario: Scenario = {
  id: 'B8',
  title: 'gateway: 2,000 clients × 20 series out of 200, flushed at 10 Hz',
  quick: false,
  async run(context) {
    await using sinks = new Remote<SinkCalls>('sinks.ts');
    const own = await measureGateway(sinks, distinctSets, context.quick ? 3 : 6, context);
    const same = await measureGateway(sinks, sameSet, 3, context);
    const controlUs = await measureControl(sinks, context);
    return [
      { name: 'server CPU a delivered update', value: own.cpuUs, unit: 'µs', kind: 'ours', budgetKey: 'B8.cpu_us' },
      { name: 'same, all clients with one set', value: same.cpuUs, unit: 'µs', kind: 'ours' },
      { name: 'delivered updates a second', value: own.perSecond, unit: '/s', kind: 'ours' },
      { name: 'samples merged into an update', value: own.merged, unit: '', kind: 'ours' },
      { name: 'longest turn', value: own.turnMs, unit: 'ms CPU', kind: 'ours' },
      { name: 'one ws.send an update', value: controlUs, unit: 'µs', kind: 'control' },
      {
        name: 'cheaper than one send an update',
        value: controlUs / own.cpuUs,
        unit: '×',
        kind: 'ratio',
        budgetKey: 'B8.cheaper',
      },
    ];
  },
};

interface Measured {
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly merged: number;
  readonly turnMs: number;
}

async function measureGateway(
  sinks: Remote<SinkCalls>,
  setOf: (client: number) => number[],
  seconds: number,
  { log }: BenchContext,
): Promise<Measured> {
  const engine = new ScriptedEngine();
  const series = Array.from({ length: pool }, (_, i) => engine.series(`host-${i}`, 'cpu.usage'));
  const options = { host: '127.0.0.1', port: 0, limits: defaultGatewayLimits, version: 'bench', log: silentLogger };
  const gateway = createGateway(engine.ports(), options);
  const { port } = await gateway.start();
  const feeding = setInterval(() => feed(engine, series), sampleEveryMs);
  await sinks.call('open', { port, path: '/v1/stream', first: subscriptions(series, setOf) });
  await pause(1_000);
  log(`${clients} clients, ${seconds} s`);
  const measured = await watch(gateway, seconds);
  clearInterval(feeding);
  await checkArrived(sinks, gateway.counters()['bytes_sent']!);
  await sinks.call('close', undefined);
  await gateway.stop();
  return measured;
}

/** CPU and turns are watched one after the other: watching turns keeps the loop busy. */
async function watch(gateway: Gateway, seconds: number): Promise<Measured> {
  const rows = () => gateway.counters()['rows_sent']!;
  const rowsBefore = rows();
  const cpu = cpuOf();
  await pause(seconds * 1_000);
  const cpuUs = cpu();
  const delivered = rows() - rowsBefore;
  const turns = watchTurns();
  await pause(1_000);
  const samples = (1_000 / sampleEveryMs) * clients * seriesEach * seconds;
  return {
    cpuUs: cpuUs / delivered,
    perSecond: delivered / seconds,
    merged: samples / delivered,
    turnMs: turns.stop(),
  };
}

/** Each update encoded once and sent by itself, to each client that wants it. */
async function measureControl(sinks: Remote<SinkCalls>, { log }: BenchContext): Promise<number> {
  const sockets: WebSocket[] = [];
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false, clientTracking: false });
  server.on('connection', (socket) => sockets.push(socket));
  http.listen(0, '127.0.0.1', 2_048);
  await once(http, 'listening');
  await sinks.call('open', { port: (http.address() as AddressInfo).port, path: '/', first: Array(clients).fill('') });
  log(`control: one send an update, ${controlRounds} rounds`);
  const cpu = cpuOf();
  for (let round = 0; round < controlRounds; round++) {
    const updates = Array.from({ length: pool }, (_, sid) => update(sid, round));
    sockets.forEach((socket, client) => {
      for (const sid of distinctSets(client)) socket.send(updates[sid]!);
    });
    await pause(500);
  }
  const each = cpu() / (controlRounds * clients * seriesEach);
  await sinks.call('close', undefined);
  http.close();
  return each;
}

/** Microseconds of CPU that this process takes until the returned function is called. */
function cpuOf(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
}

function feed(engine: ScriptedEngine, series: readonly Series[]): void {
  const time = Date.now();
  engine.samples$.next(series.map((each) => ({ series: each, value: Math.random() * 100, time, received: time })));
}

function update(sid: number, round: number): Buffer {
  return pack([{ op: 'metrics', id: 1, rows: [[sid, Date.now(), round + 0.1, 1, round + 0.1, round + 0.1]] }]);
}

function subscriptions(series: readonly Series[], setOf: (client: number) => number[]): string[] {
  return Array.from({ length: clients }, (_, client) => {
    const subjects = setOf(client).map((index) => series[index]!.subject);
    return JSON.stringify({ op: 'subscribe', id: 1, topic: 'metrics', subjects });
  });
}

/** Twenty of the pool, another twenty for (nearly) every client. */
function distinctSets(client: number): number[] {
  const step = 1 + (client % 9);
  return Array.from({ length: seriesEach }, (_, i) => (client * 7 + i * step) % pool);
}

function sameSet(): number[] {
  return Array.from({ length: seriesEach }, (_, i) => i);
}

/** Waits until the clients have received at least what was handed to the sockets. */
async function checkArrived(sinks: Remote<SinkCalls>, sent: number): Promise<void> {
  let received = 0;
  for (let tries = 0; tries < 100 && received < sent; tries++) {
    received += await sinks.call('received', undefined);
    await pause(50);
  }
  if (received < sent) throw new Error(`${sent - received} of ${sent} bytes did not arrive`);
}
