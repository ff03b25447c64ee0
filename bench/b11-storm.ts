import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConfigInput } from '../src/config/index.js';
import type { BenchContext, Row, Scenario } from './harness.js';
import type { EngineCalls } from './workers/engine.js';
import { Hook } from './workers/hook.js';
import { startNats } from './workers/nats.js';
import type { RaiseReport, RaiserCalls } from './workers/raiser.js';
import { Remote } from './workers/remote.js';
import { createSchedule } from './workers/schedule.js';
import { readStorm, type StormLog } from './workers/storm-log.js';
import type { StrainReport } from './workers/strain.js';

const perWindow = 10;
const windowMs = 2_000;
/** The last summary comes a cooldown after the last trip. */
const quietMs = windowMs + 1_000;
const maxReadings = 4;
const drainMs = 180_000;

export const scenario: Scenario = {
  id: 'B11',
  title: 'alert storm: 100,000 alerts raised by NATS requests in 10 s; and a restart with all of them open',
  quick: true,
  async run(context) {
    return [...(await limitedStorm(context)), ...(await openStorm(context)), load()];
  },
};

interface Size {
  readonly perSecond: number;
  readonly seconds: number;
}

/** Of a storm the rate limits let a few through; the rest is recorded, and told in summaries. */
async function limitedStorm({ quick, log }: BenchContext): Promise<Row[]> {
  const bodies: string[] = [];
  await using nats = await startNats();
  await using hook = await Hook.start((body) => bodies.push(body));
  await using engine = await startEngine(nats.url, {
    rateLimit: { windows: [{ max: perWindow, per: `${windowMs}ms` }], cooldown: `${windowMs}ms` },
    channels: { hook: { type: 'webhook', url: hook.url } },
    defaultChannels: ['hook'],
  });
  const size = quick ? { perSecond: 2_500, seconds: 2 } : { perSecond: 10_000, seconds: 10 };
  log(`${size.perSecond * size.seconds} alerts in ${size.seconds} s, rate limits on`);
  await engine.call('watch', undefined);
  const raised = await raise(nats.url, size);
  await pause(quietMs);
  const strain = await engine.call('watched', undefined);
  const stored = await summedUp(nats.url, raised.recorded);
  const notifications = await settled(() => bodies.length, stored.admitted + stored.summaries);
  return [...raiseRows(raised, size), ...stormRows(stored, notifications), ...strainRows(strain)];
}

/** What the log holds when nothing more comes: while something is held back, a summary is still to come. */
async function summedUp(url: string, count: number): Promise<StormLog> {
  for (let readings = 1; ; readings += 1) {
    const stored = await readStorm(url, count, windowMs);
    if (stored.summedUp === stored.limited || readings === maxReadings) return stored;
    await pause(quietMs);
  }
}

/** The same without limits: every alert is open, notified and held in memory. Then the engine is killed and started again. */
async function openStorm({ quick, log }: BenchContext): Promise<Row[]> {
  await using nats = await startNats();
  const size = quick ? { perSecond: 2_000, seconds: 2 } : { perSecond: 10_000, seconds: 10 };
  const count = size.perSecond * size.seconds;
  const input: ConfigInput = { rateLimit: { key: 'source', windows: [{ max: 10_000, per: '1m' }] } };
  log(`${count} alerts that are all notified`);
  const held = await stormHeap(nats.url, input, size);
  log(`a restart with ${count} open alerts`);
  await using engine = new Remote<EngineCalls>('engine.ts', ['--expose-gc']);
  const empty = await engine.call('heap', undefined);
  const { readyMs } = await engine.call('start', { url: nats.url, input }, drainMs);
  await expectActive(engine, count);
  const recovered = (await engine.call('heap', undefined)) - empty;
  return [
    {
      name: 'heap an open alert, after the storm',
      value: held / count,
      unit: 'B',
      kind: 'ours',
      budgetKey: 'B11.heap_b',
    },
    {
      name: 'heap an open alert, after a restart',
      value: recovered / count,
      unit: 'B',
      kind: 'ours',
      budgetKey: 'B11.recovered_b',
    },
    {
      name: `restart with ${count} open, start to ready`,
      value: readyMs,
      unit: 'ms',
      kind: 'ours',
      budgetKey: 'B11.ready_ms',
    },
  ];
}

