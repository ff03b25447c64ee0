import { ThresholdKernel, type ThresholdKernelOptions, type ThresholdRule } from '../../src/operators/threshold.js';

export interface Sample {
  readonly key: string;
  readonly metric: string;
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export type Kernel = ThresholdKernel<Sample, string>;
type Options = Partial<ThresholdKernelOptions<Sample, string>>;

export function kernelOf(rules: readonly ThresholdRule[], options: Options = {}): Kernel {
  return new ThresholdKernel<Sample, string>({ rules, identify: (sample) => sample, ...options });
}

export function sample(
  value: number,
  { key = 'a', metric = 'cpu', source = 'web-1', labels = {} }: Partial<Sample> = {},
): Sample {
  return { key, metric, source, labels, value };
}
