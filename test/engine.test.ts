import { describe, expect, it } from 'vitest';
import { startTestEngine } from './support/engine.js';
import { cpu } from './support/rules.js';

function numbered(count: number, fields: Record<string, unknown> = {}): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) => ({ title: `Alert ${i}`, category: 'trade', ...fields }));
}

describe('a rule', () => {
  it('P31 P37 P39 fires at its threshold, resolves below its clear level, and both are delivered', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await test.sample('cpu.usage', 79);
    await test.sample('cpu.usage', 91);
    await test.sample('cpu.usage', 75);
    expect(test.hook.lines).toEqual(['opened high High CPU']);
    expect(test.hook.sent[0]!.data.alert.message).toBe('High CPU: cpu.usage > 80 (current: 91, severity: high)');
    await test.sample('cpu.usage', 69);
    expect(test.hook.lines).toEqual(['opened high High CPU', 'resolved high High CPU']);
    expect(test.story()).toEqual(['opened rule_fired', 'resolved cleared']);
  });

  it('P31 does not fire when its level is crossed for less than `for`, and fires by itself when it is held', async () => {
    const test = await startTestEngine({ rules: [{ ...cpu, for: '30s' }] });
    await test.sample('cpu.usage', 91);
    await test.advance(29_000);
    await test.sample('cpu.usage', 60);
    await test.advance(60_000);
    expect(test.story()).toEqual([]);
    await test.sample('cpu.usage', 92);
    await test.advance(30_000);
    expect(test.story()).toEqual(['opened rule_fired']);
  });

  it('P39 has one open alert per series, and two series have two', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await test.sample('cpu.usage', 91, 'web-1');
    await test.sample('cpu.usage', 95, 'web-1');
    await test.sample('cpu.usage', 95, 'web-2');
    expect(test.story()).toEqual(['opened rule_fired', 'opened rule_fired']);
    expect(test.engine.stats()).toMatchObject({ active: 2, opened: 2, evaluated: 3, received: 3 });
  });

  it('P35 does not open again within its cooldown, and opens at its end if the condition still holds', async () => {
    const test = await startTestEngine({ rules: [{ ...cpu, cooldown: '5m' }] });
    await test.sample('cpu.usage', 91);
    await test.sample('cpu.usage', 60);
    await test.advance(60_000);
    await test.sample('cpu.usage', 91);
    expect(test.story()).toEqual(['opened rule_fired', 'resolved cleared']);
    await test.advance(300_000);
    expect(test.story()).toEqual(['opened rule_fired', 'resolved cleared', 'opened rule_fired']);
  });

  it('P39 notifies again at its interval while open and not acknowledged', async () => {
    const test = await startTestEngine({ rules: [{ ...cpu, repeat: '1h' }] });
    await test.sample('cpu.usage', 91);
    await test.advance(3_600_000);
    expect(test.hook.lines).toEqual(['opened high High CPU', 'repeated high High CPU']);
    await test.command('acknowledge', { id: test.events[0]!.alert.id, by: 'ada' });
    await test.advance(7_200_000);
    expect(test.hook.lines).toHaveLength(2);
  });

  it('P32 a disabled rule fires never', async () => {
    const test = await startTestEngine({ rules: [{ ...cpu, enabled: false }] });
    await test.sample('cpu.usage', 99);
    expect(test.story()).toEqual([]);
    expect(test.engine.stats()).toMatchObject({ rules: 1, enabledRules: 0 });
  });
});