/** Bytes that an engine holds more than before the storm, when all is delivered. */
async function stormHeap(url: string, input: ConfigInput, size: Size): Promise<number> {
  await using engine = await startEngine(url, input);
  const before = await engine.call('heap', undefined);
  const { recorded } = await raise(url, size);
  const offered = size.perSecond * size.seconds;
  if (recorded !== offered) throw new Error(`${offered - recorded} of ${offered} alerts were not recorded in time`);
  const sent = await settled(async () => (await engine.call('stats', undefined)).sent, recorded);
  if (sent !== recorded) throw new Error(`${recorded - sent} of ${recorded} alerts were not notified`);
  await expectActive(engine, recorded);
  return (await engine.call('heap', undefined)) - before;
}

async function startEngine(url: string, input: ConfigInput): Promise<Remote<EngineCalls>> {
  const engine = new Remote<EngineCalls>('engine.ts', ['--expose-gc']);
  await engine.call('start', { url, input });
  return engine;
}

async function raise(url: string, { perSecond, seconds }: Size): Promise<RaiseReport> {
  await using raiser = new Remote<RaiserCalls>('raiser.ts');
  await raiser.call('start', { url });
  const schedule = createSchedule(perSecond, seconds);
  return await raiser.call('raise', { schedule, withinMs: 60_000 }, seconds * 1_000 + 90_000);
}

async function expectActive(engine: Remote<EngineCalls>, count: number): Promise<void> {
  const active = await settled(async () => (await engine.call('stats', undefined)).active, count);
  if (active !== count) throw new Error(`${active} alerts are open, not ${count}`);
}

/** The count when it has come to `wanted`, or when it no longer may. */
async function settled(read: () => number | Promise<number>, wanted: number): Promise<number> {
  for (const endAt = performance.now() + drainMs; performance.now() < endAt; await pause(100)) {
    if ((await read()) >= wanted) break;
  }
  return await read();
}

function raiseRows({ recorded, refused, retries, tookMs, latency, behind }: RaiseReport, size: Size): Row[] {
  const count = size.perSecond * size.seconds;
  return [
    { name: 'all recorded after', value: tookMs / 1_000, unit: 's', kind: 'ours', budgetKey: 'B11.recorded_s' },
    { name: `not recorded of ${count}`, value: count - recorded, unit: '', kind: 'ours', budgetKey: 'B11.unrecorded' },
    { name: 'refused for good', value: refused, unit: '', kind: 'ours' },
    { name: 'told to come again', value: retries, unit: '', kind: 'ours' },
    { name: 'raised → recorded, p50', value: latency.p50, unit: 'ms', kind: 'ours' },
    { name: 'raised → recorded, p99', value: latency.p99, unit: 'ms', kind: 'ours' },
    { name: 'sender behind schedule, p99.9', value: behind.p999, unit: 'ms', kind: 'control' },
  ];
}

function stormRows(stored: StormLog, notifications: number): Row[] {
  const { missing, admitted, limited, mostInWindow, trips, summaries, summedUp } = stored;
  const astray = Math.abs(notifications - admitted - summaries);
  return [
    { name: 'answered, but not once in the log', value: missing, unit: '', kind: 'ours', budgetKey: 'B11.lost' },
    { name: 'held back', value: limited, unit: '', kind: 'ours' },
    {
      name: 'held back, in no summary',
      value: Math.abs(limited - summedUp),
      unit: '',
      kind: 'ours',
      budgetKey: 'B11.unsummed',
    },
    {
      name: `most notified in a window of ${perWindow}`,
      value: mostInWindow,
      unit: '',
      kind: 'ours',
      budgetKey: 'B11.in_window',
    },
    { name: 'trips', value: trips, unit: '', kind: 'ours' },
    {
      name: 'trips without exactly one summary',
      value: Math.abs(trips - summaries),
      unit: '',
      kind: 'ours',
      budgetKey: 'B11.summaries',
    },
    { name: 'notifications', value: notifications, unit: '', kind: 'ours' },
    { name: 'notifications lost or repeated', value: astray, unit: '', kind: 'ours', budgetKey: 'B11.astray' },
  ];
}

function strainRows({ turnMs, rssMb }: StrainReport): Row[] {
  return [
    { name: 'longest turn', value: turnMs, unit: 'ms CPU', kind: 'ours', budgetKey: 'B11.turn_ms' },
    { name: 'memory, most', value: rssMb, unit: 'MB', kind: 'ours', budgetKey: 'B11.rss_mb' },
  ];
}

function load(): Row {
  return { name: 'load of the machine afterwards', value: loadavg()[0]!, unit: '', kind: 'control' };
}
