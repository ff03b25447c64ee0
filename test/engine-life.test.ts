import { describe, expect, it } from 'vitest';
import type { Driver } from '../src/streams/ports.js';
import { startTestEngine } from './support/engine.js';
import { cpu } from './support/rules.js';
import type { VirtualClock } from './support/virtual-clock.js';

const minute = 60_000;

/** A log of which checkpoints take a moment to be read, while timers run. */
function slowToRead(driver: Driver, clock: VirtualClock): Driver {
  const log = new Proxy(driver.log, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name === 'read') return read;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  async function* read(filter: string, options?: { readonly fromSeq?: number }) {
    if (filter.startsWith('checkpoint.')) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(0);
    }
    yield* driver.log.read(filter, options);
  }
  return { ...driver, log };
}

describe('what was held back', () => {
  it('F1 P11 is summed up after a restart when its cooldown ended in the downtime', async () => {
    const config = { rateLimit: { windows: [{ max: 2, per: '1m' }], cooldown: '1m' } };
    const test = await startTestEngine(config);
    for (const title of ['A', 'B', 'C', 'D']) await test.raise({ title });
    const stopped = test.engine.stop();
    await test.advance(0);
    await stopped;
    test.clock.advance(5 * minute);
    const next = await startTestEngine(config, { driver: slowToRead(test.driver, test.clock), clock: test.clock });
    await next.advance(1_000);
    expect(next.story()).toEqual(['opened rate_summary']);
    expect(next.hook.lines).toEqual(['opened medium 2 alerts of system were held back']);
  });

  it('P11 is not told of again when there is room, if a rise of its severity was told meanwhile', async () => {
    const { when, clear, severity, ...given } = cpu;
    const levels = { high: { when, clear }, critical: { when: '> 95', clear: '< 90' } };
    const other = { ...cpu, id: 'mem', metric: 'mem.usage' };
    const limits = { rateLimit: { windows: [{ max: 1, per: '1m' }], cooldown: '0s' } };
    const test = await startTestEngine({ ...limits, rules: [other, { ...given, levels }] });
    await test.sample('mem.usage', 91);
    await test.sample('cpu.usage', 91);
    await test.sample('cpu.usage', 99);
    await test.advance(5 * minute);
    expect(test.story()).toEqual(['opened rule_fired', 'opened rate_limited', 'updated severity_up']);
  });

  it('P11 P19 a grave alert that finds no room when its acknowledgement ends is told when there is some', async () => {
    const limits = { rateLimit: { windows: [{ max: 1, per: '10m' }], cooldown: '0s' } };
    const test = await startTestEngine({ ...limits, rules: [cpu] });
    await test.sample('cpu.usage', 91);
    const { id } = test.events[0]!.alert;
    await test.advance(minute);
    await test.command('acknowledge', { id, by: 'ada' });
    await test.command('unacknowledge', { id, by: 'ada' });
    expect(test.hook.lines).toEqual(['opened high High CPU']);
    await test.advance(10 * minute);
    expect(test.hook.lines).toEqual(['opened high High CPU', 'repeated high High CPU']);
    expect(test.story().slice(2)).toEqual(['unacknowledged unacknowledge', 'repeated rate_room']);
  });
});

describe('copies that come often', () => {
  it('the newest one says what is so, although they are written together', async () => {
    const test = await startTestEngine();
    const { id } = await test.raise({ key: 'load', title: 'Load 1' });
    await test.command('acknowledge', { id, by: 'ada' });
    for (let i = 2; i <= 20; i++) {
      await test.raise({ key: 'load', title: `Load ${i}`, message: `${i} of 20`, data: { i } });
      await test.advance(300);
    }
    await test.advance(1_000);
    const { alert, events } = await test.engine.alerts.detail(String(id));
    expect(alert).toMatchObject({ title: 'Load 20', message: '20 of 20', data: { i: 20 }, count: 20 });
    expect(events.filter(({ type }) => type === 'duplicate').length).toBeLessThan(8);
  });

  it('P39 do not take in a repeat that finds no room: it is no copy, and the next one comes at its time', async () => {
    const limits = { rateLimit: { windows: [{ max: 1, per: '1m' }], cooldown: '0s' } };
    const group = { by: ['category'], wait: '1s', interval: '1s', repeat: '20s' };
    const test = await startTestEngine({ ...limits, group });
    const { id } = await test.raise({ key: 'load', title: 'Load' });
    for (let i = 0; i < 49; i++) {
      await test.advance(400);
      await test.raise({ key: 'load', title: 'Load' });
    }
    await test.advance(1_000);
    await test.advance(40_000);
    const repeats = test.events.filter(({ type, reason }) => type === 'rate_limited' || reason === 'repeat');
    expect(repeats.map(({ time, reason }) => [reason, time - test.events[0]!.time])).toEqual([
      // The first copy.
      ['rate_limited', 400],
      ['rate_limited', 20_000],
      ['rate_limited', 40_000],
      ['repeat', 60_000],
    ]);
    const { alert } = await test.engine.alerts.detail(String(id));
    expect(alert.count).toBe(50);
  });
});

