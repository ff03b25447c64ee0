import { type Row, type Scenario, turnCpuMs } from './harness.js';
import { makeKernel, makeOrder, makeRules, makeSamples, makeValues } from './rules.js';

const seriesCount = 10_000;
const rounds = 8;
const ruleCounts = [10, 1_000, 100_000] as const;

export const scenario: Scenario = {
  id: 'B2',
  title: 'cost of a sample by the number of rules, one of which matches',
  quick: true,
  async run({ quick, log }) {
    const count = quick ? 300_000 : 1_000_000;
    const runs = ruleCounts.map((rules) => runWith(rules, count));
    log(`${count} samples with each of ${ruleCounts.join(', ')} rules, in turns`);
    const means = leastInTurns(count, runs, rounds);
    const growth = means[means.length - 1]! / means[0]!;
    return [
      ...ruleCounts.map(
        (rules, i): Row => ({ name: `${rules} rules, mean`, value: means[i]!, unit: 'ns', kind: 'ours' }),
      ),
      { name: '100,000 rules ÷ 10 rules', value: growth, unit: '×', kind: 'ratio', budgetKey: 'B2.growth' },
    ];
  },
};

function runWith(rules: number, count: number): () => void {
  const kernel = makeKernel(makeRules(rules));
  const samples = makeSamples(seriesCount, rules);
  const order = makeOrder(count, seriesCount);
  const values = makeValues(count);
  return () => {
    for (let i = 0; i < count; i += 1) {
      const sample = samples[order[i]!]!;
      kernel.process(sample, sample.sid, values[i]!, i);
    }
  };
}

/** Each round runs all of them, so that all meet the same compiled code and the same neighbours. */
function leastInTurns(count: number, runs: readonly (() => void)[], rounds: number): number[] {
  const each = runs.map(() => Infinity);
  for (let round = 0; round < rounds; round += 1) {
    runs.forEach((run, i) => {
      each[i] = Math.min(each[i]!, (turnCpuMs(run) * 1e6) / count);
    });
  }
  return each;
}
