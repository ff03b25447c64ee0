import { loadavg } from 'node:os';
import type { ConfigInput } from '../src/config/index.js';
import type { BenchContext, Distribution, Row, Scenario } from './harness.js';
import { setUpAlertmanager } from './setup-alertmanager.js';
import { Alertmanager } from './workers/alertmanager.js';
import type { ChainCalls } from './workers/chain.js';
import type { EngineCalls } from './workers/engine.js';
import { type Burst, Inquiry, post, type RaiseNamed } from './workers/inquiry.js';
import { startNats } from './workers/nats.js';
import { Remote } from './workers/remote.js';

export const scenario: Scenario = {
  id: 'B13',
  title: 'raised over HTTP → webhook receiver: one at a time, and 5,000 at once',
  quick: true,
  async run(context) {
    await using inquiry = await Inquiry.start();
    const chain = await measureChain(inquiry, context);
    const ours = await measureEngine(inquiry, context);
    return [
      ...rows('engine, durable', 'ours', ours),
      ...rows('JetStream and nothing else', 'control', chain),
      ...ratios(ours, chain),
      ...(await alertmanagerRows(inquiry, context)),
      { name: 'load of the machine afterwards', value: loadavg()[0]!, unit: '', kind: 'control' },
    ];
  },
};

interface Measured {
  readonly latency: Distribution;
  readonly burst: Burst;
}

async function measureEngine(inquiry: Inquiry, context: BenchContext): Promise<Measured> {
  await using nats = await startNats();
  await using engine = new Remote<EngineCalls>('engine.ts');
  const input: ConfigInput = {
    rateLimit: { windows: [{ max: 10_000, per: '1s' }] },
    channels: { hook: { type: 'webhook', url: inquiry.url } },
    defaultChannels: ['hook'],
  };
  const { url } = await engine.call('start', { url: nats.url, input });
  context.log('the engine');
  return await measure(inquiry, context, (names) => {
    return post(`${url}/v1/alerts`, names.length === 1 ? alertNamed(names[0]!) : names.map(alertNamed));
  });
}

/** HTTP, JetStream and HTTP again: what durability alone costs. */
async function measureChain(inquiry: Inquiry, context: BenchContext): Promise<Measured> {
  await using nats = await startNats();
  await using chain = new Remote<ChainCalls>('chain.ts');
  const { url } = await chain.call('start', { url: nats.url, hookUrl: inquiry.url });
  context.log('control: JetStream and nothing else');
  return await measure(inquiry, context, (names) => post(url, names.map(alertNamed)));
}

async function alertmanagerRows(inquiry: Inquiry, context: BenchContext): Promise<Row[]> {
  const name = 'Alertmanager, stores nothing';
  const absent = (note: string): Row[] => [{ name, value: Number.NaN, unit: '', kind: 'control', note }];
  const found = setUpAlertmanager();
  if ('missing' in found) return absent(found.missing);
  try {
    return rows(name, 'control', await measureAlertmanager(found.command, inquiry, context));
  } catch (error) {
    return absent((error as Error).message);
  }
}

async function measureAlertmanager(
  command: readonly string[],
  inquiry: Inquiry,
  context: BenchContext,
): Promise<Measured> {
  await using alertmanager = await Alertmanager.start(command, inquiry.url);
  context.log('control: Alertmanager');
  return await measure(inquiry, context, (names) => {
    return post(
      `${alertmanager.url}/api/v2/alerts`,
      names.map((alertname) => ({ labels: { alertname } })),
    );
  });
}

async function measure(inquiry: Inquiry, { quick }: BenchContext, raise: RaiseNamed): Promise<Measured> {
  await inquiry.oneAtATime(quick ? 50 : 200, raise);
  const latency = await inquiry.oneAtATime(quick ? 200 : 1_000, raise);
  await inquiry.atOnce(quick ? 200 : 1_000, raise);
  return { latency, burst: await inquiry.atOnce(quick ? 1_000 : 5_000, raise) };
}

function alertNamed(name: string): object {
  return {
    key: name,
    title: `Order book ${name} is crossed`,
    message: 'Best bid 1.0842 is above best ask 1.0841 for 30 s',
    severity: 'high',
    category: 'trade',
    source: 'venue-7',
    labels: { region: 'eu', desk: 'fx-spot' },
  };
}

function rows(who: string, kind: 'ours' | 'control', { latency, burst }: Measured): Row[] {
  const budget = (budgetKey: string) => (kind === 'ours' ? { budgetKey } : {});
  return [
    { name: `${who}, p50`, value: latency.p50, unit: 'ms', kind, ...budget('B13.p50_ms') },
    { name: `${who}, p99`, value: latency.p99, unit: 'ms', kind, ...budget('B13.p99_ms') },
    { name: `${who}, at once`, value: burst.perSecond, unit: '/s', kind, ...budget('B13.per_second') },
    { name: `${who}, lost`, value: burst.lost, unit: '', kind, ...budget('B13.lost') },
  ];
}

function ratios(ours: Measured, chain: Measured): Row[] {
  const slower = ours.latency.p50 / chain.latency.p50;
  const share = ours.burst.perSecond / chain.burst.perSecond;
  return [
    { name: 'engine ÷ JetStream alone, p50', value: slower, unit: '×', kind: 'ratio', budgetKey: 'B13.slower' },
    { name: 'engine ÷ JetStream alone, at once', value: share, unit: '×', kind: 'ratio', budgetKey: 'B13.share' },
  ];
}
