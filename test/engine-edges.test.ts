import { describe, expect, it } from 'vitest';
import { TocsinError } from '../src/model/errors.js';
import { createMemoryDriver } from '../src/streams/memory.js';
import type { Driver } from '../src/streams/ports.js';
import { startTestEngine } from './support/engine.js';
import { cpu } from './support/rules.js';
import { VirtualClock } from './support/virtual-clock.js';

const ladder = { oncall: { levels: [{ after: '10m' }, { after: '10m' }] } };
const minute = 60_000;

describe('a key whose history was removed', () => {
  it('P39 P44 opens again', async () => {
    const test = await startTestEngine({ history: { maxAlerts: 1 } });
    await test.raise({ key: 'old', title: 'Old' });
    await test.raise({ key: 'old', status: 'resolved' });
    for (const key of ['b', 'c']) {
      await test.raise({ key, title: key });
      await test.raise({ key, status: 'resolved' });
    }
    await test.advance(70 * minute);
    expect(await test.raise({ key: 'old', title: 'Old again' })).toMatchObject({ ok: true, status: 'pending' });
  });
});

describe('a grave alert of a rule that was held back', () => {
  const limited = { rateLimit: { windows: [{ max: 2, per: '1m' }], cooldown: '1m' } };

  it('P11 P41 is notified when its rate key has room, and its ladder starts then', async () => {
    const test = await startTestEngine({ ...limited, rules: [{ ...cpu, escalation: 'oncall' }], escalations: ladder });
    for (const source of ['a', 'b', 'c']) await test.sample('cpu.usage', 91, source);
    expect(test.hook.lines).toHaveLength(2);
    await test.advance(2 * minute);
    const late = test.hook.sent.filter(({ data }) => data.reason === 'rate_room');
    expect(late.map(({ type, data }) => `${type} ${data.alert.source}`)).toEqual(['repeated c']);
    await test.advance(11 * minute);
    expect(test.hook.sent.filter(({ type }) => type === 'escalated')).toHaveLength(3);
  });

  it('P11 the gravest come first, and they use at most half of each window', async () => {
    const rules = [cpu, { ...cpu, id: 'disk', metric: 'disk.usage', severity: 'critical' as const }];
    const test = await startTestEngine({ rateLimit: { windows: [{ max: 4, per: '1m' }], cooldown: '0s' }, rules });
    for (const source of ['a', 'b', 'c', 'd', 'e', 'f']) await test.sample('cpu.usage', 91, source);
    await test.sample('disk.usage', 91, 'z');
    await test.advance(minute + 1_000);
    const late = () =>
      test.hook.sent.filter(({ data }) => data.reason === 'rate_room').map(({ data }) => data.alert.source);
    expect(late()).toEqual(['z', 'e']);
    await test.advance(minute);
    expect(late()).toEqual(['z', 'e', 'f']);
  });

  it('P11 is left alone when it has resolved meanwhile', async () => {
    const test = await startTestEngine({ ...limited, rules: [cpu] });
    for (const source of ['a', 'b', 'c']) await test.sample('cpu.usage', 91, source);
    await test.sample('cpu.usage', 10, 'c');
    await test.advance(5 * minute);
    expect(test.hook.sent.filter(({ data }) => data.alert.source === 'c')).toEqual([]);
  });

  it('P11 is notified once when its acknowledgement is taken back', async () => {
    const test = await startTestEngine({ ...limited, rules: [cpu] });
    for (const source of ['a', 'b', 'c']) await test.sample('cpu.usage', 91, source);
    const { id } = test.events.findLast(({ alert }) => alert.source === 'c')!.alert;
    await test.command('acknowledge', { id, by: 'ada' });
    await test.advance(10 * minute);
    await test.command('unacknowledge', { id, by: 'ada' });
    const told = test.hook.sent.filter(({ data }) => data.alert.source === 'c').map(({ type }) => type);
    expect(told).toEqual(['unacknowledged']);
  });
});

