import { Subject } from 'rxjs';
import { type ThresholdRule, threshold } from '../src/operators/threshold.js';
import { type Distribution, distribution, nanosecondsEach, type Row, type Scenario } from './harness.js';
import { type BenchSample, makeKernel, makeOrder, makeRules, makeSamples, makeValues } from './rules.js';

const ruleCount = 1_000;
const seriesCount = 10_000;

export const scenario: Scenario = {
  id: 'B1',
  title: 'evaluation of one sample, 1,000 rules, 10,000 series',
  quick: true,
  async run({ quick, log }) {
    const count = quick ? 500_000 : 2_000_000;
    const setup = prepare(count);
    log(`${count} samples through the operator`);
    const mean = nanosecondsEach(count, operatorRun(setup));
    const kernelMean = nanosecondsEach(count, kernelRun(setup));
    log('each sample timed');
    const each = timeEach(setup);
    log('control: a linear scan over all rules');
    const linear = nanosecondsEach(count / 100, linearRun(setup, count / 100));
    return rows(mean, kernelMean, each, linear);
  },
};

interface Setup {
  readonly rules: readonly ThresholdRule[];
  readonly samples: readonly BenchSample[];
  readonly order: Int32Array;
  readonly values: Float64Array;
}

function prepare(count: number): Setup {
  const rules = makeRules(ruleCount);
  const samples = makeSamples(seriesCount, ruleCount);
  return { rules, samples, order: makeOrder(count, seriesCount), values: makeValues(count) };
}

function operatorRun({ rules, samples, order, values }: Setup): () => void {
  const source$ = new Subject<BenchSample>();
  const evaluate = threshold((sample: BenchSample) => sample.sid, {
    rules,
    metric: (sample) => sample.metric,
    source: (sample) => sample.source,
    labels: (sample) => sample.labels,
    value: (sample) => sample.value,
  });
  let transitions = 0;
  source$.pipe(evaluate).subscribe(() => (transitions += 1));
  return () => {
    for (let i = 0; i < order.length; i += 1) {
      const sample = samples[order[i]!]!;
      sample.value = values[i]!;
      source$.next(sample);
    }
    if (transitions === 0) throw new Error('nothing fired');
  };
}

/** As a caller does that reads the clock once a batch. */
function kernelRun({ rules, samples, order, values }: Setup): () => void {
  const kernel = makeKernel(rules);
  return () => {
    const now = Date.now();
    for (let i = 0; i < order.length; i += 1) {
      const sample = samples[order[i]!]!;
      kernel.process(sample, sample.sid, values[i]!, now);
    }
  };
}

function timeEach({ rules, samples, order, values }: Setup): Distribution {
  const kernel = makeKernel(rules);
  const spent = new Float64Array(order.length);
  for (const sample of samples) kernel.process(sample, sample.sid, 0, 0);
  for (let i = 0; i < order.length; i += 1) {
    const sample = samples[order[i]!]!;
    const startedAt = performance.now();
    kernel.process(sample, sample.sid, values[i]!, startedAt);
    spent[i] = performance.now() - startedAt;
  }
  return distribution(spent);
}

/** As the original evaluates: every rule looks at every sample. */
function linearRun({ rules, samples, order, values }: Setup, count: number): () => void {
  const open = new Set<string>();
  return () => {
    for (let i = 0; i < count; i += 1) {
      const sample = samples[order[i]!]!;
      for (const rule of rules) if (rule.metric === sample.metric) track(open, rule, sample, values[i]!);
    }
  };
}

function track(open: Set<string>, rule: ThresholdRule, sample: BenchSample, value: number): void {
  if (value > 90) open.add(`${rule.id} ${sample.source}`);
  else if (value < 80 && open.size > 0) open.delete(`${rule.id} ${sample.source}`);
}

function rows(mean: number, kernelMean: number, each: Distribution, linear: number): Row[] {
  return [
    { name: 'operator, mean', value: mean / 1_000, unit: 'µs', kind: 'ours', budgetKey: 'B1.mean_us' },
    { name: 'kernel, mean', value: kernelMean / 1_000, unit: 'µs', kind: 'ours' },
    { name: 'kernel, p50, clock included', value: each.p50, unit: 'ms', kind: 'ours' },
    { name: 'kernel, p99', value: each.p99, unit: 'ms', kind: 'ours' },
    { name: 'kernel, p99.9', value: each.p999, unit: 'ms', kind: 'ours', budgetKey: 'B1.p999_ms' },
    { name: 'kernel, p99.9, own goal', value: each.p999, unit: 'ms', kind: 'ours', budgetKey: 'B1.p999_own_ms' },
    { name: 'kernel, max', value: each.max, unit: 'ms', kind: 'ours' },
    { name: 'linear scan, mean', value: linear / 1_000, unit: 'µs', kind: 'control' },
    { name: 'linear scan ÷ operator', value: linear / mean, unit: '×', kind: 'ratio', budgetKey: 'B1.speedup' },
  ];
}
