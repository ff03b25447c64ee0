import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, renderProblem, renderProblems } from '../../src/config/index.js';
import { load, problemsOf } from './load-from.js';

function rendered(text: string, color = false): string {
  return renderProblems(problemsOf(text), { color });
}

describe('a rendered problem', () => {
  it('P32 names code, file, line, column, the value found and what is allowed, and underlines it', () => {
    expect(rendered('rules:\n\n  - id: cpu\n    severty: critical\n    metric: cpu.usage\n    when: "> 80"\n')).toBe(
      [
        'CFG204  tocsin.yaml:4:5  unknown key "severty" in rules[0]',
        '   3 │   - id: cpu',
        '   4 │     severty: critical',
        '     │     ^^^^^^^',
        '   did you mean "severity"?  one of: low, medium, high, critical',
      ].join('\n'),
    );
  });

  it('has no line before it when it stands on the first one', () => {
    expect(rendered('prefix: a.b')).toBe(
      [
        'CFG211  tocsin.yaml:1:9  prefix must be one subject token, found "a.b"',
        '   1 │ prefix: a.b',
        '     │         ^^^',
        '   allowed: 1 to 32 characters of A-Z a-z 0-9 _ -',
      ].join('\n'),
    );
  });

  it('is separated from the next one by a blank line', () => {
    expect(rendered('a: 1\nb: 2').split('\n\n')).toHaveLength(2);
  });

  it('has the same text with colours as without', () => {
    const plain = rendered('prefix: a.b\nrulez: []');
    const coloured = rendered('prefix: a.b\nrulez: []', true);
    expect(plain).not.toContain('\x1b');
    expect(coloured).toContain('\x1b[31m');
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });

  it('sends no control character of the file to the terminal', () => {
    const shown = rendered('prefix: "\u009b31mred\u0007"');
    expect(shown).not.toContain('\u009b');
    expect(shown).not.toContain('\u0007');
  });

  it('shows the part of a very long line where the fault is', () => {
    const text = `{presets: [cpu], tags: ${'x'.repeat(500)}, prefix: a.b}`;
    const frame = renderProblems(
      problemsOf(text).filter(({ path }) => path === 'prefix'),
      { color: false },
    ).split('\n');
    expect(frame[1]!.length).toBeLessThan(140);
    const carets = frame[2]!.indexOf('^');
    expect(frame[1]!.slice(carets, carets + 3)).toBe('a.b');
  });

  it('P46 underlines what is left of a line out of which secrets were taken, and names the place in the file', () => {
    const text = 'nats: {password: hunter2-and-longer, token: short, prefix: x}';
    const [problem] = problemsOf(text).filter(({ code }) => code === 'CFG204');
    const [head, row, carets] = renderProblem(problem!, { color: false }).split('\n');
    expect(head).toContain(`tocsin.yaml:1:${text.indexOf('prefix') + 1}`);
    expect(row).toBe('   1 │ nats: {password: [secret], token: [secret], prefix: x}');
    expect(carets).toBe(`     │ ${' '.repeat(row!.indexOf('prefix') - 7)}${'^'.repeat('prefix'.length)}`);
  });

  it('P46 underlines the mark where a secret stood', () => {
    const { warnings } = load('nats: {token: a-secret-that-is-long}');
    const [, row, carets] = renderProblems(warnings, { color: false }).split('\n');
    expect(carets!.indexOf('^')).toBe(row!.indexOf('[secret]'));
    expect(carets!.length).toBe(row!.indexOf('[secret]') + '[secret]'.length);
  });

  it('shows the code in yellow when it is only a warning', () => {
    const { warnings } = load('nats: {token: abcdef}');
    expect(renderProblems(warnings, { color: true }).startsWith('\x1b[33mCFG401\x1b[0m')).toBe(true);
  });
});

describe('a refused configuration', () => {
  it('is an error with the code config_invalid, whose message lists every problem', () => {
    const refused = () => load('prefix: a.b\nrulez: []');
    expect(refused).toThrow(ConfigError);
    expect(refused).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    expect(refused).toThrow(/CFG211 {2}tocsin.yaml:1:9 .*\nCFG204 {2}tocsin.yaml:2:1 /);
  });

  it('carries every field of its problems as plain data', () => {
    const [problem] = problemsOf('rules: []\nrulez: true');
    expect(JSON.parse(JSON.stringify(problem))).toEqual({
      code: 'CFG204',
      message: 'unknown key "rulez"',
      path: 'rulez',
      file: 'tocsin.yaml',
      line: 2,
      column: 1,
      length: 5,
      excerpt: ['rules: []', 'rulez: true'],
      found: true,
      hint: 'did you mean "rules"?',
    });
  });
});