describe('a duplicate of a limited key', () => {
  it('P12 P14 neither trips it nor counts as held back', async () => {
    const test = await startTestEngine({ rateLimit: { windows: [{ max: 1, per: '1m' }], cooldown: '5m' } });
    await test.raise({ title: 'A' });
    await test.raise({ title: 'A' });
    await test.advance(61_000);
    expect(await test.raise({ title: 'B' })).toMatchObject({ status: 'pending' });
    await test.advance(10 * minute);
    expect(test.hook.sent.filter(({ data }) => data.reason === 'rate_summary')).toEqual([]);
  });
});

describe('an alert that is raised again', () => {
  it('P13 with other words is news again after it was resolved, whichever words come', async () => {
    const test = await startTestEngine();
    await test.raise({ key: 'disk', title: '91%' });
    await test.raise({ key: 'disk', title: '92%' });
    await test.raise({ key: 'disk', status: 'resolved' });
    expect(await test.raise({ key: 'disk', title: '91%' })).toMatchObject({ status: 'pending' });
  });

  it('P41 while it is acknowledged keeps its paused ladder, takes no rate, and says that nobody was told', async () => {
    const routes = [{ name: 'all', channels: ['hook'], escalation: 'oncall' }];
    const test = await startTestEngine({ routes, escalations: ladder, dedupe: { window: '1s' } });
    const { id } = await test.raise({ key: 'k', title: 'A' });
    await test.advance(2 * minute);
    await test.command('acknowledge', { id, by: 'ada' });
    await test.advance(2_000);
    expect(await test.raise({ key: 'k', title: 'A' })).toMatchObject({ status: 'suppressed', reason: 'acknowledged' });
    expect(test.events.at(-1)!.alert.escalation).toMatchObject({ remainingMs: 8 * minute });
    await test.command('unacknowledge', { id, by: 'ada' });
    await test.advance(7 * minute);
    expect(test.story()).not.toContain('escalated not_acknowledged');
    await test.advance(2 * minute);
    expect(test.story()).toContain('escalated not_acknowledged');
  });

  it('less grave is recorded and tells nobody; graver is told even when acknowledged', async () => {
    const test = await startTestEngine();
    const { id } = await test.raise({ key: 'k', title: 'A', severity: 'high' });
    expect(await test.raise({ key: 'k', title: 'A', severity: 'low' })).toMatchObject({ reason: 'severity_down' });
    expect(test.events.at(-1)!.alert.severity).toBe('low');
    await test.command('acknowledge', { id, by: 'ada' });
    await test.raise({ key: 'k', title: 'Much worse', severity: 'critical' });
    expect(test.hook.lines).toEqual(['opened high A', 'updated critical Much worse']);
  });

  it('P13 and answered is counted when the engine stops right after', async () => {
    const test = await startTestEngine();
    const { id } = await test.raise({ title: 'A' });
    for (let i = 0; i < 5; i++) await test.raise({ title: 'A' });
    const next = await test.restart();
    await next.command('acknowledge', { id, by: 'ada' });
    expect(next.events.at(-1)!.alert.count).toBe(6);
  });
});

describe('a restart', () => {
  it('P11 counts every notification of the longest window, also several of one alert', async () => {
    const test = await startTestEngine({ dedupe: { window: '0s' } });
    for (let i = 0; i < 10; i++) await test.raise({ key: 'k', title: 'A' });
    const next = await test.restart();
    expect(await next.raise({ title: 'B' })).toMatchObject({ status: 'rate_limited' });
  });

  it('P12 tells once of what was held back before it', async () => {
    const test = await startTestEngine();
    for (let i = 0; i < 12; i++) await test.raise({ title: `Alert ${i}` });
    const next = await test.restart();
    await next.advance(3 * minute);
    const last = await next.restart();
    await last.advance(3 * minute);
    const told = [...test.hook.sent, ...next.hook.sent, ...last.hook.sent].filter(
      ({ data }) => data.reason === 'rate_summary',
    );
    expect(told.map(({ data }) => data.alert.data['bySeverity'])).toEqual([{ medium: 2 }]);
  });

  it('P35 does not shorten the cooldown of a rule', async () => {
    const test = await startTestEngine({ rules: [{ ...cpu, cooldown: '10m' }] });
    await test.sample('cpu.usage', 91);
    await test.sample('cpu.usage', 60);
    const next = await test.restart();
    await next.sample('cpu.usage', 91);
    expect(next.story()).toEqual([]);
    await next.advance(10 * minute);
    expect(next.story()).toEqual(['opened rule_fired']);
  });
});

