import fc from 'fast-check';
import type { LabelMatcher, Labels } from '../../src/operators/parts/matchers.js';

/** All matchers hold, by the built-in means. */
export function naiveMatches(matchers: readonly LabelMatcher[], labels: Labels): boolean {
  return matchers.every(({ label, op, value }) => {
    const text = labels[label] ?? '';
    if (op === '=') return text === value;
    if (op === '!=') return text !== value;
    if (op === '^=') return text.startsWith(value);
    return new RegExp(`^(?:${value})$`, 'su').test(text) === (op === '=~');
  });
}

const names = fc.constantFrom('a', 'b', 'c');
const values = fc.constantFrom('', 'x', 'xy', 'y', 'yx', 'z');
const patterns = fc.constantFrom('', 'x', 'x.*', '.*y', 'x|y', '[xy]+', 'xy?', 'z{0,2}');

const matcher: fc.Arbitrary<LabelMatcher> = fc.oneof(
  fc.record({ label: names, op: fc.constantFrom('=', '=', '!=', '^='), value: values }),
  fc.record({ label: names, op: fc.constantFrom('=~', '!~'), value: patterns }),
);

export const matchersArbitrary = fc.array(matcher, { minLength: 1, maxLength: 3 });

export const labelsArbitrary: fc.Arbitrary<Labels> = fc.dictionary(names, values, {
  maxKeys: 3,
  noNullPrototype: true,
});
