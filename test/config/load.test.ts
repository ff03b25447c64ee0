import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultConfig, demoInput, type EngineConfig, resolveConfig } from '../../src/config/index.js';
import { levelAt } from '../../src/model/escalation.js';
import { load, problemsOf, refusalOf } from './load-from.js';

function config(text: string): EngineConfig {
  return load(text).config;
}

describe('a configuration that says nothing', () => {
  it.each(['', '\n', '# only a comment\n', '{}', 'rules:\nchannels:\n'])('%j is the defaults', (text) => {
    expect(config(text)).toEqual(defaultConfig);
    expect(load(text).warnings).toEqual([]);
  });

  it('P11 admits 10 alerts a minute and 100 an hour of each category', () => {
    expect(config('').rateLimit).toMatchObject({
      key: 'category',
      windows: [
        { max: 10, perMs: 60_000 },
        { max: 100, perMs: 3_600_000 },
      ],
    });
  });

  it('P12 keeps a tripped key limited for 60 s', () => {
    expect(config('').rateLimit.cooldownMs).toBe(60_000);
  });

  it('P13 takes title, message and category for the same alert within 300 s', () => {
    expect(config('').dedupe).toEqual({ windowMs: 300_000, key: ['title', 'message', 'category'] });
  });

  it('P09 sends to log, and P10 leaves the routes to the built-in three', () => {
    expect(config('').defaultChannels).toEqual(['log']);
    expect(config('').routes).toBeUndefined();
  });

  it('is listened to on this machine only', () => {
    expect(config('').gateway).toMatchObject({ host: '127.0.0.1', port: 8420 });
  });
});

describe('a rule', () => {
  it('has every default of a threshold when it gives id, metric and when alone', () => {
    const { rules } = config('rules: [{id: a, metric: cpu.usage, when: "> 80"}]');
    expect(rules).toEqual([
      {
        id: 'a',
        name: 'a',
        metric: 'cpu.usage',
        match: {},
        when: { op: '>', value: 80 },
        forMs: 0,
        keepFiringForMs: 0,
        cooldownMs: 0,
        severity: 'medium',
        category: 'performance',
        labels: {},
        tags: [],
        enabled: true,
      },
    ]);
  });

  it('accepts priority for severity', () => {
    expect(config('rules: [{id: a, metric: m, when: "> 1", priority: critical}]').rules[0]?.severity).toBe('critical');
  });

  it('P40 leaves out the channels that are switched off where they are named', () => {
    const text =
      'rules: [{id: a, metric: m, when: "> 1", channels: [log, {name: console, enabled: false}, {name: log}]}]';
    expect(config(text).rules[0]?.channels).toEqual(['log']);
  });

  it('takes "*" for every channel that is switched on', () => {
    const text =
      'channels: {x: {type: log}, y: {type: log, enabled: false}}\nrules: [{id: a, metric: m, when: "> 1", channels: ["*"]}]';
    expect(config(text).rules[0]?.channels).toEqual(['log', 'console', 'x']);
  });

  it('may be switched off, and then need not reach a channel', () => {
    const text =
      'channels: {log: {type: log, enabled: false}}\nrules: [{id: a, metric: m, when: "> 1", enabled: false}]';
    expect(config(text).rules[0]?.enabled).toBe(false);
  });

  it('P45 is ready-made as a preset: cpu above 80 % and memory above 85 %, both high', () => {
    const { rules } = config(
      'presets: [cpu, memory, disk, error-rate, latency, heartbeat]\nrules: [{id: a, metric: m, when: "> 1"}]',
    );
    expect(rules.map(({ id }) => id)).toEqual(['cpu', 'memory', 'disk', 'error-rate', 'latency', 'heartbeat', 'a']);
    expect(rules[0]).toMatchObject({ metric: 'cpu.usage', when: { op: '>', value: 80 }, severity: 'high' });
    expect(rules[1]).toMatchObject({ metric: 'memory.usage', when: { op: '>', value: 85 }, severity: 'high' });
  });
});

describe('P41 an escalation', () => {
  it('in its short form repeats one step three times', () => {
    const chain = config('escalations: {a: {after: 30m}}').escalations['a']!;
    expect(chain).toEqual({ id: 'a', levels: [{ afterMs: 1_800_000 }], max: 3 });
    expect(levelAt(chain, 3)).toEqual({ afterMs: 1_800_000 });
    expect(levelAt(chain, 4)).toBeUndefined();
  });

  it('with levels escalates once for each, unless max says otherwise', () => {
    const { escalations } = config(`
escalations:
  a: {levels: [{after: 1m, channels: [console]}, {after: 2m, priority: critical}]}
  b: {levels: [{after: 1m}], max: 5}
`);
    expect(escalations['a']).toEqual({
      id: 'a',
      levels: [
        { afterMs: 60_000, channels: ['console'] },
        { afterMs: 120_000, severity: 'critical' },
      ],
      max: 2,
    });
    expect(escalations['b']?.max).toBe(5);
  });
});

describe('P09 a route', () => {
  it('has an id from its name, else from its position, and matches everything by default', () => {
    const { routes } = config('routes: [{name: trading, channels: ["*"]}, {channels: [log]}]');
    expect(routes).toEqual([
      expect.objectContaining({ id: 'trading', name: 'trading', channels: ['*'] }),
      {
        id: 'route-2',
        name: 'route-2',
        enabled: true,
        minSeverity: 'low',
        categories: [],
        match: {},
        channels: ['log'],
        stop: false,
      },
    ]);
  });
});