describe('admission', () => {
  it('P11 of 12 alerts of one category in a minute 10 are delivered and 2 are rate-limited', async () => {
    const test = await startTestEngine();
    const answers = [];
    for (const alert of numbered(12)) answers.push((await test.raise(alert))['status']);
    expect(answers).toEqual([...Array(10).fill('pending'), 'rate_limited', 'rate_limited']);
    expect(test.hook.sent).toHaveLength(10);
    expect(test.engine.stats()).toMatchObject({ opened: 12, sent: 10, rateLimited: 2 });
  });

  it('P11 another category has a window of its own', async () => {
    const test = await startTestEngine();
    for (const alert of numbered(11)) await test.raise(alert);
    expect(await test.raise({ title: 'Other', category: 'risk' })).toMatchObject({ status: 'pending' });
  });

  it('P12 a tripped key stays limited for the cooldown, then one summary tells what was held back', async () => {
    const test = await startTestEngine();
    for (const alert of numbered(11)) await test.raise(alert);
    await test.raise({ title: 'Worse', category: 'trade', severity: 'high', source: 'desk' });
    await test.advance(59_000);
    expect(await test.raise({ title: 'Still', category: 'trade' })).toMatchObject({ status: 'rate_limited' });
    await test.advance(2_000);
    const summaries = test.hook.sent.filter(({ data }) => data.reason === 'rate_summary');
    expect(summaries).toHaveLength(1);
    expect(summaries[0]!.data.alert).toMatchObject({
      category: 'system',
      data: { bySeverity: { medium: 2, high: 1 } },
    });
    expect(await test.raise({ title: 'After', category: 'trade' })).toMatchObject({ status: 'pending' });
    await test.advance(120_000);
    expect(test.hook.sent.filter(({ data }) => data.reason === 'rate_summary')).toHaveLength(1);
  });

  it('P13 the same alert twice in 300 s is delivered once, and its copy is counted on it', async () => {
    const test = await startTestEngine();
    const first = await test.raise({ title: 'Disk full', message: 'no space' });
    expect(first).toMatchObject({ ok: true, status: 'pending' });
    expect(await test.raise({ title: 'Disk full', message: 'no space' })).toMatchObject({
      id: first['id'],
      status: 'suppressed',
      reason: 'duplicate',
    });
    expect(test.hook.sent).toHaveLength(1);
    expect(test.events.at(-1)!.alert.count).toBe(2);
    expect(test.engine.stats()).toMatchObject({ suppressed: 1, sent: 1 });
  });

  it('P13 after 300 s the copy is news again', async () => {
    const test = await startTestEngine();
    await test.raise({ title: 'Disk full' });
    await test.advance(299_900);
    expect(await test.raise({ title: 'Disk full' })).toMatchObject({ status: 'suppressed' });
    await test.advance(200);
    expect(await test.raise({ title: 'Disk full' })).toMatchObject({ status: 'pending' });
  });

  it('P13 copies under other keys are kept as resolved and counted on the first alert', async () => {
    const test = await startTestEngine();
    await test.raise({ key: 'a', title: 'Disk full' });
    expect(await test.raise({ key: 'b', title: 'Disk full' })).toMatchObject({ status: 'suppressed' });
    await test.advance(2_000);
    const { alerts } = { alerts: test.events.map(({ alert }) => alert) };
    expect(alerts.findLast(({ key }) => key === 'b')).toMatchObject({ state: 'resolved', status: 'suppressed' });
    expect(alerts.findLast(({ key }) => key === 'a')).toMatchObject({ state: 'active', count: 2 });
  });

  it('P13 copies of what happened once are kept under its key, and counted on the first', async () => {
    const test = await startTestEngine();
    const { id } = await test.raise({ title: 'Order filled', status: 'event' });
    for (let i = 0; i < 3; i++) {
      expect(await test.raise({ title: 'Order filled', status: 'event' })).toMatchObject({ status: 'suppressed' });
      await test.advance(700);
    }
    await test.advance(1_000);
    const { alerts } = test.engine.alerts.query({});
    expect(alerts.map(({ status, count }) => `${status} ${count}`)).toEqual([
      'suppressed 1',
      'suppressed 1',
      'suppressed 1',
      'delivered 4',
    ]);
    expect(alerts.at(-1)).toMatchObject({ id, state: 'resolved' });
    await test.advance(300_000);
    expect(await test.raise({ title: 'Order filled', status: 'event' })).toMatchObject({ status: 'pending' });
    expect(test.hook.sent).toHaveLength(2);
  });

  it('P14 a duplicate uses up no rate, and a limited alert is not remembered as seen', async () => {
    const test = await startTestEngine({ rateLimit: { windows: [{ max: 2, per: '1m' }], cooldown: '0s' } });
    await test.raise({ title: 'A' });
    for (let i = 0; i < 5; i++) expect(await test.raise({ title: 'A' })).toMatchObject({ status: 'suppressed' });
    expect(await test.raise({ title: 'B' })).toMatchObject({ status: 'pending' });
    expect(await test.raise({ title: 'C' })).toMatchObject({ status: 'rate_limited' });
    await test.advance(60_000);
    expect(await test.raise({ title: 'C' })).toMatchObject({ status: 'pending' });
  });

  it('P13 copies in quick succession are answered at once and written at most once a second', async () => {
    const test = await startTestEngine();
    await test.raise({ title: 'A' });
    for (let i = 0; i < 50; i++) await test.raise({ title: 'A' });
    expect(test.story()).toEqual(['opened raised', 'duplicate duplicate']);
    await test.advance(1_000);
    expect(test.story().at(-1)).toBe('duplicate copies');
    expect(test.events.at(-1)!.alert.count).toBe(51);
    expect(test.engine.stats().suppressed).toBe(50);
  });
});

