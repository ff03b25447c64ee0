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
    const mean = meanOf(setup);
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

interface Running {
  feed(sample: BenchSample): void;
  stop(): void;
}

function startOperator(rules: readonly ThresholdRule[]): Running {
  const source$ = new Subject<BenchSample>();
  const evaluate = threshold((sample: BenchSample) => sample.sid, {
    rules,
    metric: (sample) => sample.metric,
    source: (sample) => sample.source,
    labels: (sample) => sample.labels,
    value: (sample) => sample.value,
  });
  let transitions = 0;
  const subscription = source$.pipe(evaluate).subscribe(() => {
    transitions += 1;
  });
  return {
    feed: (sample) => source$.next(sample),
    stop() {
      subscription.unsubscribe();
      if (transitions === 0) throw new Error('nothing fired');
    },
  };
}

function meanOf({ rules, samples, order, values }: Setup): number {
  const operator = startOperator(rules);
  const mean = nanosecondsEach(order.length, () => {
    for (let i = 0; i < order.length; i += 1) {
      const sample = samples[order[i]!]!;
      sample.value = values[i]!;
      operator.feed(sample);
    }
  });
  operator.stop();
  return mean;
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
  const operator = startOperator(rules);
  const spent = new Float64Array(order.length);
  for (let i = 0; i < order.length; i += 1) {
    const sample = samples[order[i]!]!;
    sample.value = values[i]!;
    const startedAt = performance.now();
    operator.feed(sample);
    spent[i] = performance.now() - startedAt;
  }
  operator.stop();
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
    { name: 'operator, p50, two clock readings included', value: each.p50, unit: 'ms', kind: 'ours' },
    { name: 'operator, p99', value: each.p99, unit: 'ms', kind: 'ours' },
    {
      name: 'operator, p99.9, against the original 50 ms',
      value: each.p999,
      unit: 'ms',
      kind: 'ours',
      budgetKey: 'B1.p999_ms',
    },
    {
      name: 'operator, p99.9, against our own 1 ms',
      value: each.p999,
      unit: 'ms',
      kind: 'ours',
      budgetKey: 'B1.p999_own_ms',
    },
    { name: 'operator, max', value: each.max, unit: 'ms', kind: 'ours' },
    { name: 'linear scan, mean', value: linear / 1_000, unit: 'µs', kind: 'control' },
    { name: 'linear scan ÷ operator', value: linear / mean, unit: '×', kind: 'ratio', budgetKey: 'B1.speedup' },
  ];
}
