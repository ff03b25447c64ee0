import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { MatcherIndex } from '../../../src/operators/parts/matcher-index.js';
import {
  CompiledMatchers,
  compileMatchers,
  type LabelMatcher,
  labelOf,
} from '../../../src/operators/parts/matchers.js';
import { propertyRuns } from '../../support/property.js';
import { labelsArbitrary, matchersArbitrary, naiveMatches } from '../naive-matchers.js';

function matches(matcher: LabelMatcher, labels: Readonly<Record<string, string>>): boolean {
  return compileMatchers([matcher]).matches(labels);
}

describe('matchers', () => {
  it('say what a naive reading says', () => {
    fc.assert(
      fc.property(matchersArbitrary, labelsArbitrary, (matchers, labels) => {
        expect(compileMatchers(matchers).matches(labels)).toBe(naiveMatches(matchers, labels));
      }),
      { numRuns: propertyRuns() * 5 },
    );
  });

  it('take a label that is missing for the empty text', () => {
    expect(matches({ label: 'a', op: '=', value: '' }, {})).toBe(true);
    expect(matches({ label: 'a', op: '!=', value: 'x' }, {})).toBe(true);
    expect(matches({ label: 'a', op: '=~', value: 'x?' }, {})).toBe(true);
    expect(matches({ label: 'a', op: '^=', value: '' }, {})).toBe(true);
    expect(matches({ label: 'a', op: '!~', value: '' }, {})).toBe(false);
  });

  it('do not see what every object inherits', () => {
    expect(labelOf({}, 'constructor')).toBe('');
    expect(labelOf({}, '__proto__')).toBe('');
    expect(matches({ label: 'toString', op: '=', value: '' }, {})).toBe(true);
  });

  it.each([
    [[], 'm must not be empty'],
    ['x', 'm must be an array'],
    [[undefined], 'm[0] must be an object'],
    [[{ label: '', op: '=', value: 'x' }], 'm[0].label must not be empty'],
    [[{ label: 1, op: '=', value: 'x' }], 'm[0].label must be a string'],
    [[{ label: 'a', op: '>', value: 'x' }], 'm[0].op must be one of'],
    [[{ label: 'a', op: '=', value: 1 }], 'm[0].value must be a string, received number'],
    [[{ label: 'a', op: '=~', value: '(' }], 'm[0].value must be a supported pattern, received "("'],
  ])('refuse %j', (matchers, problem) => {
    expect(() => compileMatchers(matchers as LabelMatcher[], 'm')).toThrow(problem);
  });
});

describe('MatcherIndex', () => {
  it('finds what trying all would find, whatever was added and taken out', () => {
    const entries = fc.array(fc.record({ matchers: matchersArbitrary, stays: fc.boolean() }), {
      maxLength: 40,
      size: 'max',
    });
    fc.assert(
      fc.property(entries, labelsArbitrary, (all, labels) => {
        const index = new MatcherIndex<number>();
        const postings = all.map(({ matchers }, position) => index.add(compileMatchers(matchers), position));
        for (const [position, { stays }] of all.entries()) if (!stays) index.remove(postings[position]!);
        const found: number[] = [];
        index.collect(labels, found);
        const expected = [...all.keys()].filter((at) => all[at]!.stays && naiveMatches(all[at]!.matchers, labels));
        expect(found.sort((a, b) => a - b)).toEqual(expected);
      }),
      { numRuns: propertyRuns() * 5 },
    );
  });

  it('keeps each entry under its rarest text, so that one text of all costs nothing', () => {
    const index = new MatcherIndex<number>();
    for (let host = 0; host < 1_000; host += 1) {
      const matchers = [
        { label: 'env', op: '=', value: 'prod' },
        { label: 'host', op: '=~', value: `web-${host}\\..*` },
      ] as const;
      index.add(compileMatchers(matchers), host);
    }
    const tried = vi.spyOn(CompiledMatchers.prototype, 'matches');
    const found: number[] = [];
    index.collect({ env: 'prod', host: 'web-500.eu' }, found);
    expect(found).toEqual([500]);
    expect(tried.mock.calls.length).toBeLessThanOrEqual(3);
    tried.mockRestore();
  });
});
