import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levenshtein, suggest } from '../../src/config/suggest.js';

describe('a suggestion', () => {
  it('is the nearest candidate', () => {
    expect(suggest('severty', ['source', 'severity', 'series'])).toBe('severity');
  });

  it('does not depend on upper and lower case', () => {
    expect(suggest('KeepFiringfor', ['for', 'keepFiringFor'])).toBe('keepFiringFor');
  });

  it('is the first of two that are equally near', () => {
    expect(suggest('cat', ['bat', 'rat'])).toBe('bat');
  });

  it('is not given when nothing is near', () => {
    expect(suggest('inhibit', ['rules', 'routes', 'channels'])).toBeUndefined();
  });
});

describe('the distance between two words', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['flaw', 'lawn', 2],
  ])('of %j and %j is %d', (a, b, distance) => {
    expect(levenshtein(a, b)).toBe(distance);
  });

  it('is symmetric, zero only for equal words, and never above the longer length', () => {
    const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = levenshtein(a, b);
        expect(distance).toBe(levenshtein(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
