import { ThresholdKernel, type ThresholdRule } from '../src/operators/threshold.js';
import { randomFrom } from './harness.js';

/** A sample as the engine hands it on: its series is known, its value is new. */
export interface BenchSample {
  readonly sid: number;
  readonly metric: string;
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
  value: number;
}

/** One rule a metric: every series has exactly one rule, whatever their number. */
export function makeRules(count: number): ThresholdRule[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `rule-${i}`,
    metric: `metric.${i}`,
    when: { op: '>', value: 90 },
    clear: { op: '<', value: 80 },
  }));
}

/** Series spread evenly over the metrics of the rules. */
export function makeSamples(series: number, metrics: number): BenchSample[] {
  return Array.from({ length: series }, (_, sid) => ({
    sid,
    metric: `metric.${sid % metrics}`,
    source: `host-${Math.floor(sid / metrics)}`,
    labels: { region: 'eu' },
    value: 0,
  }));
}

/** Values of which about one in a thousand crosses a level, so that transitions are part of the figure. */
export function makeValues(count: number): Float64Array {
  const random = randomFrom(1);
  return Float64Array.from({ length: count }, () => (random() < 0.001 ? 95 : 70 * random()));
}

/** Samples in no order that a cache could follow. */
export function makeOrder(count: number, series: number): Int32Array {
  const random = randomFrom(2);
  return Int32Array.from({ length: count }, () => Math.floor(random() * series));
}

export function makeKernel(rules: readonly ThresholdRule[]): ThresholdKernel<BenchSample, number> {
  return new ThresholdKernel<BenchSample, number>({ rules, identify: (sample) => sample });
}
