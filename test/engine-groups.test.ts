import { afterEach, describe, expect, it } from 'vitest';
import type { ConfigInput } from '../src/config/index.js';
import type { DeadLetter } from '../src/streams/ports.js';
import { type EngineUnderTest, RecordingChannel, startTestEngine } from './support/engine.js';

const minute = 60_000;
const group = { by: ['category'], wait: '30s', interval: '5m' };
const input: ConfigInput = { group, rateLimit: { windows: [{ max: 100, per: '1m' }] } };

let engine: EngineUnderTest;
afterEach(async () => {
  const stopped = engine.engine.stop();
  await engine.advance(0);
  await stopped;
});

async function raiseAll(...titles: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const title of titles) {
    const answer = await engine.raise({ key: title, title, message: title, category: 'risk', severity: 'high' });
    ids.push(String(answer['id']));
  }
  return ids;
}

const view = (id: string) => engine.engine.alerts.query({ limit: 100 }).alerts.find((alert) => alert.id === id)!;

async function deadLetters(): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of engine.driver.outbox.dead()) letters.push(letter);
  return letters;
}

describe('an engine that groups', () => {
  it('P15 P03 delivers several alerts in one message, and each of them has its own delivery', async () => {
    engine = await startTestEngine(input);
    const ids = await raiseAll('a', 'b', 'c');
    expect(ids.map((id) => view(id).status)).toEqual(['pending', 'pending', 'pending']);
    await engine.advance(30_000);
    const [message] = engine.hook.groups;
    expect(engine.hook.groups).toHaveLength(1);
    expect(message).toMatchObject({
      type: 'group',
      data: { reason: 'wait', group: { category: 'risk' }, more: 0, counts: { alerts: 3, open: 3, resolved: 0 } },
    });
    expect(message!.data.alerts.map(({ type, transition, alert }) => [type, transition, alert.title])).toEqual([
      ['opened', 1, 'a'],
      ['opened', 1, 'b'],
      ['opened', 1, 'c'],
    ]);
    for (const id of ids) {
      expect(view(id)).toMatchObject({ status: 'delivered', channelsSent: ['hook'], deliveryAttempts: 1 });
      expect(view(id).deliveries).toMatchObject([{ channel: 'hook', transition: 1, batch: message!.id }]);
    }
  });

  it('P20 counts each alert of a message', async () => {
    engine = await startTestEngine(input);
    await raiseAll('a', 'b', 'c');
    await engine.advance(30_000);
    expect(engine.engine.stats()).toMatchObject({ sent: 3, byChannel: { hook: 3 } });
  });

  it('P16 a batch that is given up is one dead letter, which can be sent again', async () => {
    engine = await startTestEngine(input);
    engine.hook.answer = () => ({ outcome: 'permanent', error: 'HTTP 400' });
    const ids = await raiseAll('a', 'b');
    await engine.advance(30_000);
    expect(ids.map((id) => view(id).status)).toEqual(['failed', 'failed']);
    const [letter, ...others] = await deadLetters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ error: 'HTTP 400', message: { channel: 'hook', batch: { counts: { alerts: 2 } } } });
    engine.hook.answer = () => ({ outcome: 'delivered' });
    await engine.command('resend', { delivery: letter!.message.id, by: 'ada' });
    await engine.advance(1_000);
    expect(engine.hook.groups.map(({ id, data }) => [id, data.alerts.length])).toEqual([[letter!.message.id, 2]]);
    expect(ids.map((id) => view(id).status)).toEqual(['delivered', 'delivered']);
    expect(await deadLetters()).toEqual([]);
  });

  it('P16 an alert is not told on while a batch that tells it is on its way', async () => {
    engine = await startTestEngine(input);
    engine.hook.answer = () => ({ outcome: 'retry', error: 'HTTP 503', countable: true });
    const [, second] = await raiseAll('a', 'b');
    await engine.advance(30_000);
    await engine.command('resolve', { id: second, by: 'ada' });
    await engine.advance(5 * minute);
    engine.hook.answer = () => ({ outcome: 'delivered' });
    await engine.advance(minute);
    expect(engine.hook.groups.map(({ data }) => data.alerts.map(({ alert }) => alert.title))).toEqual([['a', 'b']]);
    expect(engine.hook.lines).toEqual(['resolved high b']);
  });

  it('P14 a limited alert is in no batch; the rate counts alerts', async () => {
    engine = await startTestEngine({ group, rateLimit: { windows: [{ max: 2, per: '1h' }], cooldown: '0s' } });
    await raiseAll('a', 'b', 'c');
    await engine.advance(30_000);
    expect(engine.hook.groups[0]!.data.alerts.map(({ alert }) => alert.title)).toEqual(['a', 'b']);
  });

  it('P39 group.repeat repeats what is open and not acknowledged, together', async () => {
    engine = await startTestEngine({ ...input, group: { ...group, repeat: '10m' } });
    const [first] = await raiseAll('a', 'b', 'c');
    await engine.advance(minute);
    await engine.command('acknowledge', { id: first, by: 'ada' });
    await engine.advance(10 * minute);
    expect(engine.hook.groups.at(-1)!.data.alerts.map(({ type, alert }) => [type, alert.title])).toEqual([
      ['repeated', 'b'],
      ['repeated', 'c'],
    ]);
  });

  it('F11 what waits when the engine stops is told by the next one', async () => {
    engine = await startTestEngine(input);
    const ids = await raiseAll('a', 'b');
    await engine.advance(10_000);
    engine = await engine.restart();
    await engine.advance(18_000);
    expect(engine.hook.groups).toHaveLength(0);
    await engine.advance(2_000);
    expect(engine.hook.groups).toHaveLength(1);
    expect(ids.map((id) => view(id).status)).toEqual(['delivered', 'delivered']);
  });

  it('P05 a channel that comes while it runs is told in groups too', async () => {
    engine = await startTestEngine({ ...input, defaultChannels: ['late'], channels: { late: { type: 'log' } } });
    const late = new RecordingChannel('late');
    late.takeGroups();
    await engine.engine.channels.register(late);
    await engine.advance(0);
    await raiseAll('a', 'b');
    await engine.advance(30_000);
    expect([late.lines, late.groups.length]).toEqual([[], 1]);
  });
});
