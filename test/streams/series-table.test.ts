import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seriesKey } from '../../src/model/series.js';
import { SeriesTable } from '../../src/streams/series-table.js';
import { propertyRuns } from '../support/property.js';

const text = fc.string({ maxLength: 3 });
const labels = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor', 'c|=,'), text, { maxKeys: 4 });

describe('SeriesTable', () => {
  it('numbers series from 0 without gaps and finds them by number', () => {
    const table = new SeriesTable({ maxSeries: 10 });
    const made = ['x', 'y', 'x', 'z'].map((name) => table.intern(name, 's', {}));
    expect(made.map((series) => series?.sid)).toEqual([0, 1, 0, 2]);
    expect(table.size).toBe(3);
    expect(table.get(1)).toBe(made[1]);
    expect([...table.values()].map((series) => series.name)).toEqual(['x', 'y', 'z']);
  });

  it('takes labels in any order for the same series, and keeps them sorted', () => {
    const table = new SeriesTable({ maxSeries: 10 });
    const one = table.intern('n', 's', { b: '2', a: '1' });
    expect(table.intern('n', 's', { a: '1', b: '2' })).toBe(one);
    expect(Object.keys(one?.labels ?? {})).toEqual(['a', 'b']);
    expect(table.intern('n', 's', { a: '1' })).not.toBe(one);
    expect(table.intern('n', 's', { a: '2', b: '1' })).not.toBe(one);
  });

  it('takes a guess for the series only when it is the same to the last label', () => {
    const table = new SeriesTable({ maxSeries: 10 });
    const guess = table.intern('n', 's', { constructor: 'x' });
    expect(table.intern('n', 's', { constructor: 'x' }, undefined, guess)).toBe(guess);
    for (const others of [{}, { a: '1' }, { constructor: 'y' }, { constructor: 'x', a: '1' }]) {
      expect(table.intern('n', 's', others, undefined, guess)?.labels).toEqual(others);
    }
    expect(table.intern('m', 's', { constructor: 'x' }, undefined, guess)?.name).toBe('m');
    expect(table.intern('n', 't', { constructor: 'x' }, undefined, guess)?.source).toBe('t');
  });

  it('tells of each new series once', () => {
    const told: string[] = [];
    const table = new SeriesTable({ maxSeries: 2, onNew: (series) => told.push(series.key) });
    table.intern('a', 's', {});
    table.intern('a', 's', {});
    table.intern('b', 's', {});
    table.intern('c', 's', {});
    expect(told).toEqual(['a|s|', 'b|s|']);
  });

  it('F8 refuses new series when full and still knows the old ones', () => {
    const table = new SeriesTable({ maxSeries: 1 });
    const only = table.intern('a', 's', {});
    expect(table.intern('b', 's', {})).toBeUndefined();
    expect(table.intern('a', 's', {})).toBe(only);
  });

  it('gives one series for one identity, as the key as text tells them apart', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text, labels), { maxLength: 50 }), (inputs) => {
        const table = new SeriesTable({ maxSeries: 1_000 });
        const byKey = new Map<string, unknown>();
        for (const [name, source, map] of inputs) {
          const guess = table.get(table.size - 1);
          const series = table.intern(name, source, map, undefined, guess);
          const key = seriesKey(name, source, map);
          expect(series?.key).toBe(key);
          expect(byKey.get(key) ?? series).toBe(series);
          byKey.set(key, series);
        }
        expect(table.size).toBe(byKey.size);
      }),
      { numRuns: propertyRuns() },
    );
  });
});
