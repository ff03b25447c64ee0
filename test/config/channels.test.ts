import { describe, expect, it } from 'vitest';
import { load, problemsOf } from './load-from.js';

const hook = 'hook: {type: webhook, url: "https://example.org/h", timeout: 5s}';

describe('every channel', () => {
  it('P16 takes a rate, a fallback and the time until it is used', () => {
    const { config } = load(`channels:
  ${hook.replace('}', ', rate: {max: 5, per: 1s}, fallback: log, fallbackAfter: 2m}')}
  console: {type: console, enabled: false, rate: {max: 1, per: 10s}}`);
    expect(config.channels).toMatchObject({
      hook: { enabled: true, rate: { max: 5, perMs: 1_000 }, fallback: 'log', fallbackAfterMs: 120_000 },
      console: { enabled: false, rate: { max: 1, perMs: 10_000 } },
    });
    expect(config.channels['log']).toEqual({ type: 'log', enabled: true });
  });

  it.each([
    ['an unknown fallback', 'log: {type: log, fallback: nobody}', 'CFG303', 'channels.log.fallback'],
    ['itself as fallback', 'log: {type: log, fallback: log}', 'CFG312', 'channels.log.fallback'],
    ['everybody as fallback', 'log: {type: log, fallback: "*"}', 'CFG210', 'channels.log.fallback'],
    ['a time without a fallback', 'log: {type: log, fallbackAfter: 1m}', 'CFG302', 'channels.log.fallbackAfter'],
    ['a rate of none', 'log: {type: log, rate: {max: 0, per: 1s}}', 'CFG208', 'channels.log.rate.max'],
  ])('F6 is refused with %s', (_, channel, code, path) => {
    expect(problemsOf(`channels: {${channel}}`)).toMatchObject([{ code, path }]);
  });

  it('F6 may have fallbacks one behind the other, and a circle is told once', () => {
    const chain = (last: string) => `channels:
  a: {type: log, fallback: b}
  b: {type: log, fallback: c}
  c: {type: log${last}}`;
    expect(problemsOf(chain(''))).toEqual([]);
    expect(problemsOf(chain(', fallback: b'))).toMatchObject([
      { code: 'CFG312', message: 'fallbacks run in a circle: "b" → "c" → "b"' },
    ]);
  });

  it('F6 that is switched off is warned about where it is a fallback', () => {
    const { warnings } = load(
      'channels: {log: {type: log, fallback: console}, console: {type: console, enabled: false}}',
    );
    expect(warnings).toMatchObject([{ code: 'CFG402', path: 'channels.log.fallback' }]);
  });
});

describe('a channel item', () => {
  const item = (text: string, more = '') => `channels: {${hook}}
routes:
  - channels: [${text}]${more}`;

  it('P40 changes the headers and the time of a webhook for these alerts', () => {
    const { config } = load(`channels: {${hook}}
rules: [{id: r, metric: m, when: "> 1", channels: [{name: hook, headers: {X-Team: db}, timeout: 3s}, log]}]
escalations: {oncall: {levels: [{after: 1m, channels: [{name: hook, timeout: 1s}]}]}}
routes: [{name: all, channels: [{name: hook, headers: {X-Team: all}}]}]`);
    expect(config.rules[0]).toMatchObject({
      channels: ['hook', 'log'],
      overrides: { hook: { headers: { 'X-Team': 'db' }, timeoutMs: 3_000 } },
    });
    expect(config.escalations['oncall']?.levels[0]).toMatchObject({ overrides: { hook: { timeoutMs: 1_000 } } });
    expect(config.routes?.[0]).toMatchObject({ overrides: { hook: { headers: { 'X-Team': 'all' } } } });
  });

  it('P40 that only names a channel changes nothing', () => {
    const { config } = load(item('{name: hook}'));
    expect(config.routes?.[0]).not.toHaveProperty('overrides');
  });

  it.each([
    ['of a channel that has no such thing', item('{name: log, timeout: 1s}'), 'CFG204', 'timeout'],
    ['that nothing has', item('{name: hook, color: red}'), 'CFG204', 'color'],
    ['to a longer time than the channel has', item('{name: hook, timeout: 6s}'), 'CFG302', 'timeout'],
    ['to credentials', item('{name: hook, headers: {Authorization: Bearer x}}'), 'CFG313', 'headers.Authorization'],
  ])('P40 refuses a change %s', (_, text, code, key) => {
    expect(problemsOf(text)).toMatchObject([{ code, path: `routes[0].channels[0].${key}` }]);
  });

  it('P40 refuses a header with a value that is kept secret elsewhere', () => {
    const text = item(`{name: hook, headers: {X-Team: "\${TEAM}"}}`);
    expect(problemsOf(text, { env: { TEAM: 'secret-team' } })).toMatchObject([{ code: 'CFG313' }]);
  });

  it('P40 refuses changes among the default channels', () => {
    const text = `channels: {${hook}}\ndefaultChannels: [{name: hook, timeout: 1s}]`;
    expect(problemsOf(text)).toMatchObject([{ code: 'CFG204', path: 'defaultChannels[0].timeout' }]);
  });
});
