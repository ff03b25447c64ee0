import { describe, expect, it } from 'vitest';
import type { CommandAnswer } from '../../src/model/command.js';
import { startTestEngine } from '../support/engine.js';
import { cpu } from '../support/rules.js';
import { reload } from './support.js';

const memory = { id: 'memory', name: 'High memory', metric: 'memory.usage', when: '> 85', severity: 'high' } as const;
const by = 'ann';

function problemsOf(answer: CommandAnswer): string[] {
  return answer.ok ? [] : (answer.error.problems ?? []).map(({ code, path }) => `${code} ${path}`);
}

describe('rule.put', () => {
  it('P33 adds a rule that fires at once, and says who did it', async () => {
    const test = await startTestEngine();
    expect(await test.command('rule.put', { rule: cpu, by })).toEqual({ ok: true, id: 'cpu', status: 'added' });
    await test.sample('cpu.usage', 95);
    expect(test.story()).toEqual(['opened rule_fired']);
    expect(test.engine.rules.list()).toMatchObject([{ id: 'cpu', from: 'command', by, at: test.clock.wall() }]);
  });

  it('P33 changes a rule of the file, and its alert ends when it no longer holds', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await test.sample('cpu.usage', 85);
    const answer = await test.command('rule.put', { rule: { ...cpu, when: '> 90', clear: '< 88' }, by });
    expect(answer).toMatchObject({ status: 'changed' });
    await test.sample('cpu.usage', 87);
    expect(test.story()).toEqual(['opened rule_fired', 'resolved cleared']);
  });

  it('P32 is refused with everything that is wrong with the rule, and the engine goes on', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    const answer = await test.command('rule.put', {
      rule: { id: 'cpu', metrik: 'x', when: 'hot', for: '1 parsec' },
      by,
    });
    expect(answer).toMatchObject({ ok: false, error: { code: 'config_invalid' } });
    expect(problemsOf(answer).sort()).toEqual([
      'CFG202 rule.metric',
      'CFG204 rule.metrik',
      'CFG205 rule.for',
      'CFG207 rule.when',
    ]);
    await test.sample('cpu.usage', 95);
    expect(test.story()).toEqual(['opened rule_fired']);
  });

  it('P32 refuses a matcher that would be left out without a word', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    const rule = { ...memory, match: JSON.parse('{"__proto__": "eu"}') };
    const answer = await test.command('rule.put', { rule, by });
    expect(problemsOf(answer)).toEqual(['CFG210 rule.match.__proto__']);
  });

  it('P32 passes the checks of the whole file: channels, escalations, contradictions', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    const rule = { ...memory, channels: ['nowhere'], escalation: 'nobody', clear: '> 80', when: '> 85' };
    const answer = await test.command('rule.put', { rule, by });
    expect(problemsOf(answer)).toEqual(['CFG303 rule.channels[0]', 'CFG304 rule.escalation', 'CFG306 rule.clear']);
    expect(answer).toMatchObject({ error: { problems: [{ allowed: ['log', 'console', 'hook', 'pager'] }, {}, {}] } });
    expect(test.engine.rules.list()).toHaveLength(1);
  });

  it('P32 does not fill in what only the file may: references stay as they are', async () => {
    const test = await startTestEngine();
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference, not a template
    await test.command('rule.put', { rule: { ...cpu, name: '${HOME}' }, by });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the same
    expect(test.engine.rules.list()).toMatchObject([{ name: '${HOME}' }]);
  });

  it.each([
    [{ by }, 'field_missing', 'rule'],
    [{ rule: 'cpu', by }, 'field_invalid', 'rule'],
    [{ rule: { metric: 'x', when: '> 1' }, by }, 'field_missing', 'rule.id'],
    [{ rule: cpu }, 'field_missing', 'by'],
  ])('refuses %j with %s', async (args, code, field) => {
    const test = await startTestEngine();
    expect(await test.command('rule.put', args)).toMatchObject({ ok: false, error: { code, field } });
  });

  it('P33 survives a restart, and counts more than the file', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await test.command('rule.put', { rule: { ...cpu, when: '> 90' }, by });
    const again = await test.restart();
    expect(again.engine.rules.list()).toMatchObject([{ id: 'cpu', when: '> 90', from: 'command', by }]);
    const report = await reload(again, { rules: [{ ...cpu, when: '> 70' }] });
    expect(report.overlaid).toMatchObject([{ kind: 'rule', id: 'cpu', by }]);
    expect(again.engine.rules.list()).toMatchObject([{ when: '> 90' }]);
  });

  it('P33 reaches another engine on the same log', async () => {
    const test = await startTestEngine();
    const other = await startTestEngine({}, test);
    await test.command('rule.put', { rule: cpu, by });
    expect(other.engine.rules.list()).toMatchObject([{ id: 'cpu', from: 'command', by }]);
    await other.command('rule.delete', { id: 'cpu', by });
    await test.advance(0);
    expect(test.engine.rules.list()).toEqual([]);
  });

  it('P33 keeps one message of a rule, however often it is put', async () => {
    const test = await startTestEngine();
    for (const limit of [1, 2, 3]) await test.command('rule.put', { rule: { ...cpu, when: `> 8${limit}` }, by });
    const kept = [];
    for await (const entry of test.driver.log.read('config.>')) kept.push(entry.body);
    expect(kept).toMatchObject([{ kind: 'rule', id: 'cpu', by, via: 'test', item: { when: '> 83' } }]);
  });

  it('P33 does not count while it does not fit the file, and the file does', async () => {
    const extra = { type: 'webhook', url: 'http://127.0.0.1:9/x' } as const;
    const test = await startTestEngine({ rules: [cpu], channels: { extra } });
    await test.command('rule.put', { rule: { ...cpu, name: 'Mine', channels: ['extra'] }, by });
    const again = await test.restart({ rules: [cpu] });
    expect(again.engine.rules.list()).toMatchObject([{ id: 'cpu', name: 'High CPU', from: 'file' }]);
    const report = await reload(again, { rules: [cpu] });
    expect(report.setAside).toMatchObject([
      { kind: 'rule', id: 'cpu', problems: [{ code: 'CFG303', path: 'rule.channels[0]' }] },
    ]);
    await reload(again, { rules: [cpu], channels: { extra } });
    expect(again.engine.rules.list()).toMatchObject([{ name: 'Mine', from: 'command' }]);
  });
});

