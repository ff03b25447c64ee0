import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import {
  type ConfigInput,
  configJsonSchema,
  problemCodes,
  renderProblems,
  resolveConfig,
} from '../../src/config/index.js';
import { problemsOf, refusalOf } from './load-from.js';

const example = readFileSync(new URL('../../examples/tocsin.yaml', import.meta.url), 'utf8');
const keys = [...new Set(JSON.stringify(configJsonSchema()).match(/[A-Za-z]+/g))];

/** Every problem has a known code and a place inside the text, and can be shown. */
function expectSound(text: string): void {
  const lines = text.split(/\r?\n/);
  for (const problem of problemsOf(text)) {
    expect(problemCodes).toHaveProperty(problem.code);
    expect(problem.line).toBeGreaterThanOrEqual(1);
    expect(problem.line).toBeLessThanOrEqual(lines.length);
    expect(problem.column).toBeGreaterThanOrEqual(1);
    expect(problem.excerpt?.at(-1)).toBeTypeOf('string');
    expect(renderProblems([problem], { color: false })).toContain('^');
  }
}

describe('whatever the file holds, it is accepted or refused with problems', () => {
  it('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), expectSound));
  });

  it('any text of the characters that mean something in YAML', () => {
    const piece = fc.constantFrom(
      ...'{}[]:,-&*!|>\'"%@`#? \n\t~<',
      ...keys.slice(0, 60),
      '&a',
      '*a',
      '<<: ',
      `\${X}`,
      '---\n',
      '!!map',
      '0x1',
      '.inf',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => expectSound(pieces.join(''))),
      { numRuns: 200 },
    );
  });

  it('any value under any key', () => {
    const key = fc.constantFrom(...keys, '__proto__', 'constructor', 'toString');
    const leaf = fc.oneof(
      fc.constantFrom('30s', '> 80', 'log', '*', 'high', `\${X}`, 'between [2, 1]', '', null, true),
      fc.double(),
      fc.string(),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 5, withCrossShrink: true }, leaf, tie('map'), tie('list')),
      map: fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
      list: fc.array(tie('tree'), { maxLength: 4 }),
    }));
    fc.assert(
      fc.property(tree, (value) => expectSound(stringify(value))),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(tree, (value) => void refusalOf(() => resolveConfig(value as ConfigInput))),
      { numRuns: 200 },
    );
  });

  it('the example with a part cut out, doubled or replaced', () => {
    const at = fc.nat(example.length);
    fc.assert(
      fc.property(at, fc.nat(40), fc.string({ maxLength: 5 }), (start, length, patch) =>
        expectSound(example.slice(0, start) + patch + example.slice(start + length)),
      ),
      { numRuns: 100 },
    );
  });

  it.each([
    ['a list that is deeper than any stack', '['.repeat(20_000)],
    ['a map that is deeper than any stack', '{a: '.repeat(20_000)],
    ['an anchor inside itself', 'rules: &a [*a]'],
    [
      'aliases that multiply',
      `a: &a [x,x]\n${[...'bcdefghijkl'].map((c, i) => `${c}: &${c} [*${'abcdefghijkl'[i]},*${'abcdefghijkl'[i]}]`).join('\n')}`,
    ],
    ['a null byte', 'prefix: "a\0b"'],
    ['lone surrogates', 'prefix: "\ud800"'],
    ['bytes that are no text', 'prefix: \ufffd\ufeff'],
  ])('%s', (_, text) => {
    expect(problemsOf(text).length).toBeGreaterThan(0);
    expectSound(text);
  });
});