describe('NATS', () => {
  it.each([
    ['nats://a:4222', { urls: ['nats://a:4222'] }],
    ['a:4222', { urls: ['nats://a:4222'] }],
    ['tls://a', { urls: ['tls://a'] }],
    ['nats://me:p%40ss@a', { urls: ['nats://a'], user: 'me', password: 'p@ss' }],
    ['nats://to%ken@a', { urls: ['nats://a'], token: 'to%ken' }],
  ])('is reached at %s', (url, nats) => {
    expect(config(`nats: {url: "${url}"}`).nats).toEqual({ inProcess: false, ...nats });
  });

  it('takes credentials of the configuration before those of the URL', () => {
    expect(config('nats: {url: ["nats://a:b@h", "nats://i"], user: c, password: dddd}').nats).toEqual({
      inProcess: false,
      urls: ['nats://h', 'nats://i'],
      user: 'c',
      password: 'dddd',
    });
  });
});

describe('the gateway', () => {
  it.each([
    ['"[::1]:0"', '::1', 0],
    ['localhost:80', 'localhost', 80],
    ['127.3.2.1:80', '127.3.2.1', 80],
    ['9000', '127.0.0.1', 9000],
  ])('listens on %s', (listen, host, port) => {
    expect(config(`gateway: {listen: ${listen}}`).gateway).toMatchObject({ host, port });
  });

  it.each(['0.0.0.0:80', '192.168.1.5:80', '[::]:80', 'example.org:80', '127.evil.org:80', '127.1:80'])(
    'does not listen on %s, from where others could reach it',
    (listen) => {
      expect(problemsOf(`gateway: {listen: "${listen}"}`).map(({ code }) => code)).toEqual(['CFG308']);
    },
  );

  it('takes limits as sizes, durations and counts', () => {
    const limits = config('gateway: {limits: {maxMessageBytes: 1KiB, heartbeat: 5s, maxSubjects: 3}}').gateway.limits;
    expect(limits).toEqual({
      ...defaultConfig.gateway.limits,
      maxMessageBytes: 1024,
      heartbeatMs: 5000,
      maxSubjects: 3,
    });
  });
});

describe('the other sections', () => {
  it('are read in the units of people and kept in milliseconds and bytes', () => {
    const { ingest, delivery, history, channels, rateLimit } = config(`
ingest:
  metrics: [{subject: m.*.>, codec: json}]
  alerts: []
  limits: {maxSeries: 5}
delivery: {maxRetries: 0, backoff: {max: 5s}, maxAge: 1d}
history: {maxBytes: 2MiB, maxAge: 7d}
channels: {hook: {type: webhook, url: "https://a.b/c", timeout: 3s}}
rateLimit: {key: labels.team, cooldown: 0s}
`);
    expect(ingest).toEqual({
      metrics: [{ subject: 'm.*.>', codec: 'json', tokens: ['_', 'source', 'name...'] }],
      alerts: [],
      limits: { maxSeries: 5, maxPointsPerMessage: 10_000, maxLabels: 64 },
    });
    expect(delivery).toEqual({
      maxRetries: 0,
      backoff: { initialMs: 1_000, maxMs: 5_000 },
      timeoutMs: 10_000,
      maxAgeMs: 86_400_000,
    });
    expect(history).toEqual({ maxAgeMs: 604_800_000, maxAlerts: 1_000, maxBytes: 2_097_152 });
    expect(channels['hook']).toEqual({
      type: 'webhook',
      enabled: true,
      url: 'https://a.b/c',
      headers: {},
      timeoutMs: 3_000,
    });
    expect(rateLimit).toMatchObject({ key: 'labels.team', cooldownMs: 0 });
  });
});

describe('the example file', () => {
  const text = readFileSync(new URL('../../examples/tocsin.yaml', import.meta.url), 'utf8');

  it('is accepted as it stands, in an empty environment, without a warning', () => {
    const { config, warnings } = load(text);
    expect(warnings).toEqual([]);
    expect(config.rules.map(({ id }) => id)).toEqual(['memory', 'disk', 'cpu-high', 'queue-stuck']);
  });

  it('names the variable that it needs once its secret is switched on', () => {
    const signed = text.replace('# secret:', 'secret:');
    expect(problemsOf(signed).map(({ code, message }) => [code, message])).toEqual([
      ['CFG103', 'the environment variable HOOK_SECRET is not set'],
    ]);
  });
});

describe('the object form', () => {
  it('without anything is the defaults', () => {
    expect(resolveConfig()).toEqual(defaultConfig);
  });

  it('P47 shares nothing that could be changed with the next one', () => {
    expect(resolveConfig().channels).not.toBe(resolveConfig().channels);
    expect(resolveConfig().nats).not.toBe(defaultConfig.nats);
  });

  it('of the demo watches cpu and memory and tells the console', () => {
    const demo = resolveConfig(demoInput);
    expect(demo.rules.map(({ id }) => id)).toEqual(['cpu', 'memory']);
    expect(demo.defaultChannels).toEqual(['console']);
  });

  it('is checked like the file, with paths instead of lines', () => {
    const problems = refusalOf(() =>
      resolveConfig({ rules: [{ id: 'a', metric: 'm', when: '> 1', for: '5', channels: ['nope'] }] }),
    );
    expect(problems.map(({ code, path, line, found }) => [code, path, line, found])).toEqual([
      ['CFG205', 'rules[0].for', undefined, '5'],
      ['CFG303', 'rules[0].channels[0]', undefined, 'nope'],
    ]);
  });
});