describe('an alert from outside', () => {
  it('closes by its key, and is answered not_open when there is nothing to close', async () => {
    const test = await startTestEngine();
    expect(await test.raise({ key: 'db', status: 'resolved' })).toEqual({ ok: true, status: 'not_open' });
    await test.raise({ key: 'db', title: 'Down' });
    expect(await test.raise({ key: 'db', status: 'resolved' })).toMatchObject({ status: 'resolved' });
    expect(test.hook.lines).toEqual(['opened medium Down', 'resolved medium Down']);
  });

  it('expires without a word when it is not raised again', async () => {
    const test = await startTestEngine();
    await test.raise({ key: 'db', title: 'Down', resolveAfter: '10m' });
    await test.advance(300_000);
    await test.raise({ key: 'db', title: 'Down', resolveAfter: '10m' });
    await test.advance(599_000);
    expect(test.story()).not.toContain('resolved expired');
    await test.advance(2_000);
    expect(test.story()).toContain('resolved expired');
    expect(test.hook.lines).not.toContain('resolved medium Down');
  });

  it('may not use a key that the engine makes itself', async () => {
    const test = await startTestEngine();
    expect(await test.raise({ key: 'rule:cpu:x', title: 'Fake' })).toMatchObject({
      ok: false,
      error: { code: 'field_invalid', field: 'key' },
    });
  });

  it('is refused with the code and the field that is wrong', async () => {
    const test = await startTestEngine();
    expect(await test.raise({ message: 'no title' })).toMatchObject({
      error: { code: 'field_missing', field: 'title' },
    });
    expect(await test.raise({ title: 'x', severity: 'urgent' })).toMatchObject({ error: { field: 'severity' } });
  });
});

describe('routing', () => {
  it('P09 P10 critical goes to every channel, the rest to the default ones', async () => {
    const test = await startTestEngine();
    await test.raise({ title: 'Meh' });
    await test.raise({ title: 'Fire', severity: 'critical' });
    expect(test.hook.lines).toEqual(['opened medium Meh', 'opened critical Fire']);
    expect(test.pager.lines).toEqual(['opened critical Fire']);
  });

  it('P09 a rise of severity is routed again, to the union of the channels', async () => {
    const test = await startTestEngine();
    await test.raise({ key: 'k', title: 'Meh' });
    await test.raise({ key: 'k', title: 'Meh', severity: 'critical' });
    expect(test.pager.lines).toEqual(['updated critical Meh']);
    await test.raise({ key: 'k', status: 'resolved' });
    expect(test.pager.lines.at(-1)).toBe('resolved critical Meh');
  });
});

describe('escalation', () => {
  const laddered = {
    rules: [{ ...cpu, escalation: 'oncall' }],
    escalations: {
      oncall: {
        levels: [{ after: '30m' }, { after: '10m', channels: ['pager'], severity: 'critical' as const }],
        max: 3,
      },
    },
  };

  it('P41 climbs by itself when nobody acknowledges, up to the maximum', async () => {
    const test = await startTestEngine(laddered);
    await test.sample('cpu.usage', 91);
    await test.advance(1_800_000);
    expect(test.hook.lines.at(-1)).toBe('escalated high High CPU');
    await test.advance(600_000);
    expect(test.pager.lines).toEqual(['escalated critical High CPU']);
    await test.advance(3_600_000);
    expect(test.pager.lines).toHaveLength(2);
    expect(test.events.at(-1)!.alert.escalation.level).toBe(3);
  });

  it('P41 acknowledging stops it, and what was left of the time counts after the acknowledgement is taken back', async () => {
    const test = await startTestEngine(laddered);
    await test.sample('cpu.usage', 91);
    const { id } = test.events[0]!.alert;
    await test.advance(1_700_000);
    expect(await test.command('acknowledge', { id, by: 'ada' })).toMatchObject({ ok: true, status: 'acknowledged' });
    await test.advance(10_000_000);
    expect(test.story()).toEqual(['opened rule_fired', 'acknowledged acknowledge']);
    await test.command('unacknowledge', { id, by: 'ada' });
    await test.advance(99_000);
    expect(test.story()).not.toContain('escalated not_acknowledged');
    await test.advance(2_000);
    expect(test.story()).toContain('escalated not_acknowledged');
  });

  it('P41 resolving ends it', async () => {
    const test = await startTestEngine(laddered);
    await test.sample('cpu.usage', 91);
    await test.sample('cpu.usage', 10);
    await test.advance(10_000_000);
    expect(test.story()).toEqual(['opened rule_fired', 'resolved cleared']);
  });

  it('P41 goes on after a restart: a level that came due meanwhile is taken, and later ones keep their distance', async () => {
    const test = await startTestEngine(laddered);
    await test.sample('cpu.usage', 91);
    await test.engine.stop();
    test.clock.advance(5_000_000);
    const next = await test.restart();
    await next.advance(5_000);
    expect(next.story()).toEqual(['escalated not_acknowledged']);
    await next.advance(590_000);
    expect(next.pager.lines).toEqual([]);
    await next.advance(10_000);
    expect(next.pager.lines).toEqual(['escalated critical High CPU']);
  });
});

