import { Packr } from 'msgpackr';
import type { ConfigInput } from '../../src/config/index.js';
import { randomFrom } from '../harness.js';

export const seriesCount = 10_000;
export const ruleCount = 1_000;

const level = 90;
/** Of samples that cross the level: at 50,000 samples a second, ten alerts open and resolve each second. */
const crossing = 0.000_2;

/** One rule a metric: every series has exactly one. */
export const rules: NonNullable<ConfigInput['rules']> = Array.from({ length: ruleCount }, (_, i) => ({
  id: `rule-${i}`,
  metric: `metric.${i}`,
  when: `> ${level}`,
  clear: `< ${level - 10}`,
}));

/** The series in no order that a cache could follow. */
export function makeSubjects(): string[] {
  const random = randomFrom(3);
  return Array.from({ length: seriesCount }, (_, i) => ({
    subject: `metrics.host-${Math.floor(i / ruleCount)}.metric.${i % ruleCount}`,
    rank: random(),
  }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ subject }) => subject);
}

export function makeValues(): () => number {
  const random = randomFrom(4);
  return () => (random() < crossing ? level + 5 : (level - 20) * random());
}

const packr = new Packr({ useRecords: false });

/** A sample as MessagePack. The time stands last, so that {@link timeOf} finds it without parsing. */
export function encodeSample(value: number, time: number): Uint8Array {
  return packr.pack({ value, labels: { region: 'eu' }, time });
}

export function timeOf(data: Uint8Array): number {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getFloat64(data.byteLength - 8);
}
