import { describe, expect, it } from 'vitest';
import { startTestEngine } from './support/engine.js';
import { cpu } from './support/rules.js';

const minute = 60_000;

describe('a rule with levels', () => {
  const levels = {
    low: { when: '> 60', clear: '< 50' },
    medium: { when: '> 70', clear: '< 60' },
    critical: { when: '> 80', clear: '< 70' },
  };
  const rule = { id: 'cpu', name: 'CPU', metric: 'cpu.usage', levels };

  it('P31 rises and falls with the value, each level with its own clear threshold', async () => {
    const test = await startTestEngine({ rules: [rule] });
    const seen: string[] = [];
    for (const value of [61, 73, 64, 85, 62, 56, 47]) {
      await test.sample('cpu.usage', value);
      const alert = test.events.at(-1)!.alert;
      seen.push(alert.state === 'resolved' ? 'ok' : alert.severity);
    }
    expect(seen).toEqual(['low', 'medium', 'medium', 'critical', 'low', 'low', 'ok']);
    expect(test.story()).toEqual([
      'opened rule_fired',
      'updated severity_up',
      'updated severity_up',
      'updated severity_down',
      'resolved cleared',
    ]);
    expect(test.hook.lines).toEqual([
      'opened low CPU',
      'updated medium CPU',
      'updated critical CPU',
      'resolved low CPU',
    ]);
  });

  it('P31 goes on at its level after a restart', async () => {
    const test = await startTestEngine({ rules: [rule] });
    await test.sample('cpu.usage', 85);
    const again = await test.restart();
    await again.sample('cpu.usage', 75);
    expect(again.story()).toEqual([]);
    await again.sample('cpu.usage', 69);
    expect(again.story()).toEqual(['updated severity_down']);
    expect(again.events.at(-1)!.alert).toMatchObject({ severity: 'low', condition: '> 60' });
  });

  it('P10 P31 is routed again at each rise', async () => {
    const routes = [{ name: 'grave', minSeverity: 'critical' as const, channels: ['pager'] }];
    const test = await startTestEngine({ rules: [rule], routes });
    await test.sample('cpu.usage', 75);
    await test.sample('cpu.usage', 85);
    expect(test.hook.lines).toEqual(['opened medium CPU', 'updated critical CPU']);
    expect(test.pager.lines).toEqual(['updated critical CPU']);
  });
});

describe('a rule over a window', () => {
  it('P31 compares the average, once half of the window has been seen', async () => {
    const test = await startTestEngine({ rules: [{ ...cpu, window: { fn: 'avg', over: '1m' } }] });
    for (let second = 0; second < 30; second += 10) {
      await test.sample('cpu.usage', 95);
      await test.advance(10_000);
    }
    expect(test.story()).toEqual([]);
    await test.sample('cpu.usage', 95);
    expect(test.story()).toEqual(['opened rule_fired']);
    await test.sample('cpu.usage', 10);
    expect(test.story()).toHaveLength(1);
    for (let second = 0; second < 60; second += 10) {
      await test.advance(10_000);
      await test.sample('cpu.usage', 10);
    }
    expect(test.story()).toEqual(['opened rule_fired', 'resolved cleared']);
  });
});

describe('a rule on so many of the last samples', () => {
  it('P31 fires when 2 of the last 3 meet it', async () => {
    const test = await startTestEngine({ rules: [{ ...cpu, nOf: [2, 3] }] });
    for (const value of [91, 10, 10, 91]) await test.sample('cpu.usage', value);
    expect(test.story()).toEqual([]);
    await test.sample('cpu.usage', 92);
    expect(test.story()).toEqual(['opened rule_fired']);
  });
});

describe('a series that falls silent', () => {
  it('P31 keeps its alert open unless told otherwise', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await test.sample('cpu.usage', 91);
    await test.advance(60 * minute);
    expect(test.story()).toEqual(['opened rule_fired']);
  });

  it('P31 resolves its alert when noData says so', async () => {
    const test = await startTestEngine({ rules: [{ ...cpu, noData: 'resolve', staleAfter: '2m' }] });
    await test.sample('cpu.usage', 91);
    await test.advance(3 * minute);
    expect(test.story()).toEqual(['opened rule_fired', 'resolved no_data']);
  });

  it('P31 is an alert by itself when noData says so, until there is data again', async () => {
    const test = await startTestEngine({ rules: [{ ...cpu, noData: 'alert', staleAfter: '2m' }] });
    await test.sample('cpu.usage', 10);
    await test.advance(3 * minute);
    expect(test.events.at(0)!.alert.message).toBe('High CPU: cpu.usage no data for 2m (current: 10, severity: high)');
    await test.sample('cpu.usage', 10);
    expect(test.story()).toEqual(['opened no_data', 'resolved cleared']);
  });
});

describe('a rule that flaps', () => {
  it('P31 says nothing while its series goes to and fro', async () => {
    const test = await startTestEngine({
      rules: [{ ...cpu, clear: '<= 80', flap: { window: 5, high: 0.5, low: 0.25 } }],
    });
    for (let turn = 0; turn < 20; turn += 1) await test.sample('cpu.usage', turn % 2 === 0 ? 91 : 10);
    const while_flapping = test.story().length;
    expect(while_flapping).toBeLessThan(8);
    for (let turn = 0; turn < 10; turn += 1) await test.sample('cpu.usage', 10);
    expect(test.events.filter(({ type }) => type === 'resolved' || type === 'opened').at(-1)!.type).toBe('resolved');
  });
});

