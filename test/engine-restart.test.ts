import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../src/config/index.js';
import { createEngine } from '../src/engine.js';
import type { Gateway } from '../src/gateway/index.js';
import type { GatewayPorts } from '../src/gateway/ports.js';
import { TocsinError } from '../src/model/errors.js';
import { createMemoryDriver } from '../src/streams/memory.js';
import type { EngineUnderTest } from './support/engine.js';
import { startTestEngine } from './support/engine.js';
import { cpu } from './support/rules.js';
import { VirtualClock } from './support/virtual-clock.js';

const minute = 60_000;

/** The next engine on the same driver, at the very moment when it is ready. */
async function restarted(test: EngineUnderTest, downMs: number, config = {}): Promise<EngineUnderTest> {
  const stopped = test.engine.stop();
  await test.advance(0);
  await stopped;
  test.clock.advance(downMs);
  return startTestEngine(config, { driver: test.driver, clock: test.clock, unsettled: true });
}

describe('an engine that starts', () => {
  it('F1 on a log with alerts notifies nobody before it has settled for a second', async () => {
    const config = { rules: [cpu] };
    const test = await startTestEngine(config);
    await test.sample('cpu.usage', 91);
    const next = await restarted(test, 0, config);
    await next.sample('cpu.usage', 50);
    await next.raise({ title: 'New' });
    expect(next.story()).toEqual(['resolved cleared', 'opened raised']);
    await next.advance(990);
    expect(next.hook.lines).toEqual([]);
    await next.advance(20);
    expect(next.hook.lines.sort()).toEqual(['opened medium New', 'resolved high High CPU']);
  });

  it('on an empty log has nothing to settle', async () => {
    const test = await startTestEngine();
    await test.raise({ title: 'New' });
    expect(test.hook.lines).toEqual(['opened medium New']);
  });

  it('F1 that is stopped while it settles leaves what waits to the next one', async () => {
    const test = await startTestEngine();
    await test.raise({ title: 'A' });
    const next = await restarted(test, 0);
    await next.raise({ title: 'B' });
    const last = await restarted(next, 0);
    expect(next.hook.lines).toEqual([]);
    await last.advance(7_000);
    expect(last.hook.lines).toEqual(['opened medium B']);
  });
});

describe('timers that came due while no engine ran', () => {
  it('F1 P41 fire at once for the gravest 100 after the settling, and spread over 5 s for the others', async () => {
    const config = {
      rateLimit: { windows: [{ max: 1_000, per: '1m' }] },
      routes: [{ name: 'all', channels: ['hook'], escalation: 'oncall' }],
      escalations: { oncall: { levels: [{ after: '10m' }] } },
    };
    const test = await startTestEngine(config);
    for (let i = 0; i < 200; i++) {
      await test.raise({ title: `Alert ${i}`, severity: i < 100 ? 'low' : 'critical' });
    }
    const next = await restarted(test, 30 * minute, config);
    await next.advance(990);
    expect(next.story()).toEqual([]);
    await next.advance(15);
    const escalated = () => next.events.filter(({ type }) => type === 'escalated').map(({ alert }) => alert.severity);
    expect(escalated()).toEqual(Array(100).fill('critical'));
    await next.advance(2_500);
    expect(escalated().length).toBeGreaterThanOrEqual(145);
    expect(escalated().length).toBeLessThanOrEqual(155);
    await next.advance(2_600);
    expect(escalated()).toHaveLength(200);
  });

  it('F1 P19 P39 an expiry, a repeat and the end of an acknowledgement come once, after the settling', async () => {
    const config = { rules: [{ ...cpu, repeat: '10m' }] };
    const test = await startTestEngine(config);
    await test.sample('cpu.usage', 91);
    const { id } = await test.raise({ title: 'A' });
    await test.command('acknowledge', { id, by: 'ada', until: test.clock.wall() + minute });
    await test.raise({ title: 'B', resolveAfter: '5m' });
    const next = await restarted(test, 20 * minute, config);
    await next.advance(900);
    expect(next.story()).toEqual([]);
    await next.advance(200);
    expect(next.story().sort()).toEqual(['repeated repeat', 'resolved expired', 'unacknowledged acknowledgement_over']);
    await next.advance(5 * minute);
    expect(next.story()).toHaveLength(3);
  });
});

