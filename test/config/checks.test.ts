import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonValue } from '../../src/config/checks/conditions.js';
import { parseComparison } from '../../src/model/rule.js';
import { subjectMatches, subjectsOverlap } from '../../src/model/subject.js';
import { load, problemsOf } from './load-from.js';

describe('clear and when', () => {
  it.each([
    ['> 80', '<= 80'],
    ['>= 80', '< 80'],
    ['> 80', 'between [0, 70]'],
    ['outside [10, 20]', 'between [12, 18]'],
    ['between [10, 20]', 'outside [10, 20]'],
    ['== 1', '!= 1'],
    ['!= 0', '== 0'],
  ])('when "%s" and clear "%s" get along', (when, clear) => {
    expect(commonValue(parseComparison(when)!, parseComparison(clear)!)).toBeUndefined();
  });

  it.each([
    ['> 80', '> 70'],
    ['> 80', '> 90'],
    ['> 80', '!= 80'],
    ['>= 80', '<= 80'],
    ['< 10', '> 5'],
    ['between [10, 20]', 'outside [11, 20]'],
    ['!= 0', '< 1'],
    ['< -1e300', '< 1e300'],
  ])('when "%s" and clear "%s" hold at the same value', (when, clear) => {
    expect(commonValue(parseComparison(when)!, parseComparison(clear)!)).toBeTypeOf('number');
  });

  it('are compared exactly: the answer is that of trying every value', () => {
    const bound = fc.integer({ min: 0, max: 6 });
    const simple = fc.tuple(fc.constantFrom('>', '>=', '<', '<=', '==', '!='), bound).map(([op, v]) => `${op} ${v}`);
    const range = fc
      .tuple(fc.constantFrom('between', 'outside'), bound, bound)
      .map(([op, a, b]) => `${op} [${Math.min(a, b)}, ${Math.max(a, b)}]`);
    const condition = fc.oneof(simple, range);
    const values = Array.from({ length: 33 }, (_, i) => i / 4 - 1);
    fc.assert(
      fc.property(condition, condition, (when, clear) => {
        const both = values.some((value) => bruteForce(when, value) && bruteForce(clear, value));
        expect(commonValue(parseComparison(when)!, parseComparison(clear)!) !== undefined).toBe(both);
      }),
    );
  });
});

function bruteForce(condition: string, value: number): boolean {
  const [op, ...numbers] = condition
    .replace(/[[\],]/g, ' ')
    .trim()
    .split(/\s+/);
  const [a = 0, b = 0] = numbers.map(Number);
  const inside = value >= a && value <= b;
  const answers: Readonly<Record<string, boolean>> = {
    '>': value > a,
    '>=': value >= a,
    '<': value < a,
    '<=': value <= a,
    '==': value === a,
    '!=': value !== a,
    between: inside,
    outside: !inside,
  };
  return answers[op!]!;
}

describe('input subjects', () => {
  it('overlap exactly when some subject matches both', () => {
    const letter = fc.constantFrom('a', 'b');
    const pattern = fc
      .tuple(fc.array(fc.oneof(letter, fc.constant('*')), { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([tokens, open]) => [...tokens, ...(open ? ['>'] : [])].join('.'));
    const subjects = allSubjects(5);
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const common = subjects.some((subject) => subjectMatches(one, subject) && subjectMatches(other, subject));
        expect(subjectsOverlap(one, other)).toBe(common);
      }),
    );
  });

  it('may lie under the prefix of another engine, not under the own one', () => {
    const text = (prefix: string) => `prefix: ${prefix}\ningest: {metrics: [{subject: tocsin.x}]}`;
    expect(problemsOf(text('other'))).toEqual([]);
    expect(problemsOf(text('tocsin')).map(({ code }) => code)).toEqual(['CFG309']);
  });

  it.each(['>', '*.x', '$SYS.>', '$JS.API.x', '_INBOX.x'])(
    'may not be %s, which is the property of others',
    (subject) => {
      const problems = problemsOf(`ingest: {metrics: [{subject: "${subject}"}], alerts: []}`);
      expect(problems.map(({ code }) => code)).toEqual(['CFG309']);
    },
  );
});

function allSubjects(length: number): string[] {
  const longer = (shorter: string[]) =>
    shorter.flatMap((s) => ['a', 'b'].map((token) => (s === '' ? token : `${s}.${token}`)));
  let last = [''];
  return Array.from({ length }, () => (last = longer(last))).flat();
}

describe('a rule reaches a channel', () => {
  const rule = '{id: a, metric: m, when: "> 1", severity: high}';
  const noLog =
    'channels: {log: {type: log, enabled: false}, console: {type: console, enabled: false}, x: {type: log}}';

  it.each([
    ['through a route', 'routes: [{channels: [x]}]'],
    ['through a route of every channel', 'routes: [{channels: ["*"]}]'],
    ['through a route that depends on labels', 'routes: [{match: {team: a}, channels: [x]}]'],
    ['through the default channels', 'defaultChannels: [x]'],
    [
      'through the default channels when no route takes it',
      'routes: [{minSeverity: critical, channels: [log]}]\ndefaultChannels: [x]',
    ],
    [
      'when its escalation makes it grave enough',
      'routes: [{minSeverity: critical, channels: [x]}]\nescalations: {e: {after: 1m}}',
    ],
  ])('%s', (_, sections) => {
    const escalating = sections.includes('escalations') ? rule.replace('}', ', escalation: e}') : rule;
    expect(problemsOf(`${noLog}\n${sections}\nrules: [${escalating}]`)).toEqual([]);
  });

  it.each([
    ['when log is all there is, and disabled', ''],
    ['when only routes of other categories would take it', 'routes: [{categories: [trade], channels: [x]}]'],
    ['when only graver alerts are taken', 'routes: [{minSeverity: critical, channels: [x]}]'],
    ['when a route that always takes it leads nowhere', 'routes: [{channels: [log]}]\ndefaultChannels: [x]'],
    ['when the route is switched off', 'routes: [{enabled: false, channels: [x]}]'],
  ])('but not %s', (_, sections) => {
    expect(problemsOf(`${noLog}\n${sections}\nrules: [${rule}]`).map(({ code, path }) => [code, path])).toEqual([
      ['CFG305', 'rules[0]'],
    ]);
  });

  it('and so does a preset', () => {
    expect(problemsOf(`${noLog}\npresets: [cpu]`).map(({ code, path }) => [code, path])).toEqual([
      ['CFG305', 'presets[0]'],
    ]);
  });

  it('and a channel may go by the name of a built-in one', () => {
    expect(load('channels: {log: {type: webhook, url: "http://a"}}\npresets: [cpu]').config.channels['log']?.type).toBe(
      'webhook',
    );
  });
});
