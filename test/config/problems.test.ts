import { describe, expect, it } from 'vitest';
import { type ConfigProblem, type ProblemCode, problemCodes } from '../../src/config/index.js';
import { load, problemsOf } from './load-from.js';

/** One mistake each: what is written, and code, path, line and column of what is said about it. */
const mistakes: readonly [what: string, text: string, code: ProblemCode, path: string, line: number, column: number][] =
  [
    ['an unclosed list', 'rules: [', 'CFG101', '', 1, 9],
    ['a tab as indentation', 'nats:\n\turl: x', 'CFG101', '', 2, 1],
    ['a key that stands twice', 'prefix: a\nprefix: b', 'CFG101', '', 2, 1],
    ['an unknown tag', 'prefix: !secret x', 'CFG102', '', 1, 9],
    ['two documents', 'prefix: a\n---\nprefix: b', 'CFG102', '', 2, 1],
    ['a key that is a list', '[a]: 1', 'CFG102', '', 1, 1],
    ['an alias that nobody defined', 'prefix: *nobody', 'CFG102', '', 1, 1],
    ['an unset variable', `nats: {token: "\${NOPE}"}`, 'CFG103', 'nats.token', 1, 15],
    ['a secret file that is missing', `nats: {token: "\${file:/nope}"}`, 'CFG104', 'nats.token', 1, 15],
    ['a malformed reference', `nats: {token: "\${a-b}"}`, 'CFG105', 'nats.token', 1, 15],

    ['a list where a map belongs', '- rules', 'CFG201', '', 1, 3],
    ['a text where a list belongs', 'presets: cpu', 'CFG201', 'presets', 1, 10],
    ['a map where a list belongs', 'rules:\n  id: cpu\n', 'CFG201', 'rules', 1, 1],
    ['a fraction where a whole number belongs', 'delivery: {maxRetries: 1.5}', 'CFG201', 'delivery.maxRetries', 1, 24],
    ['a number that is none', 'history: {maxAlerts: .nan}', 'CFG201', 'history.maxAlerts', 1, 22],
    ['a missing metric', 'rules:\n  - id: a\n    when: "> 1"', 'CFG202', 'rules[0].metric', 2, 5],
    ['a missing channel type', 'channels:\n  x: {enabled: true}', 'CFG202', 'channels.x.type', 2, 3],
    ['an unknown severity', 'routes: [{channels: [log], minSeverity: hi}]', 'CFG203', 'routes[0].minSeverity', 1, 41],
    ['an unknown preset', 'presets: [cpu, heart]', 'CFG203', 'presets[1]', 1, 16],
    ['an unknown channel type', 'channels: {x: {type: pigeon}}', 'CFG203', 'channels.x.type', 1, 22],
    ['an unknown rate key', 'rateLimit: {key: host}', 'CFG203', 'rateLimit.key', 1, 18],
    ['an unknown dedupe key', 'dedupe: {key: [title, body]}', 'CFG203', 'dedupe.key[1]', 1, 23],
    ['an unknown codec', 'ingest: {metrics: [{subject: m.>, codec: xml}]}', 'CFG203', 'ingest.metrics[0].codec', 1, 42],
    ['an unknown section', 'inhibits: []', 'CFG204', 'inhibits', 1, 1],
    ['an unknown key of a channel', 'channels: {x: {type: log, url: y}}', 'CFG204', 'channels.x.url', 1, 27],
    ['a duration without unit', 'dedupe: {window: 300}', 'CFG205', 'dedupe.window', 1, 18],
    ['a duration of nothing', 'delivery: {timeout: 0s}', 'CFG205', 'delivery.timeout', 1, 21],
    ['a negative duration', 'delivery: {maxAge: -1h}', 'CFG205', 'delivery.maxAge', 1, 20],
    ['an unknown unit of size', 'history: {maxBytes: 1GB}', 'CFG206', 'history.maxBytes', 1, 21],
    ['a size of nothing', 'history: {maxBytes: 0B}', 'CFG206', 'history.maxBytes', 1, 21],
    ['a condition without operator', 'rules: [{id: a, metric: m, when: "80"}]', 'CFG207', 'rules[0].when', 1, 34],
    ['a range upside down', 'rules: [{id: a, metric: m, when: "between [9, 1]"}]', 'CFG207', 'rules[0].when', 1, 34],
    ['a number out of range', 'delivery: {maxRetries: -1}', 'CFG208', 'delivery.maxRetries', 1, 24],
    [
      'an escalation that never escalates',
      'escalations: {a: {after: 1m, max: 0}}',
      'CFG208',
      'escalations.a.max',
      1,
      35,
    ],
    [
      'a rate window that admits nobody',
      'rateLimit: {windows: [{max: 0, per: 1m}]}',
      'CFG208',
      'rateLimit.windows[0].max',
      1,
      29,
    ],
    ['a stray brace in a template', 'templates: {t: {title: "{a b}", body: x}}', 'CFG210', 'templates.t.title', 1, 24],
    ['a template without body', 'templates: {t: {title: x}}', 'CFG202', 'templates.t.body', 1, 13],
    ['no condition', 'rules: [{id: a, metric: m}]', 'CFG202', 'rules[0].when', 1, 10],
    ['levels without any', 'rules: [{id: a, metric: m, levels: {}}]', 'CFG209', 'rules[0].levels', 1, 36],
    [
      'levels and a condition',
      'rules: [{id: a, metric: m, when: "> 1", levels: {low: {when: "> 2"}}}]',
      'CFG302',
      'rules[0].when',
      1,
      28,
    ],
    [
      'a level that is no severity',
      'rules: [{id: a, metric: m, levels: {urgent: {when: "> 2"}}}]',
      'CFG204',
      'rules[0].levels.urgent',
      1,
      37,
    ],
    [
      'a level that fires and clears at one value',
      'rules: [{id: a, metric: m, levels: {low: {when: "> 2", clear: "< 5"}}}]',
      'CFG306',
      'rules[0].levels.low.clear',
      1,
      63,
    ],
    [
      'more samples than are looked at',
      'rules: [{id: a, metric: m, when: "> 1", nOf: [4, 3]}]',
      'CFG302',
      'rules[0].nOf',
      1,
      46,
    ],
    [
      'flapping that ends above its start',
      'rules: [{id: a, metric: m, when: "> 1", flap: {high: 0.2}}]',
      'CFG302',
      'rules[0].flap',
      1,
      47,
    ],
    [
      'flapping that ends where it starts',
      'rules: [{id: a, metric: m, when: "> 1", flap: {high: 0.25}}]',
      'CFG302',
      'rules[0].flap',
      1,
      47,
    ],
    ['a condition beside absence', 'rules: [{id: a, metric: m, absent: 1m, for: 5s}]', 'CFG302', 'rules[0].for', 1, 40],
    [
      'sources that nobody waits for',
      'rules: [{id: a, metric: m, when: "> 1", expect: [web-1]}]',
      'CFG302',
      'rules[0].expect',
      1,
      41,
    ],
    [
      'a graver level that is met earlier',
      'rules: [{id: a, metric: m, levels: {medium: {when: "> 70"}, high: {when: "> 50"}}}]',
      'CFG302',
      'rules[0].levels.high.when',
      1,
      74,
    ],
    [
      'an unknown window function',
      'rules: [{id: a, metric: m, when: "> 1", window: {fn: mean, over: 1m}}]',
      'CFG203',
      'rules[0].window.fn',
      1,
      54,
    ],
    ['no rate window', 'rateLimit: {windows: []}', 'CFG209', 'rateLimit.windows', 1, 22],
    ['no channel', 'defaultChannels: []', 'CFG209', 'defaultChannels', 1, 18],
    ['a name that objects inherit', 'channels:\n  __proto__: {type: console}', 'CFG210', 'channels.__proto__', 2, 3],
    ['a blank name', 'rules: [{id: a, name: "  ", metric: m, when: "> 1"}]', 'CFG210', 'rules[0].name', 1, 23],
    [
      'a category in capitals',
      'rules: [{id: a, metric: m, when: "> 1", category: Trade}]',
      'CFG210',
      'rules[0].category',
      1,
      51,
    ],
    [
      'a number as label',
      'rules: [{id: a, metric: m, when: "> 1", labels: {p: 80}}]',
      'CFG210',
      'rules[0].labels.p',
      1,
      53,
    ],
    ['a channel called *', 'channels: {"*": {type: log}}', 'CFG210', 'channels["*"]', 1, 12],
    [
      'a header over two lines',
      'channels: {x: {type: webhook, url: "http://a", headers: {A: "b\\nc"}}}',
      'CFG210',
      'channels.x.headers.A',
      1,
      61,
    ],
    ['a malformed subject', 'ingest: {alerts: [{subject: alerts.>.x}]}', 'CFG211', 'ingest.alerts[0].subject', 1, 29],
    ['a prefix of two tokens', 'prefix: my.engine', 'CFG211', 'prefix', 1, 9],
    ['a webhook that is not http', 'channels: {x: {type: webhook, url: "ftp://a"}}', 'CFG212', 'channels.x.url', 1, 36],
    [
      'a password in a webhook URL',
      'channels: {x: {type: webhook, url: "http://u:p@a"}}',
      'CFG212',
      'channels.x.url',
      1,
      36,
    ],
    ['a malformed NATS address', 'nats: {url: ["nats://a", "http://b"]}', 'CFG212', 'nats.url[1]', 1, 26],
    ['a malformed listen address', 'gateway: {listen: "127.0.0.1:99999"}', 'CFG212', 'gateway.listen', 1, 19],

    [
      'an id used twice',
      rules('{id: a, metric: m, when: "> 1"}', '{id: a, metric: n, when: "> 1"}'),
      'CFG301',
      'rules[1].id',
      3,
      10,
    ],
    [
      'the id of a preset',
      `presets: [cpu]\n${rules('{id: cpu, metric: m, when: "> 1"}')}`,
      'CFG301',
      'rules[0].id',
      3,
      10,
    ],
    [
      'a route named twice',
      'routes: [{name: a, channels: [log]}, {id: a, channels: [log]}]',
      'CFG301',
      'routes[1].id',
      1,
      43,
    ],
    [
      'severity under both names',
      rules('{id: a, metric: m, when: "> 1", severity: low, priority: low}'),
      'CFG302',
      'rules[0].priority',
      2,
      52,
    ],
    [
      'both forms of an escalation',
      'escalations: {a: {levels: [{after: 1m}], after: 2m}}',
      'CFG302',
      'escalations.a.after',
      1,
      42,
    ],
    ['a server and none', 'nats: {url: a, inProcess: true}', 'CFG302', 'nats.inProcess', 1, 16],
    ['a user without password', 'nats: {user: a}', 'CFG302', 'nats.user', 1, 8],
    ['a certificate without key', 'nats: {tls: {certFile: a}}', 'CFG302', 'nats.tls.certFile', 1, 14],
    ['a backoff upside down', 'delivery: {backoff: {initial: 1m, max: 1s}}', 'CFG302', 'delivery.backoff.max', 1, 40],
    [
      'a backoff above the usual limit',
      'delivery: {backoff: {initial: 1m}}',
      'CFG302',
      'delivery.backoff.initial',
      1,
      31,
    ],
    [
      'an unknown channel of a rule',
      rules('{id: a, metric: m, when: "> 1", channels: [nope]}'),
      'CFG303',
      'rules[0].channels[0]',
      2,
      48,
    ],
    [
      'an unknown channel of a route',
      'routes: [{channels: [{name: nope}]}]',
      'CFG303',
      'routes[0].channels[0].name',
      1,
      29,
    ],
    ['an unknown default channel', 'defaultChannels: [consol]', 'CFG303', 'defaultChannels[0]', 1, 19],
    [
      'an unknown channel of an escalation',
      'escalations: {a: {levels: [{after: 1m, channels: [x]}]}}',
      'CFG303',
      'escalations.a.levels[0].channels[0]',
      1,
      51,
    ],
    [
      'an unknown escalation',
      rules('{id: a, metric: m, when: "> 1", escalation: nope}'),
      'CFG304',
      'rules[0].escalation',
      2,
      49,
    ],
    [
      'an unknown escalation of a route',
      'routes: [{channels: [log], escalation: nope}]',
      'CFG304',
      'routes[0].escalation',
      1,
      40,
    ],
    [
      'a rule without a channel',
      rules('{id: a, metric: m, when: "> 1", channels: [{name: log, enabled: false}]}'),
      'CFG305',
      'rules[0].channels',
      2,
      47,
    ],
    [
      'a step without a channel',
      'escalations: {a: {levels: [{after: 1m, channels: [{name: log, enabled: false}]}]}}',
      'CFG305',
      'escalations.a.levels[0].channels',
      1,
      50,
    ],
    [
      'a clear inside of when',
      rules('{id: a, metric: m, when: "> 80", clear: "> 70"}'),
      'CFG306',
      'rules[0].clear',
      2,
      45,
    ],
    ['an escalation without steps', 'escalations:\n  a: {levels: []}', 'CFG307', 'escalations.a.levels', 2, 15],
    ['an escalation without anything', 'escalations:\n  a: {max: 3}', 'CFG307', 'escalations.a', 2, 6],
    ['a gateway for everybody', 'gateway: {listen: "0.0.0.0:8420"}', 'CFG308', 'gateway.listen', 1, 19],
    [
      'inputs that overlap',
      'ingest: {metrics: [{subject: m.>}, {subject: m.cpu}]}',
      'CFG309',
      'ingest.metrics[1].subject',
      1,
      46,
    ],
    [
      'metrics where alerts arrive',
      'ingest: {metrics: [{subject: alerts.x}]}',
      'CFG309',
      'ingest.alerts[0].subject',
      1,
      1,
    ],
    [
      'the own events as input',
      'ingest: {metrics: [{subject: "tocsin.stats"}]}',
      'CFG309',
      'ingest.metrics[0].subject',
      1,
      30,
    ],
    [
      'a rest that is not the last token',
      'ingest: {metrics: [{subject: m.>, tokens: [name..., source]}]}',
      'CFG310',
      'ingest.metrics[0].tokens',
      1,
      43,
    ],
    [
      'a token given twice',
      'ingest: {metrics: [{subject: m.>, tokens: [source, _, source]}]}',
      'CFG310',
      'ingest.metrics[0].tokens',
      1,
      43,
    ],
    [
      'more tokens than the subject has',
      'ingest: {metrics: [{subject: m.*, tokens: [_, source, name]}]}',
      'CFG310',
      'ingest.metrics[0].tokens',
      1,
      43,
    ],
    [
      'fallbacks in a circle',
      'channels:\n  a: {type: log, fallback: b}\n  b: {type: log, fallback: a}',
      'CFG312',
      'channels.a.fallback',
      2,
      28,
    ],
    [
      'a secret in what is changed of a channel',
      'channels: {h: {type: webhook, url: "https://e.org"}}\nroutes:\n  - channels: [{name: h, headers: {X-Token: "1"}}]',
      'CFG313',
      'routes[0].channels[0].headers.X-Token',
      3,
      36,
    ],
    [
      'rules that mute each other',
      'inhibit:\n  - {source: {a: x}, target: {a: y}}\n  - {source: {a: y}, target: {a: x}}',
      'CFG315',
      'inhibit[1]',
      3,
      5,
    ],
    [
      'a rule with an unknown template',
      'rules:\n  - {id: a, metric: m, when: "> 1", template: nope}',
      'CFG314',
      'rules[0].template',
      2,
      47,
    ],
    ['channels with one subject', 'channels:\n  a.b: {type: log}\n  a-b: {type: log}', 'CFG311', 'channels.a-b', 3, 3],
  ];

