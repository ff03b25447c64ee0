import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/index.js';
import { startTestEngine } from '../support/engine.js';
import { cpu } from '../support/rules.js';
import { configOf, reload } from './support.js';

const memory = { id: 'memory', name: 'High memory', metric: 'memory.usage', when: '> 85', severity: 'high' } as const;
const beat = { id: 'beat', name: 'No heartbeat', metric: 'heartbeat', absent: '1m', severity: 'critical' } as const;
const minute = 60_000;

describe('a reload', () => {
  it('P33 runs rules that are new, and ends the alerts of those that are gone', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await test.sample('cpu.usage', 95);
    await reload(test, { rules: [memory] });
    await test.sample('memory.usage', 90);
    expect(test.story()).toEqual(['opened rule_fired', 'resolved rule_removed', 'opened rule_fired']);
    await test.advance(2_000);
    expect(test.hook.lines).toContain('resolved high High CPU');
  });

  it('P33 ends the alerts of a rule that is switched off, or no longer matches', async () => {
    const test = await startTestEngine({ rules: [cpu, memory] });
    await test.sample('cpu.usage', 95);
    await test.sample('memory.usage', 95);
    await reload(test, {
      rules: [
        { ...cpu, enabled: false },
        { ...memory, match: { source: 'db-*' } },
      ],
    });
    expect(test.story().slice(2)).toEqual(['resolved rule_removed', 'resolved rule_removed']);
  });

  it('P33 lets what an unchanged rule waits for go on', async () => {
    const test = await startTestEngine({ rules: [{ ...cpu, for: '30s' }] });
    await test.sample('cpu.usage', 95);
    await test.advance(20_000);
    await reload(test, { rules: [memory, { ...cpu, for: '30s' }] });
    await test.advance(9_000);
    expect(test.story()).toEqual([]);
    await test.advance(1_000);
    expect(test.story()).toEqual(['opened rule_fired']);
  });

  it('P35 keeps the cooldown of an unchanged rule', async () => {
    const rule = { ...cpu, cooldown: '5m' };
    const test = await startTestEngine({ rules: [rule] });
    for (const value of [95, 50]) await test.sample('cpu.usage', value);
    await reload(test, { rules: [rule, memory] });
    await test.sample('cpu.usage', 95);
    expect(test.story()).toEqual(['opened rule_fired', 'resolved cleared']);
  });

  it('P33 keeps the alert of a changed rule while it still holds', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await test.sample('cpu.usage', 95);
    await reload(test, { rules: [{ ...cpu, when: '> 90', clear: '< 60' }] });
    await test.sample('cpu.usage', 65);
    expect(test.story()).toEqual(['opened rule_fired']);
    await test.sample('cpu.usage', 55);
    expect(test.story()).toEqual(['opened rule_fired', 'resolved cleared']);
  });

  it('P33 lets the silence of a source go on under an unchanged rule', async () => {
    const test = await startTestEngine({ rules: [beat] });
    await test.sample('heartbeat', 1);
    await test.advance(50_000);
    await reload(test, { rules: [{ ...beat, severity: 'high' }, memory] });
    await test.advance(11_000);
    expect(test.hook.lines).toEqual(['opened high No heartbeat']);
    await test.sample('heartbeat', 1);
    expect(test.story()).toEqual(['opened absent', 'resolved present']);
  });

  it('P33 ends the absence that a rule has opened when the rule is gone, and keeps it when only its time changes', async () => {
    const test = await startTestEngine({ rules: [beat] });
    await test.sample('heartbeat', 1);
    await test.advance(2 * minute);
    await reload(test, { rules: [{ ...beat, absent: '5m' }] });
    await test.advance(10 * minute);
    expect(test.story()).toEqual(['opened absent']);
    await reload(test, { rules: [{ ...beat, metric: 'other.heartbeat' }] });
    expect(test.story()).toEqual(['opened absent', 'resolved rule_removed']);
  });

  it('P33 waits for a source that is expected from now on, and no longer for another', async () => {
    const test = await startTestEngine({ rules: [{ ...beat, expect: ['a'] }] });
    await reload(test, { rules: [{ ...beat, expect: ['b'] }] });
    await test.advance(2 * minute);
    expect(test.events.filter(({ type }) => type === 'opened').map(({ alert }) => alert.source)).toEqual(['b']);
  });

  it('P10 routes what opens from now on, and escalates it, by what the new file says', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await reload(test, {
      rules: [cpu],
      routes: [{ id: 'all', channels: ['pager'], escalation: 'soon' }],
      escalations: { soon: { levels: [{ after: '1m', channels: ['hook'] }] } },
    });
    await test.sample('cpu.usage', 95);
    await test.advance(1_000);
    expect([test.hook.lines, test.pager.lines]).toEqual([[], ['opened high High CPU']]);
    await test.advance(minute);
    expect(test.hook.lines).toEqual(['escalated high High CPU']);
  });

  it('P22 makes alerts of templates that are new', async () => {
    const test = await startTestEngine();
    await reload(test, { templates: { disk: { title: 'Disk {name}', body: 'full' } } });
    await test.raise({ template: 'disk', context: { name: 'sda' } });
    expect(test.events[0]?.alert.title).toBe('Disk sda');
  });

  it('says what is otherwise, item by item, and what only a start takes over', async () => {
    const test = await startTestEngine({ rules: [cpu, memory], defaultChannels: ['hook'] });
    const report = await reload(test, {
      rules: [{ ...cpu, when: '> 90' }, beat],
      prefix: 'other',
      rateLimit: { cooldown: '5s' },
    });
    expect(report.changed.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      'changed rules.cpu.when',
      'removed rules.memory',
      'added rules.beat',
      'added prefix',
      'added rateLimit.cooldown',
    ]);
    expect(report.changed[0]?.text).toBe('rules.cpu.when: "> 80" → "> 90"');
    expect(report.needsRestart).toEqual(['prefix']);
    expect((await reload(test, { rules: [cpu], prefix: 'other' })).needsRestart).toEqual(['prefix']);
  });

  it('shows no secret', async () => {
    const hook = { type: 'webhook', url: 'http://127.0.0.1:9/', secret: 'first-secret' } as const;
    const test = await startTestEngine({ channels: { hook } });
    const report = await reload(test, { channels: { hook: { ...hook, secret: 'second-secret' } } });
    expect(report.changed.map(({ path }) => path)).toEqual(['channels.hook.secret']);
    expect(JSON.stringify(report)).not.toMatch(/first-secret|second-secret/);
  });

  it('F10 that fails changes nothing, throws what was wrong, and is told until one succeeds', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await test.advance(minute);
    const broken = () => test.engine.reload(() => configOf({ rules: [{ ...cpu, when: 'hot' }] }), 'ann');
    expect(broken).toThrow(ConfigError);
    const { config, rules } = test.engine.stats();
    expect(config).toMatchObject({ ok: false, error: expect.stringContaining('CFG207') });
    expect(config.at - config.succeededAt).toBe(minute);
    expect(rules).toBe(1);
    await test.sample('cpu.usage', 95);
    expect(test.story()).toEqual(['opened rule_fired']);
    await reload(test, { rules: [cpu] });
    expect(test.engine.stats().config).toEqual({ ok: true, at: test.clock.wall(), succeededAt: test.clock.wall() });
  });
});
