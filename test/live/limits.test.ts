import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/engine.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import { type EngineUnderTest, RecordingChannel, startTestEngine } from '../support/engine.js';
import { cpu } from '../support/rules.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { configOf, reload } from './support.js';

const minute = 60_000;
const limit = (max: number) => ({ rateLimit: { windows: [{ max, per: '10m' }], cooldown: '0s' } });

async function raise(test: EngineUnderTest, ...titles: string[]): Promise<unknown[]> {
  const statuses: unknown[] = [];
  for (const title of titles) statuses.push((await test.raise({ title, category: 'system' }))['status']);
  return statuses;
}

describe('limits that a reload changes', () => {
  it('P11 count what was admitted before', async () => {
    const test = await startTestEngine(limit(3));
    expect(await raise(test, 'a', 'b')).toEqual(['pending', 'pending']);
    await test.advance(minute);
    await reload(test, limit(4));
    expect(await raise(test, 'c', 'd', 'e')).toEqual(['pending', 'pending', 'rate_limited']);
    await reload(test, limit(5));
    expect(await raise(test, 'f', 'g')).toEqual(['pending', 'rate_limited']);
    await test.advance(10 * minute);
    expect(await raise(test, 'h')).toEqual(['pending']);
  });

  it('P11 that stay as they were keep their counts', async () => {
    const test = await startTestEngine(limit(1));
    await raise(test, 'a');
    await reload(test, { ...limit(1), rules: [cpu] });
    expect(await raise(test, 'b')).toEqual(['rate_limited']);
  });

  it('P12 tell once what was held back before they changed', async () => {
    const limited = (max: number) => ({ rateLimit: { windows: [{ max, per: '1m' }], cooldown: '30s' } });
    const test = await startTestEngine(limited(1));
    await raise(test, 'a', 'b', 'c');
    await reload(test, limited(2));
    await test.advance(2 * minute);
    const summaries = test.events.filter(({ type, reason }) => type === 'opened' && reason === 'rate_summary');
    expect(summaries.map(({ alert }) => alert.data['total'] ?? alert.data['bySeverity'])).toEqual([{ medium: 2 }]);
  });

  it('P13 know the copies of what was said before, while the key is the same', async () => {
    const test = await startTestEngine({ dedupe: { window: '5m' } });
    await raise(test, 'a');
    await test.advance(2 * minute);
    await reload(test, { dedupe: { window: '3m' } });
    await test.advance(30_000);
    expect((await test.raise({ title: 'a', category: 'system', key: 'x' }))['status']).toBe('suppressed');
    await test.advance(minute);
    expect((await test.raise({ title: 'a', category: 'system', key: 'y' }))['status']).toBe('pending');
  });

  it('P11 count what was decided while the log was read', async () => {
    const test = await startTestEngine(limit(9));
    const raised = ['a', 'b', 'c'].map((title) => test.raise({ title, category: 'system' }));
    test.engine.reload(configOf(limit(4)));
    await Promise.all(raised);
    await test.advance(0);
    expect(await raise(test, 'd', 'e')).toEqual(['pending', 'rate_limited']);
  });
});

describe('inhibition that a reload changes', () => {
  it('keeps quiet what it names from now on, and no longer what it does not', async () => {
    const inhibit = [{ source: { category: 'host' }, target: { category: 'app' }, equal: ['source'] }];
    const test = await startTestEngine();
    await test.raise({ title: 'host', category: 'host', source: 'a' });
    await test.raise({ title: 'app', category: 'app', source: 'a' });
    await reload(test, { inhibit });
    await test.advance(1_000);
    await reload(test, {});
    await test.advance(1_000);
    const story = test.story().filter((line) => line.includes('inhibited'));
    expect(story.map((line) => line.split(' ')[0])).toEqual(['inhibited', 'uninhibited']);
  });
});

describe('channels that a reload changes', () => {
  const webhook = (url: string) => ({ type: 'webhook', url: `http://127.0.0.1:9/${url}` }) as const;

  it.each(['ops', 'constructor'])('P05 come in, are exchanged, and go, and rules may name them: %s', async (name) => {
    const clock = new VirtualClock();
    const { scheduler } = clock;
    const made: RecordingChannel[] = [];
    const makeChannel = (name: string) => {
      const channel = new RecordingChannel(name);
      made.push(channel);
      return channel;
    };
    const driver = createMemoryDriver({ scheduler, wall: () => clock.wall() });
    const engine = createEngine({ config: configOf({}), driver, channels: new Map(), makeChannel, clock, scheduler });
    await engine.start();
    const ops = { defaultChannels: [name] };
    const report = engine.reload(configOf({ ...ops, channels: { [name]: webhook('1') } }));
    expect(report.needsRestart).toEqual([]);
    await engine.raise({ title: 'first' });
    await pass(clock);
    engine.reload(configOf({ ...ops, channels: { [name]: webhook('2') } }));
    await pass(clock);
    await engine.raise({ title: 'second' });
    await pass(clock);
    expect(made.map(({ lines }) => lines)).toEqual([['opened medium first'], ['opened medium second']]);
    engine.reload(configOf({}));
    await pass(clock);
    expect((await engine.channels.list()).map(({ name }) => name)).toEqual([]);
    const stopped = engine.stop();
    await pass(clock);
    await stopped;
  });

  it('need a restart where nobody makes them, and those that are there go on', async () => {
    const test = await startTestEngine();
    const report = await reload(test, { channels: { ops: webhook('1') } });
    expect(report.needsRestart).toEqual(['channels']);
    await test.raise({ title: 'x' });
    await test.advance(1_000);
    expect(test.hook.lines).toEqual(['opened medium x']);
  });
});

async function pass(clock: VirtualClock): Promise<void> {
  for (let i = 0; i < 60; i++) {
    clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
