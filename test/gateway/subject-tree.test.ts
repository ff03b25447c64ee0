import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SubjectTree } from '../../src/gateway/subject-tree.js';
import { subjectMatches } from '../../src/model/subject.js';
import { propertyRuns } from '../support/property.js';

const token = fc.constantFrom('a', 'b', 'c');
const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));
const pattern = fc
  .tuple(fc.array(fc.oneof(token, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([tokens, tail]) => (tail ? [...tokens, '>'] : tokens).join('.'));

describe('subject tree', () => {
  it('finds the patterns that match a subject, as the matcher says', () => {
    const property = fc.property(fc.uniqueArray(pattern), subject, (patterns, probe) => {
      const tree = new SubjectTree<string>();
      for (const each of patterns) tree.add(each, each);
      expect(tree.matching(probe).sort()).toEqual(patterns.filter((each) => subjectMatches(each, probe)).sort());
    });
    fc.assert(property, { numRuns: propertyRuns() });
  });

  it('finds the subjects that a pattern matches, as the matcher says', () => {
    const property = fc.property(fc.uniqueArray(subject), pattern, (subjects, probe) => {
      const tree = new SubjectTree<string>();
      for (const each of subjects) tree.add(each, each);
      expect(tree.within(probe).sort()).toEqual(subjects.filter((each) => subjectMatches(probe, each)).sort());
    });
    fc.assert(property, { numRuns: propertyRuns() });
  });

  it('forgets what is deleted and nothing else', () => {
    const property = fc.property(fc.uniqueArray(pattern), fc.uniqueArray(pattern), subject, (kept, gone, probe) => {
      const tree = new SubjectTree<string>();
      const leaving = gone.filter((each) => !kept.includes(each));
      for (const each of [...kept, ...leaving]) tree.add(each, each);
      for (const each of leaving) tree.delete(each, each);
      expect(tree.matching(probe).sort()).toEqual(kept.filter((each) => subjectMatches(each, probe)).sort());
    });
    fc.assert(property, { numRuns: propertyRuns() });
  });

  it('keeps several values under one subject apart', () => {
    const tree = new SubjectTree<number>();
    tree.add('a.b', 1);
    tree.add('a.b', 2);
    tree.delete('a.b', 1);
    tree.delete('a.c', 2);
    expect(tree.matching('a.b')).toEqual([2]);
  });
});