describe('commands', () => {
  it('P19 P38 leave in the event log who asked for what, when, and on which way', async () => {
    const test = await startTestEngine();
    const { id } = await test.raise({ title: 'A' });
    await test.command('acknowledge', { id, by: 'ada' });
    await test.command('unacknowledge', { id, by: 'bob' });
    await test.command('resolve', { id, by: 'cy' });
    const { events } = await test.engine.alerts.detail(String(id));
    const asked = events.filter(({ via }) => via !== undefined);
    expect(asked.map(({ type, by, via }) => [type, by, via])).toEqual([
      ['opened', undefined, 'test'],
      ['acknowledged', 'ada', 'test'],
      ['unacknowledged', 'bob', 'test'],
      ['resolved', 'cy', 'test'],
    ]);
    const matchers = [{ name: 'title', op: '=', value: 'A' }];
    const times = { endsAt: test.clock.wall() + minute };
    const silence = await test.command('silence', { matchers, ...times, by: 'ada', comment: 'known' });
    await test.command('unsilence', { id: silence['id'], by: 'bob' });
    const stored: unknown[] = [];
    for await (const { body } of test.driver.log.read('silence.>')) stored.push(body);
    expect(stored).toMatchObject([
      { by: 'ada', via: 'test' },
      { via: 'test', endedBy: 'bob', endedVia: 'test' },
    ]);
  });

  it('P19 refuse a time that is no date', async () => {
    const test = await startTestEngine();
    const { id } = await test.raise({ title: 'A' });
    const refused = { ok: false, error: { code: 'time_invalid', field: 'until' } };
    expect(await test.command('acknowledge', { id, by: 'ada', until: 1e300 })).toMatchObject(refused);
  });
});

describe('a wall clock that is set while a ladder runs', () => {
  it.each([-60, 60])('F9 P41 by %i minutes leaves the time that is left when somebody takes care', async (by) => {
    const escalations = { oncall: { levels: [{ after: '10m' }] } };
    const test = await startTestEngine({ rules: [{ ...cpu, escalation: 'oncall' }], escalations });
    await test.sample('cpu.usage', 91);
    const { id } = test.events[0]!.alert;
    await test.advance(minute);
    test.clock.step(by * minute);
    await test.command('acknowledge', { id, by: 'ada' });
    expect(test.engine.alerts.query({}).alerts[0]!.escalation.remainingMs).toBeCloseTo(9 * minute, -3);
    await test.command('unacknowledge', { id, by: 'ada' });
    await test.advance(8 * minute);
    expect(test.story()).not.toContain('escalated not_acknowledged');
    await test.advance(2 * minute);
    expect(test.story()).toContain('escalated not_acknowledged');
  });

  it.each([-60, 60])('F9 P41 by %i minutes leaves the time that is left when a silence begins', async (by) => {
    const escalations = { oncall: { levels: [{ after: '10m' }] } };
    const test = await startTestEngine({ rules: [{ ...cpu, escalation: 'oncall' }], escalations });
    await test.sample('cpu.usage', 91);
    await test.advance(minute);
    test.clock.step(by * minute);
    const matchers = [{ name: 'rule', op: '=', value: 'cpu' }];
    const endsAt = test.clock.wall() + minute;
    await test.command('silence', { matchers, endsAt, by: 'ada', comment: 'known' });
    expect(test.engine.alerts.query({}).alerts[0]!.escalation.remainingMs).toBeCloseTo(9 * minute, -3);
    await test.advance(9 * minute);
    expect(test.story()).not.toContain('escalated not_acknowledged');
    await test.advance(2 * minute);
    expect(test.story()).toContain('escalated not_acknowledged');
  });
});
