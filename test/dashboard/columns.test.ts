import { describe, expect, it } from 'vitest';
import { buildColumns, cellAt, columnMs } from '../../src/dashboard/charts/columns.js';
import { Points } from '../../src/dashboard/charts/points.js';

function pointsOf(...points: (readonly [time: number, value: number, min?: number, max?: number])[]): Points {
  const series = new Points();
  for (const [time, value, min = value, max = value] of points) series.add({ time, value, min, max });
  return series;
}

describe('buildColumns', () => {
  it('brings series with times of their own onto one axis', () => {
    const { times, lanes } = buildColumns([pointsOf([1010, 1], [1510, 2]), pointsOf([1260, 7])], 1000, 1999);
    expect(times).toEqual([1, 1.25, 1.5, 1.75]);
    expect(lanes.map(({ values }) => values)).toEqual([
      [1, undefined, 2, undefined],
      [undefined, 7, undefined, undefined],
    ]);
  });

  it('never has more than 600 columns, each a whole number of panes wide', () => {
    expect([60_000, 300_000, 900_000].map(columnMs)).toEqual([250, 500, 1500]);
    expect(buildColumns([], 0, 900_000).times.length).toBeLessThanOrEqual(601);
  });

  it('keeps the same columns as time goes on', () => {
    const points = pointsOf([1010, 1]);
    const before = buildColumns([points], 1000, 61_000);
    const after = buildColumns([points], 1240, 61_240);
    expect(after.times[0]).toBe(before.times[0]);
  });

  it('leaves a gap where points stayed away, from the last to the next one', () => {
    const { lanes } = buildColumns([pointsOf([0, 1], [1000, 2], [5000, 3])], 0, 5000);
    const { values } = lanes[0]!;
    expect(values[4]).toBe(2);
    expect(values.slice(5, 20)).toEqual(new Array(15).fill(null));
    expect(values[20]).toBe(3);
  });

  it('leaves a gap at the left edge when the point before it lies outside', () => {
    const { lanes } = buildColumns([pointsOf([0, 1], [1000, 2], [9000, 3])], 8000, 9000);
    expect(lanes[0]!.values).toEqual([null, null, null, null, 3]);
  });

  it('tells a band only where values were merged', () => {
    const { lanes } = buildColumns([pointsOf([0, 2, 1, 4]), pointsOf([0, 2])], 0, 249);
    expect(lanes.map(({ spread }) => spread)).toEqual([true, false]);
    expect([lanes[0]!.lows[0], lanes[0]!.highs[0]]).toEqual([1, 4]);
  });

  it('splits what it shows where there is a gap, so that a point which stands alone can be told', () => {
    const { lanes } = buildColumns([pointsOf([0, 1], [500, 2], [9000, 3])], 0, 9500);
    expect(lanes[0]!.stretches).toEqual([[0, 2], [36]]);
    expect(buildColumns([pointsOf([1000, 42])], 0, 5000).lanes[0]!.stretches).toEqual([[4]]);
  });

  it('keeps what was last seen, and its extent, when the last point has left the window', () => {
    const { lanes, extent } = buildColumns([pointsOf([0, 1], [10_000, 5, 3, 8])], 20_000, 30_000);
    expect(lanes[0]!.earlier).toEqual({ time: 10_000, value: 5, low: 3, high: 8 });
    expect(extent).toMatchObject({ low: 3, high: 8 });
    expect(lanes[0]!.values.every((cell) => cell === undefined)).toBe(true);
  });

  it('has no extent before the first point', () => {
    expect(buildColumns([pointsOf([40_000, 1])], 20_000, 30_000).extent).toBeUndefined();
  });

  it('knows the extent of all that it shows, and of nothing else', () => {
    const points = pointsOf([0, 100], [10_000, 5, 3, 8], [11_000, 4]);
    expect(buildColumns([points], 9000, 12_000).extent).toEqual({ low: 3, high: 8 });
    expect(buildColumns([points, pointsOf([0, 99])], 9000, 12_000).extent).toEqual({ low: 3, high: 8 });
  });
});

describe('cellAt', () => {
  const { lanes, times } = buildColumns([pointsOf([0, 1], [1000, 2], [5000, 3])], 0, 5000);
  const at = (time: number) => cellAt(lanes[0]!, times, time);

  it('gives the last value at or before a time', () => {
    expect([at(0), at(0.9), at(1), at(5), at(99)]).toEqual([1, 1, 2, 3, 3]);
  });

  it('gives nothing inside a gap, nor before the beginning', () => {
    expect([at(3), at(-1)]).toEqual([undefined, undefined]);
  });
});
