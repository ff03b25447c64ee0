import { describe, expect, it } from 'vitest';
import { load, problemsOf } from './load-from.js';

const rules = 'rules: [{ id: host-down, metric: host.up, when: "< 1" }]\n';

function found(inhibit: string): string[] {
  return problemsOf(`${rules}inhibit: [${inhibit}]`).map(({ code, path }) => `${code} ${path}`);
}

describe('inhibit', () => {
  it('is complete with what is left out', () => {
    const { config } = load(`${rules}inhibit: [{ source: { rule: host-down }, target: { category: "perf*" } }]`);
    expect(config.inhibit).toEqual([
      { id: 'inhibit-1', source: { rule: 'host-down' }, target: { category: 'perf*' }, equal: [] },
    ]);
    expect(load('').config.inhibit).toEqual([]);
  });

  it.each([
    ['{ source: { rule: host-down } }', 'CFG202 inhibit[0].target'],
    ['{ source: {}, target: { category: a } }', 'CFG209 inhibit[0].source'],
    ['{ source: { severity: hihg }, target: { category: a } }', 'CFG203 inhibit[0].source.severity'],
    ['{ source: { tag: "a*" }, target: { category: a } }', 'CFG210 inhibit[0].source.tag'],
    [`{ source: { zone: "*${'a'.repeat(120)}" }, target: { category: a } }`, 'CFG210 inhibit[0].source.zone'],
    ['{ source: { zone: a }, target: { zone: b }, equal: [tag] }', 'CFG302 inhibit[0].equal[0]'],
    [
      '{ id: a, source: { zone: a }, target: { zone: b } }, { id: a, source: { zone: c }, target: { zone: d } }',
      'CFG301 inhibit[1].id',
    ],
    [
      '{ id: inhibit-2, source: { zone: a }, target: { zone: b } }, { source: { zone: c }, target: { zone: d } }',
      'CFG301 inhibit[1]',
    ],
    ['{ source: { zone: a }, target: { zone: b } }, { source: { zone: b }, target: { zone: a } }', 'CFG315 inhibit[1]'],
  ])('%s is refused with %s', (inhibit, problem) => {
    expect(found(inhibit)).toEqual([problem]);
  });

  it('takes every value that passes its checks', () => {
    const pattern = `${'\\\\('.repeat(30)}*${')'.repeat(20)}`;
    expect(found(`{ source: { zone: "${pattern}" }, target: { zone: "${'a'.repeat(250)}*" }, equal: [zone] }`)).toEqual(
      [],
    );
    expect(found('{ source: { severity: "*" }, target: { tag: a } }')).toEqual([]);
  });

  it('warns of a rule that is not there', () => {
    const { warnings } = load(`${rules}inhibit: [{ source: { rule: host-donw }, target: { category: a } }]`);
    expect(warnings).toMatchObject([
      { code: 'CFG404', path: 'inhibit[0].source.rule', hint: 'did you mean "host-down"?' },
    ]);
  });
});