describe('a rule that waits for sources', () => {
  const beat = {
    id: 'beat',
    name: 'No heartbeat',
    metric: 'service.heartbeat',
    absent: '1m',
    severity: 'critical',
  } as const;

  it('P31 opens when a source falls silent, and resolves when it is back', async () => {
    const test = await startTestEngine({ rules: [beat] });
    await test.sample('service.heartbeat', 1);
    await test.advance(minute / 2);
    await test.sample('service.heartbeat', 1, 'web-1', { zone: 'b' });
    await test.advance(minute - 1_000);
    expect(test.story()).toEqual([]);
    await test.advance(2_000);
    expect(test.story()).toEqual(['opened absent']);
    expect(test.events[0]!.alert.message).toMatch(
      /^No heartbeat: service.heartbeat of web-1 absent for 1m \(last seen: \d{4}-.*Z\)$/,
    );
    expect(test.events[0]!.alert).toMatchObject({ source: 'web-1', severity: 'critical' });
    await test.sample('service.heartbeat', 1);
    expect(test.story()).toEqual(['opened absent', 'resolved present']);
  });

  it('P31 takes nothing that every object inherits for a label', async () => {
    const test = await startTestEngine({ rules: [{ ...beat, match: { constructor: '*' } }] });
    await test.sample('service.heartbeat', 1);
    await test.advance(minute + 1_000);
    expect(test.story()).toEqual(['opened absent']);
  });

  it('P31 misses a source that it expects and that never spoke', async () => {
    const test = await startTestEngine({ rules: [{ ...beat, expect: ['web-1', 'web-2'] }] });
    await test.sample('service.heartbeat', 1, 'web-1');
    await test.advance(minute / 2);
    await test.sample('service.heartbeat', 1, 'web-1');
    await test.advance(minute / 2 + 1_000);
    expect(test.events.filter(({ type }) => type === 'opened').map(({ alert }) => alert.source)).toEqual(['web-2']);
    expect(test.events[0]!.alert.message).toContain('(last seen: never)');
  });

  it('F1 goes on after a restart: who comes back resolves, and nobody is missed for the time between', async () => {
    const test = await startTestEngine({ rules: [beat] });
    for (const source of ['gone', 'there']) await test.sample('service.heartbeat', 1, source);
    for (let beats = 0; beats < 3; beats += 1) {
      await test.advance(minute / 2);
      await test.sample('service.heartbeat', 1, 'there');
    }
    expect(test.story()).toEqual(['opened absent']);
    const again = await test.restart();
    await again.advance(minute / 2);
    await again.sample('service.heartbeat', 1, 'gone');
    expect(again.story()).toEqual(['resolved present']);
  });

  it('P39 resolves what is open when the rule is gone', async () => {
    const test = await startTestEngine({ rules: [beat] });
    await test.sample('service.heartbeat', 1);
    await test.advance(2 * minute);
    const again = await test.restart({ rules: [cpu] });
    expect(again.story()).toEqual(['resolved rule_removed']);
  });

  it('P33 looks at the samples that it matches only', async () => {
    const test = await startTestEngine({ rules: [{ ...beat, match: { zone: 'b' } }] });
    await test.sample('service.heartbeat', 1, 'web-1', { zone: 'a' });
    await test.sample('cpu.usage', 1, 'web-2', { zone: 'b' });
    await test.advance(5 * minute);
    expect(test.story()).toEqual([]);
  });
});

describe('a rule with a template', () => {
  const templates = {
    disk_full: { title: '[DISK] {source} {value}%', body: '{name}: {metric} of {tier} is {condition} ({severity})' },
  };

  it('P06 P37 has its title and message made by it, from the rule, the sample and the labels', async () => {
    const rule = { ...cpu, template: 'disk_full', labels: { tier: 'gold' } };
    const test = await startTestEngine({ rules: [rule], templates });
    await test.sample('cpu.usage', 95);
    expect(test.events[0]!.alert).toMatchObject({
      title: '[DISK] web-1 95%',
      message: 'High CPU: cpu.usage of gold is > 80 (high)',
    });
    expect(test.engine.stats().warnings).toEqual({});
  });

  it('P06 shows a variable that nothing gives as missing, is delivered, and counts it', async () => {
    const test = await startTestEngine({ rules: [{ ...cpu, template: 'disk_full' }], templates });
    await test.sample('cpu.usage', 95);
    expect(test.events[0]!.alert.message).toBe('High CPU: cpu.usage of {tier: missing} is > 80 (high)');
    expect(test.hook.lines).toEqual(['opened high [DISK] web-1 95%']);
    expect(test.engine.stats().warnings).toEqual({ template_variable_missing: 1 });
  });

  it('P07 may be a built-in one, and keeps its words when the ladder raises the severity', async () => {
    const escalations = { oncall: { levels: [{ after: '1m', severity: 'critical' as const }] } };
    const rule = { ...cpu, template: 'risk_breach', escalation: 'oncall' };
    const test = await startTestEngine({ rules: [rule], escalations });
    await test.sample('cpu.usage', 95);
    await test.advance(minute);
    expect(test.events.at(-1)!.alert).toMatchObject({
      severity: 'critical',
      title: '[RISK] cpu.usage threshold breached',
      message: 'Risk breach detected:\nType: cpu.usage\nCurrent: 95\nLimit: > 80',
    });
  });
});
