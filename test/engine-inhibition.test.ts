import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../src/config/index.js';
import { startTestEngine } from './support/engine.js';
import { cpu } from './support/rules.js';

const hostDown = { id: 'host-down', metric: 'host.up', when: '< 1', severity: 'critical', category: 'system' } as const;
const inhibit = [{ source: { rule: 'host-down' }, target: { category: 'performance' }, equal: ['source'] }];
const config: ConfigInput = { rules: [cpu, hostDown], inhibit };

describe('inhibition', () => {
  it('keeps the alerts of a host quiet while another one says that the host is down', async () => {
    const test = await startTestEngine(config);
    await test.sample('host.up', 0, 'web-1');
    const down = test.events[0]!.alert.id;
    await test.sample('cpu.usage', 91, 'web-1');
    expect(test.events.at(-1)!.alert).toMatchObject({ inhibitedBy: [down], status: 'suppressed' });
    await test.sample('cpu.usage', 91, 'web-2');
    expect(test.hook.lines).toEqual(['opened critical host-down', 'opened high High CPU']);
    await test.sample('host.up', 1, 'web-1');
    await test.advance(100);
    expect(test.hook.lines.slice(2)).toEqual(['resolved critical host-down', 'uninhibited high High CPU']);
    expect(test.story()).toEqual([
      'opened rule_fired',
      'opened inhibited',
      'opened rule_fired',
      'resolved cleared',
      'uninhibited inhibition_over',
    ]);
  });

  it('also begins on what was open before, and only on that', async () => {
    const test = await startTestEngine(config);
    await test.sample('cpu.usage', 91, 'web-1');
    await test.sample('cpu.usage', 91, 'web-2');
    await test.sample('host.up', 0, 'web-1');
    await test.advance(100);
    expect(test.story().slice(2)).toEqual(['opened rule_fired', 'inhibited inhibition']);
    expect(test.events.at(-1)!.alert).toMatchObject({ source: 'web-1', rule: 'cpu' });
  });

  it('counts muted and acknowledged alerts as sources: what is wrong is wrong', async () => {
    const test = await startTestEngine(config);
    const endsAt = test.clock.wall() + 60_000;
    const matchers = [{ name: 'rule', op: '=', value: 'host-down' }];
    await test.command('silence', { matchers, endsAt, by: 'ada', comment: 'known' });
    await test.sample('host.up', 0, 'web-1');
    await test.command('acknowledge', { id: test.events.at(-1)!.alert.id, by: 'ada' });
    await test.sample('cpu.usage', 91, 'web-1');
    expect(test.story().at(-1)).toBe('opened inhibited');
    expect(test.hook.lines).toEqual([]);
  });

  it('an alert never inhibits itself, nor do two that could inhibit each other', async () => {
    const same = { category: 'performance' };
    const test = await startTestEngine({ rules: [cpu], inhibit: [{ source: same, target: same }] });
    await test.sample('cpu.usage', 91, 'web-1');
    await test.sample('cpu.usage', 91, 'web-2');
    await test.advance(100);
    expect(test.hook.lines).toEqual(['opened high High CPU', 'opened high High CPU']);
  });

  it('lasts while any source is open, and names the one that has been for longest', async () => {
    const test = await startTestEngine({ ...config, inhibit: [{ ...inhibit[0]!, equal: [] }] });
    await test.sample('host.up', 0, 'db-1');
    await test.sample('host.up', 0, 'db-2');
    const [first, second] = test.events.filter(({ type }) => type === 'opened').map(({ alert }) => alert.id);
    await test.sample('cpu.usage', 91, 'web-1');
    expect(test.events.at(-1)!.alert.inhibitedBy).toEqual([first]);
    await test.sample('host.up', 1, 'db-1');
    await test.advance(100);
    const changed = test.events.find(({ reason }) => reason === 'mute_changed')!;
    expect(changed.alert).toMatchObject({ rule: 'cpu', inhibitedBy: [second] });
    await test.sample('host.up', 1, 'db-2');
    await test.advance(100);
    expect(test.story().at(-1)).toBe('uninhibited inhibition_over');
  });

  it('follows the severity and the labels of its sources and targets', async () => {
    const test = await startTestEngine({
      inhibit: [{ source: { severity: 'critical', area: 'eu-*' }, target: { tag: 'noisy', title: '*slow*' } }],
    });
    const slow = { key: 'slow', title: 'Disk is slow', tags: ['noisy'] };
    await test.raise({ key: 'source', title: 'Outage', severity: 'high', labels: { area: 'eu-1' } });
    await test.raise(slow);
    await test.raise({ key: 'source', title: 'Outage', severity: 'critical', labels: { area: 'eu-1' } });
    await test.advance(100);
    expect(test.story().at(-1)).toBe('inhibited inhibition');
    await test.raise({ key: 'source', title: 'Outage', severity: 'low', labels: { area: 'eu-1' } });
    await test.advance(100);
    expect(test.story().at(-1)).toBe('uninhibited inhibition_over');
    expect(await test.raise({ ...slow, key: 'calm', title: 'Disk is fine' })).toMatchObject({ status: 'pending' });
  });

  it('and a silence on one alert: told when both are over', async () => {
    const test = await startTestEngine(config);
    const endsAt = test.clock.wall() + 60_000;
    const matchers = [{ name: 'rule', op: '=', value: 'cpu' }];
    await test.sample('host.up', 0, 'web-1');
    await test.command('silence', { matchers, endsAt, by: 'ada', comment: 'known' });
    await test.sample('cpu.usage', 91, 'web-1');
    await test.sample('host.up', 1, 'web-1');
    await test.advance(1_000);
    expect(test.story().slice(-2)).toEqual(['resolved cleared', 'uninhibited inhibition_over']);
    expect(test.hook.lines).toEqual(['opened critical host-down', 'resolved critical host-down']);
    await test.advance(60_000);
    expect(test.hook.lines.at(-1)).toBe('unsilenced high High CPU');
  });

  it('goes on after a restart without a word, and ends what ended meanwhile', async () => {
    const test = await startTestEngine(config);
    await test.sample('host.up', 0, 'web-1');
    await test.sample('cpu.usage', 91, 'web-1');
    const again = await test.restart();
    await again.advance(5_000);
    expect(again.story()).toEqual([]);
    await again.sample('host.up', 1, 'web-1');
    await again.advance(100);
    expect(again.hook.lines).toEqual(['resolved critical host-down', 'uninhibited high High CPU']);
  });

  it('that the next start has no rule for is over', async () => {
    const test = await startTestEngine(config);
    await test.sample('host.up', 0, 'web-1');
    await test.sample('cpu.usage', 91, 'web-1');
    const again = await test.restart({ ...config, inhibit: [] });
    await again.advance(5_000);
    expect(again.hook.lines).toEqual(['uninhibited high High CPU']);
  });
});
