import { loadavg } from 'node:os';
import type { BenchContext, Distribution, Row, Scenario } from './harness.js';
import type { CounterCalls } from './workers/counter.js';
import type { EngineCalls } from './workers/engine.js';
import { startNats } from './workers/nats.js';
import type { PublisherCalls } from './workers/publisher.js';
import type { ReceiverReport } from './workers/receiver.js';
import { Remote } from './workers/remote.js';
import { rules } from './workers/samples.js';
import { createSchedule } from './workers/schedule.js';

const perSecond = 50_000;
const warmUpSeconds = 3;

export const scenario: Scenario = {
  id: 'B3',
  title: 'publisher → NATS → decode → evaluate, 50,000 samples/s, 10,000 series, 1,000 rules',
  quick: true,
  async run(context) {
    await using nats = await startNats();
    await using publisher = new Remote<PublisherCalls>('publisher.ts');
    await publisher.call('start', { url: nats.url });
    const control = await measureCounter(nats.url, publisher, context);
    const { measured, opened } = await measureEngine(nats.url, publisher, context);
    return [...rows('ours', measured), ...shares(measured, control, opened), ...rows('control', control)];
  },
};

interface Measured extends ReceiverReport {
  readonly count: number;
  readonly publisher: Distribution;
}

async function measureCounter(
  url: string,
  publisher: Remote<PublisherCalls>,
  { quick, log }: BenchContext,
): Promise<Measured> {
  await using counter = new Remote<CounterCalls>('counter.ts');
  await counter.call('start', { url });
  const seconds = quick ? 5 : 20;
  log(`control: a bare subscriber, ${seconds} s`);
  await load(counter, publisher, warmUpSeconds);
  return await load(counter, publisher, seconds);
}

async function measureEngine(
  url: string,
  publisher: Remote<PublisherCalls>,
  { quick, log }: BenchContext,
): Promise<{ measured: Measured; opened: number }> {
  await using engine = new Remote<EngineCalls>('engine.ts');
  await engine.call('start', { url, input: { rules } });
  const seconds = quick ? 10 : 60;
  log(`the engine, ${seconds} s`);
  await load(engine, publisher, warmUpSeconds);
  const before = await engine.call('stats', undefined);
  const measured = await load(engine, publisher, seconds);
  const { opened, resolved } = await engine.call('stats', undefined);
  if (opened === before.opened || resolved === before.resolved) throw new Error('no alert opened and resolved');
  return { measured, opened: (opened - before.opened) / seconds };
}

async function load(
  receiver: Pick<Remote<CounterCalls>, 'call'>,
  publisher: Remote<PublisherCalls>,
  seconds: number,
): Promise<Measured> {
  const schedule = createSchedule(perSecond, seconds);
  await receiver.call('expect', schedule);
  const behind = await publisher.call('publish', schedule, seconds * 1_000 + 30_000);
  return { ...(await receiver.call('report', undefined)), count: schedule.count, publisher: behind };
}

function rows(kind: 'ours' | 'control', { latency, lost, surplus, count, cpuMs }: Measured): Row[] {
  const who = kind === 'ours' ? 'engine' : 'bare subscriber';
  const budget = (budgetKey: string) => (kind === 'ours' ? { budgetKey } : {});
  return [
    { name: `${who}, p50`, value: latency.p50, unit: 'ms', kind },
    { name: `${who}, p99`, value: latency.p99, unit: 'ms', kind, ...budget('B3.p99_ms') },
    { name: `${who}, p99.9`, value: latency.p999, unit: 'ms', kind, ...budget('B3.p999_ms') },
    { name: `${who}, max`, value: latency.max, unit: 'ms', kind },
    { name: `${who}, lost of ${count}`, value: lost, unit: '', kind, ...budget('B3.lost') },
    { name: `${who}, surplus`, value: surplus, unit: '', kind, ...budget('B3.surplus') },
    { name: `${who}, CPU a sample`, value: (cpuMs * 1_000) / count, unit: 'µs', kind },
  ];
}

function shares(ours: Measured, control: Measured, openedPerSecond: number): Row[] {
  const cpuOf = ({ cpuMs, count }: Measured) => cpuMs / count;
  return [
    { name: 'alerts opened a second', value: openedPerSecond, unit: '', kind: 'ours' },
    { name: 'engine ÷ bare subscriber, CPU', value: cpuOf(ours) / cpuOf(control), unit: '×', kind: 'ratio' },
    { name: 'publisher behind schedule, p99.9', value: ours.publisher.p999, unit: 'ms', kind: 'control' },
    { name: 'load of the machine afterwards', value: loadavg()[0]!, unit: '', kind: 'control' },
  ];
}
