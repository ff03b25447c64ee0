import { describe, expect, it } from 'vitest';
import { interpolate } from '../../src/config/interpolate.js';

const from = {
  env: { HOST: 'web', EMPTY: '', NESTED: `\${HOST}` } as Record<string, string>,
  readFile: (path: string) => {
    if (path === '/run/token') return 'abc\n';
    throw Object.assign(new Error('missing'), { code: 'ENOENT' });
  },
};

describe('references in strings', () => {
  it('are filled in from the environment and from files, several in one string', () => {
    const { tree, findings } = interpolate({ a: [`x-\${HOST}-\${file:/run/token}-y`], n: 7 }, from);
    expect(tree).toEqual({ a: ['x-web-abc-y'], n: 7 });
    expect(findings).toEqual([]);
  });

  it('make what they bring a secret', () => {
    expect(interpolate({ a: `\${HOST}`, b: `\${file:/run/token}` }, from).secrets).toEqual(['web', 'abc']);
  });

  it('may bring an empty value', () => {
    expect(interpolate(`a\${EMPTY}b`, from).tree).toBe('ab');
  });

  it('are not looked for in what a reference brought', () => {
    expect(interpolate(`\${NESTED}`, from).tree).toBe(`\${HOST}`);
  });

  it('are written with a second dollar when they are meant as text', () => {
    expect(interpolate(`costs $\${HOST} and $5`, from).tree).toBe(`costs \${HOST} and $5`);
  });

  it('do not stand in keys', () => {
    expect(interpolate({ [`\${HOST}`]: 1 }, from).tree).toEqual({ [`\${HOST}`]: 1 });
  });

  it.each([
    [`\${MISSING}`, 'CFG103'],
    [`\${toString}`, 'CFG103'],
    [`\${file:/run/other}`, 'CFG104'],
    [`\${file:}`, 'CFG105'],
    [`\${}`, 'CFG105'],
    [`\${A B}`, 'CFG105'],
    [`open \${HOST`, 'CFG105'],
  ])('%s is %s at its path', (text, code) => {
    const { findings } = interpolate({ list: ['ok', text] }, from);
    expect(findings.map((finding) => [finding.code, finding.path])).toEqual([[code, ['list', 1]]]);
  });

  it('end at a depth that no stack minds', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(interpolate(loop, from).findings.map(({ code }) => code)).toEqual(['CFG102']);
  });
});