describe('rule.delete', () => {
  it('P33 deletes nothing when an argument is misspelt', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    const answer = await test.command('rule.delete', { id: 'cpu', by, restored: true });
    expect(answer).toMatchObject({ ok: false, error: { code: 'field_invalid', field: 'restored' } });
    expect(test.engine.rules.list()).toHaveLength(1);
  });

  it('P22 takes out a rule of the file, now and after a restart, and ends its alert', async () => {
    const test = await startTestEngine({ rules: [cpu], presets: ['disk'] });
    await test.sample('cpu.usage', 95);
    expect(await test.command('rule.delete', { id: 'cpu', by })).toEqual({ ok: true, id: 'cpu', status: 'removed' });
    await test.command('rule.delete', { id: 'disk', by });
    expect(test.story()).toEqual(['opened rule_fired', 'resolved rule_removed']);
    const again = await test.restart();
    expect(again.engine.rules.list()).toEqual([]);
  });

  it('P33 gives the file back what commands have put over it, when asked to restore', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await test.command('rule.put', { rule: { ...cpu, when: '> 90' }, by });
    const answer = await test.command('rule.delete', { id: 'cpu', by, restore: true });
    expect(answer).toEqual({ ok: true, id: 'cpu', status: 'restored' });
    expect(test.engine.rules.list()).toMatchObject([{ when: '> 80', from: 'file' }]);
    await test.command('rule.delete', { id: 'cpu', by });
    expect(test.engine.rules.list()).toEqual([]);
    await test.command('rule.delete', { id: 'cpu', by, restore: true });
    expect(test.engine.rules.list()).toMatchObject([{ id: 'cpu', from: 'file' }]);
  });

  it('P33 of a rule that only a command knew hides nothing that the file gets later', async () => {
    const test = await startTestEngine();
    await test.command('rule.put', { rule: cpu, by });
    await test.command('rule.delete', { id: 'cpu', by });
    await reload(test, { rules: [cpu] });
    expect(test.engine.rules.list()).toMatchObject([{ id: 'cpu', from: 'file' }]);
  });

  it('P22 P33 answers rule_unknown for an id that nothing has, route_unknown and template_unknown likewise', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    const code = async (name: string, args: object) => {
      const answer = await test.command(name, { id: 'nobody', by, ...args });
      return answer.ok ? 'ok' : answer.error.code;
    };
    expect(await code('rule.delete', {})).toBe('rule_unknown');
    expect(await code('rule.delete', { restore: true })).toBe('rule_unknown');
    expect(await code('route.delete', {})).toBe('route_unknown');
    await test.command('rule.delete', { id: 'cpu', by });
    expect(await code('rule.delete', { id: 'cpu' })).toBe('rule_unknown');
    expect(await test.engine.templates.delete('nobody')).toMatchObject({ error: { code: 'template_unknown' } });
  });
});

describe('what does not fit the file', () => {
  it('P33 can be taken out, although it does not run', async () => {
    const extra = { type: 'webhook', url: 'http://127.0.0.1:9/x' } as const;
    const test = await startTestEngine({ channels: { extra } });
    await test.command('rule.put', { rule: { ...cpu, channels: ['extra'] }, by });
    const again = await test.restart({});
    expect(again.engine.rules.list()).toEqual([]);
    expect(await again.command('rule.delete', { id: 'cpu', by })).toMatchObject({ ok: true, status: 'removed' });
    expect(await again.command('rule.delete', { id: 'cpu', by })).toMatchObject({ error: { code: 'rule_unknown' } });
  });

  it('P10 a route that is put takes the place of one in code', async () => {
    const test = await startTestEngine({ routes: [] });
    await test.engine.routes.put({ id: 'r', channels: ['pager'] }, { condition: () => false });
    await test.command('route.put', { route: { id: 'r', channels: ['pager'] }, by });
    expect(test.engine.routes.list()).toMatchObject([{ id: 'r', from: 'command' }]);
    await test.raise({ title: 'x' });
    await test.advance(1_000);
    expect(test.pager.lines).toEqual(['opened medium x']);
  });
});