function rules(...items: string[]): string {
  return `rules:\n${items.map((item) => `  - ${item}`).join('\n')}`;
}

function place({ code, path, line, column }: ConfigProblem) {
  return [code, path, line, column];
}

describe('P32 one mistake is one problem, at its place', () => {
  it.each(mistakes)('%s', (_, text, code, path, line, column) => {
    expect(problemsOf(text).map(place)).toEqual([[code, path, line, column]]);
  });

  it('and there is a mistake for each code', () => {
    const warnings = ['CFG401', 'CFG402', 'CFG403', 'CFG404'];
    const tried = new Set([...mistakes.map(([, , code]) => code), ...warnings]);
    expect(Object.keys(problemCodes).filter((code) => !tried.has(code))).toEqual([]);
  });
});

describe('problems', () => {
  it('P32 are all told at once, in the order of the file: shape, meaning and references together', () => {
    const problems = problemsOf(`
prefix: a b
rules:
  - {id: a, metric: m, when: 80, channels: [nope]}
  - {id: a, metric: m, when: "> 80", clear: "> 80", escalation: "\${NOPE}"}
channels: {hook: {type: webhook}}
surprise: true
`);
    expect(problems.map(({ code, line }) => [code, line])).toEqual([
      ['CFG211', 2],
      ['CFG207', 4],
      ['CFG303', 4],
      ['CFG301', 5],
      ['CFG306', 5],
      ['CFG103', 5],
      ['CFG202', 6],
      ['CFG204', 7],
    ]);
  });

  it('P32 do not cause others: a channel with a mistake is still known by its name', () => {
    const text = `${rules('{id: a, metric: m, when: "> 1", channels: [hook]}')}\nchannels: {hook: {type: webhok}}`;
    expect(problemsOf(text).map(({ code }) => code)).toEqual(['CFG203']);
  });

  it('P32 do not cause others: without a map of channels, nothing is said about their names', () => {
    const text = `${rules('{id: a, metric: m, when: "> 1", channels: [hook]}')}\nchannels: [hook]`;
    expect(problemsOf(text).map(({ code }) => code)).toEqual(['CFG201']);
  });

  it.each([
    ['maxBytes: 64kb', 'did you mean "64KiB"?', 'history'],
    ['window: 300', 'did you mean "300s"?', 'dedupe'],
    ['key: title', 'write a list: [title]', 'dedupe'],
  ])('say what was probably meant by %s', (written, hint, section) => {
    expect(problemsOf(`${section}: {${written}}`)[0]?.hint).toBe(hint);
  });

  it.each([
    ['"80%"', undefined],
    ['80', 'did you mean "> 80"?'],
    ['"=> 80"', 'did you mean ">= 80"?'],
    ['"= 80"', 'did you mean "== 80"?'],
    ['"> 80 %"', 'did you mean "> 80"?'],
    ['"outside [9, 1]"', 'the lower number comes first: "outside [1, 9]"'],
  ])('say what was probably meant by the condition %s', (when, hint) => {
    expect(problemsOf(rules(`{id: a, metric: m, when: ${when}}`))[0]?.hint).toBe(hint);
  });

  it('tell the value as it was written', () => {
    expect(problemsOf('prefix: a b')[0]).toMatchObject({ found: 'a b' });
  });

  it('P46 show neither what a reference brought nor a secret that is written out', () => {
    const text = `
nats: {token: my-literal-token, pasword: x}
prefix: "\${P}"
channels: {x: {type: webhook, url: "https://h/\${P}", timeout: 3}}`;
    const problems = problemsOf(text, { env: { P: 'not a token' } });
    expect(problems.map(({ code }) => code)).toEqual(['CFG204', 'CFG211', 'CFG205']);
    expect(JSON.stringify(problems)).not.toMatch(/my-literal-token|not a token/);
    expect(problems[1]).toMatchObject({ found: `\${P}` });
  });

  it.each([
    'nats: {url: "nats://me:pass%40word@h/path"}',
    'nats: {url: ["me:pass%40word@h h"]}',
    'channels: {x: {type: webhook, url: "http://me:pass%40word@h"}}',
  ])('P46 show no password of an address, even of a malformed one: %s', (text) => {
    const problems = problemsOf(text);
    expect(problems.map(({ code }) => code)).toEqual(['CFG212']);
    expect(JSON.stringify(problems)).not.toMatch(/pass(%40|@)word/);
    expect(JSON.stringify(problems)).toContain('[secret]');
  });

  it('stand in the right column after an alias, a merge, and characters of many bytes', () => {
    const text = `
rules:
  - &base {id: "ä😀", metric: m, when: "> 1", severity: hi}
  - {<<: *base, id: b}
`;
    expect(problemsOf(text).map(place)).toEqual([
      ['CFG203', 'rules[0].severity', 3, 57],
      ['CFG203', 'rules[1].severity', 4, 6],
    ]);
  });

  it('stand in the right place in a file with Windows line ends', () => {
    const [problem] = problemsOf('prefix: a\r\nrulez: []\r\n');
    expect(problem).toMatchObject({ line: 2, column: 1, length: 5, excerpt: ['prefix: a', 'rulez: []'] });
  });
});

describe('warnings', () => {
  it('tell of a disabled channel that is still named, but not of an item that is switched off itself', () => {
    const { warnings } = load(
      'channels: {x: {type: log, enabled: false}}\ndefaultChannels: [log, x, {name: x, enabled: false}]',
    );
    expect(warnings.map(place)).toEqual([['CFG402', 'defaultChannels[1]', 2, 24]]);
  });

  it('P06 tell of a variable that alerts of a rule have only by a label of their series', () => {
    const { warnings } = load(
      'rules:\n  - {id: a, metric: m, when: "> 1", template: order_executed, labels: {order_id: x}}\n  - {id: b, metric: m, when: "> 1", template: risk_breach}',
    );
    expect(warnings).toMatchObject([
      {
        code: 'CFG403',
        path: 'rules[0].template',
        message: expect.stringContaining('wants symbol, status, quantity, price,'),
      },
    ]);
  });
});
