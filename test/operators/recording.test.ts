import { describe, expect, it } from 'vitest';
import { equal } from '../../src/operators/testing/recording.js';

class Point {
  readonly x: number;

  constructor(x: number) {
    this.x = x;
  }
}

describe('equal', () => {
  const alike: readonly (() => unknown)[] = [
    () => Number.NaN,
    () => ({ a: [1, { b: undefined }] }),
    () => new Point(1),
    () => new Date(1),
    () => new RangeError('no'),
    () => new Map([['a', { b: 1 }]]),
    () => new Set([1, 2]),
  ];
  it.each(alike.map((make) => [make]))('is true of two that are the same inside', (make) => {
    expect(equal(make(), make())).toBe(true);
  });

  const different: readonly (readonly [unknown, unknown])[] = [
    [0, -0],
    [{ a: undefined }, { b: undefined }],
    [[], {}],
    [new Point(1), { x: 1 }],
    [new Date(1), new Date(2)],
    [new Error('a'), new Error('b')],
    [new Error('a'), new RangeError('a')],
    [new Map([['a', 1]]), new Map([['a', 2]])],
    [new Set([1]), new Set([2])],
    [null, {}],
  ];
  it.each(different)('is false of %o and %o', (one, other) => {
    expect(equal(one, other)).toBe(false);
  });
});
