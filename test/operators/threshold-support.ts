import {
  ThresholdKernel,
  type ThresholdKernelOptions,
  type ThresholdRule,
  type ThresholdTransition,
} from '../../src/operators/threshold.js';

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

/** One value, at its arrival or at a time of its own. */
export function feed(kernel: Kernel, now: number, value: number, parts: Partial<Sample> = {}, at?: number): string[] {
  const item = sample(value, parts);
  return words(kernel.process(item, item.key, value, now, at));
}

/** `hot firing a @100 crossed`, with levels `load changed low>high a @100 held`. */
export function words(transitions: readonly ThresholdTransition<Sample, string>[]): string[] {
  return transitions.map(({ kind, key, at, reason, ...rest }) => {
    const id = 'ruleId' in rest ? rest.ruleId : rest.rule.id;
    const level = 'from' in rest ? [`${rest.from}>${rest.to}`] : 'level' in rest && rest.level ? [rest.level] : [];
    return [id, kind, ...level, key, `@${at}`, reason].join(' ');
  });
}

/** All that is due by `now`. */
export function drain(kernel: Kernel, now: number): string[] {
  const all: string[] = [];
  while (kernel.nextDue() <= now) all.push(...words(kernel.advance(now)));
  return all;
}

export const hot = { id: 'hot', metric: 'cpu', when: { op: '>', value: 80 } } as const satisfies ThresholdRule;
