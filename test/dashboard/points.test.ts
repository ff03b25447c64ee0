import { describe, expect, it } from 'vitest';
import { Points } from '../../src/dashboard/charts/points.js';

const point = (time: number, value: number, min = value, max = value) => ({ time, value, min, max });

describe('Points', () => {
  it('keeps the last, the lowest and the highest value of a quarter second', () => {
    const points = new Points();
    points.add(point(1000, 5));
    points.add(point(1100, 2, 1, 6));
    points.add(point(1249, 4));
    points.add(point(1250, 9));
    expect(points.length).toBe(2);
    expect([points.times[0], points.values[0], points.lows[0], points.highs[0]]).toEqual([1249, 4, 1, 6]);
    expect(points.values[1]).toBe(9);
  });

  it('drops what comes from the past, and what comes twice', () => {
    const points = new Points();
    points.add(point(5000, 1));
    points.add(point(4000, 2));
    points.add(point(5000, 3));
    expect(points.length).toBe(1);
    expect(points.values[0]).toBe(1);
  });

  it('holds a quarter hour of panes in order, however many come', () => {
    const points = new Points();
    for (let i = 0; i < 20_000; i++) points.add(point(i * 250, i));
    expect(points.length).toBeGreaterThanOrEqual(3600);
    expect(points.length).toBeLessThanOrEqual(4800);
    for (let i = 0; i < points.length; i++) expect(points.values[i]).toBe(20_000 - points.length + i);
  });

  it('finds the first pane at or after a time', () => {
    const points = new Points();
    for (const time of [1000, 2000, 3000]) points.add(point(time, 0));
    expect([0, 1000, 1001, 3000, 3001].map((time) => points.indexOf(time))).toEqual([0, 0, 1, 2, 3]);
  });

  it('calls a gap what is much longer than the usual pause, and never less than 2.5 s', () => {
    const slow = new Points();
    const fast = new Points();
    for (let i = 0; i < 50; i++) {
      slow.add(point(i * 10_000, 0));
      fast.add(point(i * 250, 0));
    }
    expect(slow.gapMs).toBe(35_000);
    expect(fast.gapMs).toBe(2500);
    slow.add(point(10_000_000, 0));
    expect(slow.gapMs).toBe(35_000);
  });
});