describe('a rule that names its channels', () => {
  it('P40 P41 is told there alone, also when it becomes critical', async () => {
    const test = await startTestEngine({
      rules: [{ ...cpu, channels: ['pager', { name: 'hook', enabled: false }], escalation: 'oncall' }],
      escalations: { oncall: { levels: [{ after: '1m', severity: 'critical' }] } },
    });
    await test.sample('cpu.usage', 91);
    await test.advance(60_000);
    expect(test.pager.lines).toEqual(['opened high High CPU', 'escalated critical High CPU']);
    expect(test.pager.sent[1]!.data.alert.message).toContain('severity: critical');
    expect(test.hook.lines).toEqual([]);
  });
});

describe('a restart', () => {
  it('P39 keeps what is open open, and resolves it when the condition clears', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await test.sample('cpu.usage', 91);
    const next = await test.restart();
    await next.sample('cpu.usage', 95);
    expect(next.story()).toEqual([]);
    await next.sample('cpu.usage', 50);
    expect(next.story()).toEqual(['resolved cleared']);
    expect(next.hook.lines).toEqual(['resolved high High CPU']);
  });

  it('P39 resolves what its rule no longer exists for', async () => {
    const test = await startTestEngine({ rules: [cpu] });
    await test.sample('cpu.usage', 91);
    await test.engine.stop();
    const next = await startTestEngine({ rules: [] }, { driver: test.driver, clock: test.clock });
    await next.advance(1_000);
    expect(next.story()).toEqual(['resolved rule_removed']);
  });

  it('P11 P13 remembers what it admitted', async () => {
    const test = await startTestEngine();
    for (const alert of numbered(10)) await test.raise(alert);
    const next = await test.restart();
    expect(await next.raise({ title: 'Alert 3', category: 'trade' })).toMatchObject({ status: 'rate_limited' });
    await next.advance(61_000);
    expect(await next.raise({ title: 'Alert 3', category: 'trade' })).toMatchObject({ status: 'suppressed' });
  });
});

describe('commands', () => {
  it('P19 P38 an acknowledgement names who, and a refused one says why', async () => {
    const test = await startTestEngine();
    const { id } = await test.raise({ title: 'A' });
    await test.command('acknowledge', { id, by: 'ada', note: 'on it' });
    expect(test.events.at(-1)!.alert.acknowledged).toMatchObject({ by: 'ada', note: 'on it' });
    expect(await test.command('resolve', { id, by: 'ada' })).toMatchObject({ status: 'resolved' });
    expect(await test.command('acknowledge', { id, by: 'bob' })).toMatchObject({ error: { code: 'alert_resolved' } });
    expect(await test.command('acknowledge', { id: 'nope', by: 'bob' })).toMatchObject({
      error: { code: 'alert_unknown' },
    });
    expect(await test.command('acknowledge', { id })).toMatchObject({ error: { code: 'field_missing', field: 'by' } });
    expect(await test.command('dance', {})).toMatchObject({ error: { code: 'command_unknown' } });
  });

  it('P19 an acknowledgement with an end is over by itself, and says so once', async () => {
    const test = await startTestEngine();
    const { id } = await test.raise({ title: 'A' });
    await test.command('acknowledge', { id, by: 'ada', until: test.clock.wall() + 60_000 });
    await test.advance(61_000);
    expect(test.story().at(-1)).toBe('unacknowledged acknowledgement_over');
    expect(test.hook.lines).toEqual(['opened medium A', 'unacknowledged medium A']);
  });
});
