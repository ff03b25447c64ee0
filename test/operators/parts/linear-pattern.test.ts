import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinearPattern } from '../../../src/operators/parts/linear-pattern.js';
import { propertyRuns } from '../../support/property.js';

function matches(pattern: string, text: string): boolean {
  return new LinearPattern(pattern).matches(text);
}

const oneOf = (...texts: readonly string[]) => fc.constantFrom(...texts);
const atoms = oneOf(
  'a',
  'b',
  'c',
  '.',
  '[ab]',
  '[^a]',
  '[a-c]',
  '[^-b]',
  '[b\\-]',
  '\\d',
  '\\W',
  '\\s',
  '\\.',
  'é',
  '😀',
);
const quantifiers = oneOf('', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '{0}');

/** Patterns of all kinds, nested; small, because RegExp takes exponential time for some. */
const patterns: fc.Arbitrary<string> = fc.letrec<{ pattern: string; piece: string; group: string }>((tie) => ({
  pattern: fc
    .array(fc.array(tie('piece'), { maxLength: 3 }), { minLength: 1, maxLength: 3 })
    .map((choices) => choices.map((pieces) => pieces.join('')).join('|')),
  piece: fc
    .tuple(fc.oneof({ maxDepth: 2 }, atoms, tie('group')), quantifiers)
    .map(([atom, quantifier]) => atom + quantifier),
  group: fc.tuple(oneOf('(', '(?:'), tie('pattern')).map(([open, inner]) => `${open}${inner})`),
})).pattern;

const texts = fc
  .array(oneOf('a', 'b', 'c', '1', '-', '.', ' ', '\n', 'é', '😀'), { maxLength: 6 })
  .map((signs) => signs.join(''));

describe('LinearPattern', () => {
  it('says what RegExp says of the whole text, for every pattern that it supports', () => {
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        let compiled: LinearPattern;
        try {
          compiled = new LinearPattern(pattern);
        } catch (error) {
          expect(String(error)).toMatch(/more than (256 characters|512 states)|pattern of more/);
          return;
        }
        expect(compiled.matches(text)).toBe(new RegExp(`^(?:${pattern})$`, 'su').test(text));
      }),
      { numRuns: propertyRuns() * 5 },
    );
  });

  it('compares the whole text', () => {
    expect(matches('b+', 'abb')).toBe(false);
    expect(matches('b+', 'bba')).toBe(false);
    expect(matches('', '')).toBe(true);
    expect(matches('', 'a')).toBe(false);
  });

  it.each(['(a+)+b', '(a|a)*b', '(a*)*b', '(a|ab)*(ba|a)*c', '(.*)*(.*)*(.*)*b', '(a?){100}a{100}b'])(
    'F answers %s, at which RegExp goes on for ever, within the same few steps a character',
    (pattern) => {
      const compiled = new LinearPattern(pattern);
      expect(compiled.matches('a'.repeat(5_000))).toBe(false);
    },
  );

  it('knows the characters with which every match begins', () => {
    expect(new LinearPattern('db-[0-9]+')).toMatchObject({ prefix: 'db-', isLiteral: false });
    expect(new LinearPattern('db-1\\.eu')).toMatchObject({ prefix: 'db-1.eu', isLiteral: true });
    expect(new LinearPattern('a|ab')).toMatchObject({ prefix: '', isLiteral: false });
    expect(new LinearPattern('ab*')).toMatchObject({ prefix: 'a', isLiteral: false });
  });

  it.each([
    ['(a', 'a ( that is not closed, at character 3'],
    ['a)', 'a ) that closes nothing'],
    ['*a', 'a * with nothing before it'],
    ['a**', 'a * with nothing before it'],
    ['a+?', 'a ? with nothing before it'],
    ['a{2', 'a { without'],
    ['a{,2}', 'a { without'],
    ['a{3,2}', 'a { without'],
    ['a{1001}', 'more than 1000 repeats'],
    ['{2}', 'a { with nothing before it'],
    ['a]', 'a ] with nothing before it'],
    ['[a', 'a [ that is not closed'],
    ['[]', 'an empty set'],
    ['[b-a]', 'a range that is none'],
    ['[\\d-z]', 'a range that is none'],
    ['a\\', 'a backslash at the end'],
    ['\\b', '\\b, which is not supported'],
    ['(a)\\1', '\\1, which is not supported'],
    ['(?=a)', 'a (? that is not (?:'],
    ['(?<name>a)', 'a (? that is not (?:'],
    ['^a', 'a ^, where the whole text is compared anyway'],
    ['a$', 'a $, where the whole text is compared anyway'],
    ['a'.repeat(257), 'more than 256 characters'],
    ['((a{100}){100}){100}', 'more than 512 states'],
    ['(((){1000}){1000}){1000}|a{513}', 'more than 512 states'],
  ])('refuses %s', (pattern, problem) => {
    expect(() => new LinearPattern(pattern)).toThrow(RangeError);
    expect(() => new LinearPattern(pattern)).toThrow(problem);
  });
});
