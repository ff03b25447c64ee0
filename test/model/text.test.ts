import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/model/errors.js';
import { formatComparison, parseComparison } from '../../src/model/rule.js';
import { parseSeriesKey, seriesKey, seriesSubject } from '../../src/model/series.js';
import { subjectContains, subjectMatches, subjectProblem } from '../../src/model/subject.js';
import { matchesWildcard } from '../../src/model/wildcard.js';

const token = fc.constantFrom('a', 'b', 'c');
const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));
const pattern = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '*'), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([tokens, tail]) => [...tokens, ...(tail ? ['>'] : [])].join('.'));

describe('subjects', () => {
  it('a pattern matches like the regular expression that says the same', () => {
    fc.assert(
      fc.property(pattern, subject, (p, s) => {
        const source = p.replaceAll('.', '\\.').replaceAll('*', '[^.]+').replaceAll('>', '.+');
        expect(subjectMatches(p, s)).toBe(new RegExp(`^${source}$`).test(s));
      }),
    );
  });

  it('what a contained pattern matches, the containing one matches too', () => {
    fc.assert(
      fc.property(pattern, pattern, subject, (outer, inner, s) => {
        fc.pre(subjectContains(outer, inner) && subjectMatches(inner, s));
        expect(subjectMatches(outer, s)).toBe(true);
      }),
    );
  });

  it('a pattern with an inner > or an empty token, and a subject with a wildcard, a space or a line break are refused', () => {
    for (const bad of ['', 'a..b', 'a.>.b', '.a', 'a b', 'a\r\nPUB x'])
      expect(subjectProblem(bad, { wildcards: true })).toBeDefined();
    expect(subjectProblem('a.*', { wildcards: false })).toBeDefined();
    expect(subjectProblem('a.*.>', { wildcards: true })).toBeUndefined();
  });

  it('P30 a series has one canonical subject, whatever its source is called', () => {
    expect(seriesSubject('cpu.usage', 'web.eu 1')).toBe('metrics.web-eu-1.cpu.usage');
  });

  it('P30 two series never share a key', () => {
    const text = fc.string({ maxLength: 4, unit: fc.constantFrom('a', '|', ',', '=', '\\') });
    const labels = fc.dictionary(text, text, { maxKeys: 2 });
    fc.assert(
      fc.property(text, text, labels, text, text, labels, (n1, s1, l1, n2, s2, l2) => {
        const same =
          n1 === n2 &&
          s1 === s2 &&
          JSON.stringify(Object.entries(l1).sort()) === JSON.stringify(Object.entries(l2).sort());
        expect(seriesKey(n1, s1, l1) === seriesKey(n2, s2, l2)).toBe(same);
      }),
    );
  });
});

describe('series keys', () => {
  it('P30 a series key is read back as what it was made of', () => {
    const text = fc.string({ maxLength: 5, unit: fc.constantFrom('a', '|', ',', '=', '\\', '\n') });
    const labels = fc.dictionary(text, text, { maxKeys: 3 });
    fc.assert(
      fc.property(text, text, labels, (name, source, given) => {
        expect(parseSeriesKey(seriesKey(name, source, given))).toEqual({ name, source, labels: { ...given } });
      }),
    );
  });
});

describe('wildcards', () => {
  it('a wildcard matches like the regular expression that says the same', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 });
    const plain = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    fc.assert(
      fc.property(text, plain, (p, s) => {
        expect(matchesWildcard(p, s)).toBe(new RegExp(`^${p.replaceAll('*', '.*')}$`).test(s));
      }),
    );
  });
});

describe('comparisons', () => {
  it('P31 every operator is read and written back', () => {
    for (const text of ['> 80', '>= 1.5', '< -3', '<= 0', '== 7', '!= 0', 'between [20, 30]', 'outside [-1, 1]']) {
      expect(formatComparison(parseComparison(text)!)).toBe(text);
    }
  });

  it('P31 what is not a comparison is refused', () => {
    for (const text of ['', '80', '=> 3', '> x', '> Infinity', 'between [3, 1]', 'between 1 2']) {
      expect(parseComparison(text), text).toBeUndefined();
    }
  });
});

describe('error codes', () => {
  it('every code is a lower-case word with a meaning', () => {
    for (const [code, meaning] of Object.entries(errorCodes)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(meaning.length).toBeGreaterThan(10);
    }
  });
});
