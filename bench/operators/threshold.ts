import {
  distinctUntilChanged,
  filter,
  groupBy,
  map,
  merge,
  mergeMap,
  type OperatorFunction,
  share,
  skipWhile,
} from 'rxjs';
import { type ThresholdRule, threshold } from '../../src/operators/threshold.js';
import { type BenchSample, makeRules, makeSamples } from '../rules.js';
import { byKeys, minute, naive, ours, type Setting, study, thousand } from '../study/study.js';

const ruleCount = 10;

export const thresholdStudy = study<BenchSample>({
  operator: 'threshold',
  axis: 'keys',
  event: `a sample of a known series that crosses no level; ${ruleCount} rules, one of which matches`,
  sizes: byKeys,
  values: (size) => makeSamples(size, ruleCount),
  expireMs: 180 * minute,
  outputs: { fresh: 0, expired: 0 },
  ways: [
    ours('threshold', 'threshold', (setting) => evaluate(setting, makeRules(ruleCount))),
    naive('a pipeline a rule, groupBy in each', () =>
      pipelines(makeRules(ruleCount), (samples$) => {
        return samples$.pipe(
          groupBy(({ sid }) => sid),
          mergeMap((series$) => series$.pipe(edges)),
        );
      }),
    ),
  ],
});

export const thresholdByRules = study<BenchSample>({
  operator: 'threshold',
  axis: 'rules',
  event: 'a sample of a known series that crosses no level; one series a rule',
  sizes: [10, 100, thousand, 100 * thousand],
  questions: ['event', 'event in sequence'],
  values: (size) => makeSamples(size, size),
  outputs: { fresh: 0 },
  ways: [
    ours('threshold', 'threshold-rules', (setting) => evaluate(setting, makeRules(setting.size))),
    {
      ...naive('a pipeline a rule', ({ size }) => pipelines(makeRules(size), edges)),
      skips: { above: thousand, why: 'milliseconds an event' },
    },
  ],
});

function evaluate({ size, scheduler }: Setting, rules: readonly ThresholdRule[]) {
  return threshold((sample: BenchSample) => sample.sid, {
    rules,
    metric: (sample) => sample.metric,
    source: (sample) => sample.source,
    labels: (sample) => sample.labels,
    value: (sample) => sample.value,
    maxKeys: size,
    scheduler,
  });
}

type Pipeline = OperatorFunction<BenchSample, boolean>;

function pipelines(rules: readonly ThresholdRule[], pipeline: Pipeline): Pipeline {
  return (source) => {
    const samples$ = source.pipe(share());
    const ofRule = ({ metric }: ThresholdRule) => samples$.pipe(filter((sample) => sample.metric === metric));
    return merge(...rules.map((rule) => ofRule(rule).pipe(pipeline)));
  };
}

/** Whether the rule holds for one series, when that changes. */
const edges: Pipeline = (samples$) =>
  samples$.pipe(
    map(({ value }) => value > 90),
    distinctUntilChanged(),
    skipWhile((holds) => !holds),
  );
