import { describe, expect, it } from 'vitest';
import { parseSeriesName, parseValues } from '../../src/scenario/series.js';

describe('a series in a scenario', () => {
  it.each([
    ['cpu', { name: 'cpu', source: 'test', labels: {} }],
    ['cpu.usage{source=web-1, zone=a}', { name: 'cpu.usage', source: 'web-1', labels: { zone: 'a' } }],
    ['cpu{zone="a b"}', { name: 'cpu', source: 'test', labels: { zone: 'a b' } }],
    ['cpu{}', { name: 'cpu', source: 'test', labels: {} }],
    [' cpu {a=1,b=""} ', { name: 'cpu', source: 'test', labels: { a: '1', b: '' } }],
  ])('%s', (text, series) => {
    expect(parseSeriesName(text)).toEqual(series);
  });

  it.each(['', '{a=b}', 'cpu{a}', 'cpu{a=b', 'cpu{a=b c=d}', 'cpu usage', 'cpu{a=b}x'])('is not %s', (text) => {
    expect(parseSeriesName(text)).toBeUndefined();
  });
});

describe('values in a scenario', () => {
  it.each([
    ['50', [50]],
    ['-1.5 1e3', [-1.5, 1_000]],
    ['50 95x3 _ 60', [50, 95, 95, 95, undefined, 60]],
    ['_x2 1', [undefined, undefined, 1]],
    ['10+5x4', [10, 15, 20, 25]],
    ['10-5x3', [10, 5, 0]],
    ['0+0.1x4', [0, 0.1, 0.2, 0.3]],
  ])('%s', (text, values) => {
    expect(parseValues(text)).toEqual(values);
  });

  it.each(['', 'high', '95x', 'x3', '10+5', '1 two', '__', '1x200000'])('are not %s', (text) => {
    expect(parseValues(text)).toBeUndefined();
  });
});