/** A log that refuses writes for as long as it is told to. */
function failingLog(driver: Driver): { driver: Driver; refuse: boolean } {
  const state = { driver, refuse: false };
  const log = new Proxy(driver.log, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== 'append' || !state.refuse) return typeof value === 'function' ? value.bind(target) : value;
      return () => Promise.reject(new TocsinError('log_unavailable', 'full', { temporary: true }));
    },
  });
  state.driver = { ...driver, log };
  return state;
}

describe('a log that refuses', () => {
  it('F13 a raise is refused as temporary and leaves nothing behind; the engine goes on when the log is back', async () => {
    const clock = new VirtualClock();
    const failing = failingLog(createMemoryDriver({ scheduler: clock.scheduler, wall: () => clock.wall() }));
    const test = await startTestEngine({ rules: [cpu] }, { driver: failing.driver, clock });
    failing.refuse = true;
    expect(await test.raise({ title: 'A' })).toMatchObject({ error: { code: 'log_unavailable', temporary: true } });
    await test.sample('cpu.usage', 91);
    failing.refuse = false;
    await test.advance(1_000);
    expect(test.story()).toEqual(['opened rule_fired']);
    expect(await test.raise({ title: 'A' })).toMatchObject({ status: 'pending' });
  });
});

describe('a storm', () => {
  it('F8 keeps a bounded number of writes in flight, and stores all that it answered', async () => {
    const clock = new VirtualClock();
    const driver = createMemoryDriver({ scheduler: clock.scheduler, wall: () => clock.wall() });
    let inFlight = 0;
    let most = 0;
    const log = new Proxy(driver.log, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name !== 'append') return typeof value === 'function' ? value.bind(target) : value;
        return async (entry: Parameters<typeof target.append>[0]) => {
          most = Math.max(most, ++inFlight);
          await new Promise((resolve) => setImmediate(resolve));
          return target.append(entry).finally(() => inFlight--);
        };
      },
    });
    const test = await startTestEngine({}, { driver: { ...driver, log }, clock });
    const tester = { name: 'test', authenticated: false, via: 'test' };
    const raises = Array.from({ length: 6_000 }, (_, i) =>
      test.engine.commands.execute('raise', { title: `A ${i}` }, tester),
    );
    const answers = await Promise.all(raises);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(6_000);
    expect(most).toBeLessThanOrEqual(2_100);
    expect(test.engine.stats().opened).toBe(6_000);
  });
});

describe('a stray message on the subject of an open alert', () => {
  it.each([{}, null, 5, { alert: {} }])(
    'P39 does not keep it from changing, nor open a second one: %j',
    async (body) => {
      const test = await startTestEngine();
      const { id } = await test.raise({ key: 'k', title: 'A' });
      const subjects: string[] = [];
      for await (const { subject } of test.driver.log.latest('alert.>')) subjects.push(subject);
      await test.driver.log.append({ subject: subjects[0]!, body, messageId: 'stray' });
      expect(await test.raise({ key: 'k', title: 'A' })).toMatchObject({ id, status: 'suppressed' });
      expect(await test.command('resolve', { id, by: 'ada' })).toMatchObject({ ok: true, status: 'resolved' });
    },
  );
});