describe('routes', () => {
  it('P10 can be put and deleted by id', async () => {
    const test = await startTestEngine({ rules: [cpu], routes: [{ name: 'all', channels: ['hook'] }] });
    await test.command('route.put', { route: { id: 'cpu', match: { source: 'web-*' }, channels: ['pager'] }, by });
    await test.command('route.delete', { id: 'all', by });
    await test.sample('cpu.usage', 95);
    await test.advance(1_000);
    expect([test.hook.lines, test.pager.lines]).toEqual([[], ['opened high High CPU']]);
    expect(test.engine.routes.list()).toMatchObject([{ id: 'cpu', from: 'command', by }]);
  });

  it('P10 the three that apply where none are configured can be changed one by one', async () => {
    const test = await startTestEngine();
    expect(test.engine.routes.list().map(({ id, from }) => [id, from])).toEqual([
      ['critical_all_channels', 'default'],
      ['trade_alerts', 'default'],
      ['risk_alerts', 'default'],
    ]);
    await test.command('route.delete', { id: 'critical_all_channels', by });
    await test.command('route.put', { route: { name: 'everything', channels: ['pager'] }, by });
    expect(test.engine.routes.list().map(({ id }) => id)).toEqual(['trade_alerts', 'risk_alerts', 'everything']);
    await test.raise({ title: 'x', severity: 'critical' });
    await test.advance(1_000);
    expect([test.hook.lines, test.pager.lines]).toEqual([[], ['opened critical x']]);
  });

  it('P10 routes without an id keep the one that they were counted by when another goes', async () => {
    const test = await startTestEngine({ routes: [{ channels: ['hook'] }, { channels: ['pager'] }] });
    await test.command('route.delete', { id: 'route-1', by });
    expect(test.engine.routes.list().map(({ id }) => id)).toEqual(['route-2']);
  });

  it('P10 is refused when it would leave a rule without any channel', async () => {
    const routes = [{ id: 'all', channels: ['hook'] }];
    const test = await startTestEngine({ rules: [cpu], routes, defaultChannels: [{ name: 'pager', enabled: false }] });
    const answer = await test.command('route.delete', { id: 'all', by });
    expect(answer).toMatchObject({ ok: false, error: { code: 'config_invalid' } });
    expect(test.engine.routes.list()).toHaveLength(1);
  });

  it('P10 P33 may have a condition in code, in the library', async () => {
    const test = await startTestEngine();
    const isBig = ({ data }: { data: Readonly<Record<string, unknown>> }) => Number(data['size']) > 10;
    const route = { id: 'big', channels: ['pager'] };
    expect(await test.engine.routes.put(route, { condition: isBig })).toMatchObject({ ok: true, status: 'added' });
    await test.raise({ title: 'small', data: { size: 1 } });
    await test.raise({ title: 'big', data: { size: 11 } });
    await test.advance(1_000);
    expect([test.hook.lines, test.pager.lines]).toEqual([['opened medium small'], ['opened medium big']]);
    expect(test.engine.routes.list().at(-1)).toMatchObject({ id: 'big', conditional: true, from: 'code' });
    expect(await test.engine.routes.delete('big')).toMatchObject({ ok: true });
    expect(test.engine.routes.list()).toHaveLength(3);
  });
});

describe('the library', () => {
  it('P22 P33 adds and removes rules, and gets errors as values', async () => {
    const { engine, advance } = await startTestEngine();
    const added = engine.rules.put(cpu, { by });
    await advance(0);
    expect(await added).toEqual({ ok: true, id: 'cpu', status: 'added' });
    expect(await engine.rules.put({ ...cpu, when: 'hot' })).toMatchObject({ error: { code: 'config_invalid' } });
    expect(await engine.rules.delete('nobody')).toMatchObject({ error: { code: 'rule_unknown', field: 'id' } });
  });

  it('P22 registers templates, which survive a restart', async () => {
    const test = await startTestEngine();
    await test.engine.templates.put({ name: 'disk', title: 'Disk {name}', body: 'full', requires: ['name'] });
    const again = await test.restart();
    await again.raise({ template: 'disk', context: { name: 'sda' } });
    expect(again.events.find(({ type }) => type === 'opened')?.alert.title).toBe('Disk sda');
    expect(await again.engine.templates.delete('disk')).toMatchObject({ ok: true, status: 'removed' });
    expect(await again.raise({ template: 'disk' })).toMatchObject({ error: { code: 'template_unknown' } });
  });

  it('P33 says that it is too early, before it has started', async () => {
    const { createEngine } = await import('../../src/index.js');
    const engine = createEngine({ nats: { inProcess: true } }, { gateway: false });
    expect(await engine.rules.put(cpu)).toMatchObject({ error: { code: 'not_ready', temporary: true } });
  });
});
