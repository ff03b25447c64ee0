import { loadavg } from 'node:os';
import type { Row, Scenario } from './harness.js';
import type { EngineCalls } from './workers/engine.js';
import { startNats } from './workers/nats.js';
import { AlertProbes, probeRule } from './workers/probes.js';
import type { PublisherCalls } from './workers/publisher.js';
import { Remote } from './workers/remote.js';
import { rules } from './workers/samples.js';
import { createSchedule } from './workers/schedule.js';

/** Samples a second on other series. */
const background = 10_000;
const probesPerSecond = 25;
const warmUpSeconds = 3;

/** Every alert takes the whole way: none is held back. */
const input = {
  rules: [...rules, probeRule],
  rateLimit: { windows: [{ max: 10_000, per: '1m' }] },
  dedupe: { window: '0s' },
};

export const scenario: Scenario = {
  id: 'B6',
  title: 'sample published → alert event at a WebSocket client, among 10,000 samples/s',
  quick: true,
  async run({ quick, log }) {
    await using nats = await startNats();
    await using engine = new Remote<EngineCalls>('engine.ts');
    await using publisher = new Remote<PublisherCalls>('publisher.ts');
    await publisher.call('start', { url: nats.url });
    const { url } = await engine.call('start', { url: nats.url, input });
    await using probes = await AlertProbes.start(nats.url, url!);
    const measure = async (seconds: number) => {
      log(`${seconds} s`);
      const schedule = createSchedule(background, seconds);
      const publishing = publisher.call('publish', schedule, seconds * 1_000 + 30_000);
      await Promise.all([publishing, probes.send(probesPerSecond, seconds)]);
      return probes.report();
    };
    await measure(warmUpSeconds);
    return rows(await measure(quick ? 10 : 60));
  },
};

function rows({ lost, latency }: Awaited<ReturnType<AlertProbes['report']>>): Row[] {
  return [
    { name: 'p50', value: latency.p50, unit: 'ms', kind: 'ours', budgetKey: 'B6.p50_ms' },
    { name: 'p99', value: latency.p99, unit: 'ms', kind: 'ours', budgetKey: 'B6.p99_ms' },
    { name: 'p99.9', value: latency.p999, unit: 'ms', kind: 'ours' },
    { name: 'max', value: latency.max, unit: 'ms', kind: 'ours' },
    { name: 'alerts lost', value: lost, unit: '', kind: 'ours', budgetKey: 'B6.lost' },
    { name: 'load of the machine afterwards', value: loadavg()[0]!, unit: '', kind: 'control' },
  ];
}