describe('a wall clock that is set', () => {
  const config = {
    rules: [{ ...cpu, repeat: '10m' }],
    routes: [{ name: 'all', channels: ['hook'], escalation: 'oncall' }],
    escalations: { oncall: { levels: [{ after: '20m' }] } },
  };

  async function withEveryTimer(): Promise<EngineUnderTest> {
    const test = await startTestEngine(config);
    await test.sample('cpu.usage', 91);
    const { id } = await test.raise({ title: 'A' });
    await test.command('acknowledge', { id, by: 'ada', until: test.clock.wall() + 30 * minute });
    const muted = await test.raise({ title: 'B' });
    await test.command('suppress', { id: muted['id'], by: 'ada', until: test.clock.wall() + 30 * minute });
    await test.raise({ title: 'C', resolveAfter: '15m' });
    test.events.length = 0;
    return test;
  }

  it.each([-60, 60])(
    'F9 by %i minutes makes nothing fire, and every timer comes when its time has passed',
    async (by) => {
      const test = await withEveryTimer();
      test.clock.step(by * minute);
      await test.advance(9 * minute);
      expect(test.story()).toEqual([]);
      await test.advance(2 * minute);
      expect(test.story()).toEqual(['repeated repeat']);
      await test.advance(5 * minute);
      expect(test.story()).toContain('resolved expired');
      await test.advance(5 * minute);
      expect(test.story().filter((line) => line.startsWith('escalated'))).toHaveLength(1);
      await test.advance(10 * minute);
      expect(test.story()).toContain('unacknowledged acknowledgement_over');
      expect(test.story()).toContain('unsuppressed suppression_over');
    },
  );

  it('F9 back by an hour during a restart loses no timer and adds nothing to it', async () => {
    const test = await withEveryTimer();
    test.clock.step(-60 * minute);
    const next = await restarted(test, 0, config);
    await next.advance(31 * minute);
    const story = next.story();
    for (const line of ['resolved expired', 'unacknowledged acknowledgement_over', 'unsuppressed suppression_over'])
      expect(story.filter((each) => each === line)).toHaveLength(1);
    expect(story.filter((line) => line.startsWith('escalated'))).toHaveLength(1);
    expect(story.filter((line) => line.startsWith('repeated')).length).toBeGreaterThanOrEqual(2);
  });

  it('F9 ahead by an hour during a restart fires what seems overdue once, after the settling', async () => {
    const test = await withEveryTimer();
    test.clock.step(60 * minute);
    const next = await restarted(test, 0, config);
    await next.advance(900);
    expect(next.story()).toEqual([]);
    await next.advance(200);
    expect(next.story()).toHaveLength(5);
    await next.advance(5 * minute);
    expect(next.story()).toHaveLength(5);
  });
});

describe('the history', () => {
  async function twoIncidents() {
    const test = await startTestEngine();
    await test.raise({ key: 'k', title: 'First' });
    await test.raise({ key: 'k', title: 'First', status: 'resolved' });
    await test.advance(minute);
    await test.raise({ key: 'other', title: 'Other' });
    await test.advance(1_000);
    await test.raise({ key: 'k', title: 'Second' });
    return test;
  }

  it('P18 after a restart lists every incident of a key, with its deliveries, page by page', async () => {
    const next = await restarted(await twoIncidents(), 0);
    const titles: string[] = [];
    for (let cursor: string | undefined, page = 0; page < 3; page++) {
      const { alerts, cursor: then } = next.engine.alerts.query({ limit: 1, ...(cursor && { cursor }) });
      titles.push(...alerts.map(({ title }) => title));
      cursor = then;
    }
    expect(titles).toEqual(['Second', 'Other', 'First']);
    const first = next.engine.alerts.query({ limit: 10 }).alerts.find(({ title }) => title === 'First')!;
    expect(first).toMatchObject({ state: 'resolved', channelsSent: ['hook'] });
    const { events } = await next.engine.alerts.detail(first.id);
    expect(events.filter(({ type }) => type === 'opened' || type === 'resolved')).toHaveLength(2);
    expect(next.engine.stats().byState).toMatchObject({ active: 2, resolved: 1 });
  });

  it('P44 keeps to its bounds: the oldest incidents go first', async () => {
    const test = await startTestEngine();
    for (const title of ['1', '2', '3', '4']) {
      await test.raise({ key: 'k', title });
      await test.raise({ key: 'k', title, status: 'resolved' });
      await test.advance(minute);
    }
    const next = await restarted(test, 0, { history: { maxAlerts: 2 } });
    expect(next.engine.alerts.query({ limit: 10 }).alerts.map(({ title }) => title)).toEqual(['4', '3']);
  });
});

describe('a stream that captures alerts', () => {
  it('that is made while the engine runs is told in the readiness, and counted, until it is gone', async () => {
    const clock = new VirtualClock();
    const driver = createMemoryDriver({ scheduler: clock.scheduler, wall: () => clock.wall() });
    let captured = false;
    const assertNotCaptured = async () => {
      if (captured) throw new TocsinError('alerts_captured', 'stream CAPTURE stores alerts.>');
    };
    const config = resolveConfig({ defaultChannels: ['log'] });
    let ports: GatewayPorts | undefined;
    const engine = createEngine({
      ...{ config, driver: { ...driver, assertNotCaptured }, channels: new Map(), clock, scheduler: clock.scheduler },
      gateway: (given) => {
        ports = given;
        return { start: async () => ({ url: '' }), stop: async () => {}, counters: () => ({}) } as unknown as Gateway;
      },
    });
    await engine.start();
    const detail = () => ports!.health.readiness()['alerts']!.detail;
    const half = async () => {
      clock.advance(30_000);
      await new Promise((resolve) => setImmediate(resolve));
    };
    await half();
    expect(detail()).toBe('not captured');
    captured = true;
    await half();
    expect(detail()).toContain('CAPTURE');
    expect(await ports!.health.metrics()).toContain('alerts_captured"} 1');
    captured = false;
    await half();
    expect(detail()).toBe('not captured');
    await engine.stop();
  });
});
