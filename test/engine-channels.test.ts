import { afterEach, describe, expect, it } from 'vitest';
import type { Notification, SendContext, SendResult } from '../src/model/channel.js';
import type { AlertView } from '../src/model/view.js';
import { type EngineUnderTest, RecordingChannel, startTestEngine } from './support/engine.js';

let world: EngineUnderTest;

afterEach(() => world.engine.stop());

const refuses = (): SendResult => ({ outcome: 'permanent', error: 'HTTP 410' });
const cannotConnect = (): SendResult => ({ outcome: 'retry', error: 'ECONNREFUSED', countable: false });

/** The last view of the alert that was opened last. */
function lastAlert(): AlertView {
  return world.events.at(-1)!.alert;
}

async function critical(title: string): Promise<void> {
  await world.raise({ title, message: title, severity: 'critical', category: 'system' });
  await world.advance(1_000);
}

/** Keeps what it was told to do otherwise. */
class ContextChannel extends RecordingChannel {
  readonly contexts: SendContext[] = [];

  override async send(notification: Notification, context?: SendContext): Promise<SendResult> {
    if (context !== undefined) this.contexts.push(context);
    return super.send(notification);
  }
}

describe('channels while the engine runs', () => {
  it('P05 one that is registered is among all channels from then on, without a restart', async () => {
    world = await startTestEngine();
    const late = new RecordingChannel('late');
    await critical('before');
    await world.engine.channels.register(late);
    await critical('after');
    expect(late.lines).toEqual(['opened critical after']);
    expect((await world.engine.channels.list()).map(({ name }) => name)).toEqual(['hook', 'pager', 'late']);
  });

  it('P05 what waits for one that is unregistered becomes a dead letter, and later ones are not sent to it', async () => {
    world = await startTestEngine();
    world.pager.answer = cannotConnect;
    await critical('waits');
    const unregistered = world.engine.channels.unregister('pager');
    await world.advance(5_000);
    await unregistered;
    await world.advance(5_000);
    expect(lastAlert().deliveries).toContainEqual(
      expect.objectContaining({ channel: 'pager', status: 'failed', error: 'no_channel' }),
    );
    const dead = [];
    for await (const { message, error } of world.driver.outbox.dead()) dead.push([message.channel, error]);
    expect(dead).toEqual([['pager', 'no_channel']]);
    await critical('later');
    expect(lastAlert().deliveries.map(({ channel }) => channel)).toEqual(['hook']);
    expect(await world.driver.outbox.channels()).toEqual([]);
  });

  it('P05 what waits for its turn on one that is unregistered becomes a dead letter within a minute', async () => {
    world = await startTestEngine();
    const slow = Object.assign(new RecordingChannel('pager'), { rate: { max: 1, perMs: 3_600_000 } });
    await world.engine.channels.register(slow);
    for (const title of ['a', 'b', 'c']) await critical(title);
    await world.engine.channels.unregister('pager');
    await world.advance(61_000);
    expect(slow.lines).toEqual(['opened critical a']);
    const dead = [];
    for await (const { message } of world.driver.outbox.dead()) dead.push(message.event.alert.title);
    expect(dead.sort()).toEqual(['b', 'c']);
  });

  it('P05 one takes the place of another of its name, and gets what waited for that', async () => {
    world = await startTestEngine();
    world.pager.answer = cannotConnect;
    await critical('waits');
    const better = new RecordingChannel('pager');
    const registered = world.engine.channels.register(better);
    await world.advance(15_000);
    await registered;
    expect(better.lines).toEqual(['opened critical waits']);
  });

  it('P05 one that is switched off is left out of all channels, and says so when it is named', async () => {
    world = await startTestEngine({ defaultChannels: ['hook', 'pager'] });
    const off = Object.assign(new RecordingChannel('pager'), { enabled: false, isAvailable: () => false });
    await world.engine.channels.register(off);
    await critical('to all');
    expect(lastAlert().deliveries.map(({ channel }) => channel)).toEqual(['hook']);
    await world.raise({ title: 'named', message: 'm', severity: 'high', category: 'risk' });
    await world.advance(1_000);
    expect(lastAlert().deliveries).toContainEqual(
      expect.objectContaining({ channel: 'pager', status: 'failed', error: 'channel_disabled' }),
    );
    expect(off.sent).toEqual([]);
  });

  it('P05 refuses names and fallbacks that cannot be, and does not know what is not there', async () => {
    world = await startTestEngine();
    const { channels } = world.engine;
    const named = (name: string, fallback?: string) =>
      Object.assign(new RecordingChannel(name), fallback === undefined ? {} : { fallback });
    for (const bad of [named('*'), named(' '), named('x'.repeat(65)), named('a', 'nobody'), named('a', 'a')]) {
      await expect(channels.register(bad)).rejects.toMatchObject({ code: 'config_invalid' });
    }
    await channels.register(named('a', 'hook'));
    await expect(channels.register(named('hook', 'a'))).rejects.toMatchObject({ field: 'fallback' });
    await channels.register(named('b.c'));
    await expect(channels.register(named('b-c'))).rejects.toMatchObject({ field: 'name' });
    await expect(channels.unregister('nobody')).rejects.toMatchObject({ code: 'channel_unknown' });
  });

  it('P20 tell how they stand', async () => {
    world = await startTestEngine({ defaultChannels: ['hook', 'pager'] });
    const slow = Object.assign(new RecordingChannel('pager'), { rate: { max: 1, perMs: 60_000 }, fallback: 'hook' });
    await world.engine.channels.register(slow);
    world.hook.answer = cannotConnect;
    for (const title of ['a', 'b', 'c'])
      await world.raise({ title, message: title, severity: 'high', category: 'risk' });
    await world.advance(2_000);
    const [hook, pager] = await world.engine.channels.list();
    expect(hook).toMatchObject({ circuit: 'open', waiting: 3, sent: 0, lastError: 'ECONNREFUSED', available: true });
    expect(world.clock.wall() - hook!.openSince!).toBeLessThanOrEqual(2_100);
    expect(pager).toMatchObject({
      ...{ type: 'recording', enabled: true, circuit: 'closed', waiting: 2, sent: 1, failed: 0, dead: 0 },
      ...{ rate: { max: 1, perMs: 60_000 }, fallback: 'hook' },
    });
    expect(world.clock.wall() - pager!.lastDeliveredAt!).toBeLessThanOrEqual(2_100);
  });

  it('P20 count what was given up', async () => {
    world = await startTestEngine();
    world.hook.answer = refuses;
    await world.raise({ title: 'a', message: 'a', severity: 'high', category: 'risk' });
    await world.advance(1_000);
    expect((await world.engine.channels.list())[0]).toMatchObject({ dead: 1, sent: 0, lastError: 'HTTP 410' });
  });
});

describe('the test of a channel', () => {
  it('P05 really sends, says how that went, and is no alert', async () => {
    world = await startTestEngine();
    expect(await world.engine.channels.test('hook')).toMatchObject({ channel: 'hook', delivered: true });
    expect(world.hook.lines).toEqual(['opened low Test notification']);
    world.hook.answer = refuses;
    expect(await world.engine.channels.test('hook')).toMatchObject({ delivered: false, error: 'HTTP 410' });
    expect(world.events).toEqual([]);
    await expect(world.engine.channels.test('nobody')).rejects.toMatchObject({ code: 'channel_unknown' });
  });

  it('P16 takes its place in the rate', async () => {
    world = await startTestEngine();
    const limited = Object.assign(new RecordingChannel('hook'), { rate: { max: 1, perMs: 60_000 } });
    await world.engine.channels.register(limited);
    await world.engine.channels.test('hook');
    await expect(world.engine.channels.test('hook')).rejects.toMatchObject({ code: 'overloaded', temporary: true });
    await world.raise({ title: 'a', message: 'a', severity: 'high', category: 'risk' });
    await world.advance(50_000);
    expect(limited.sent).toHaveLength(1);
    await world.advance(12_000);
    expect(limited.sent).toHaveLength(2);
  });

  it('P05 says that a channel cannot be used', async () => {
    world = await startTestEngine();
    await world.engine.channels.register(
      Object.assign(new RecordingChannel('hook'), { enabled: false, isAvailable: () => false }),
    );
    expect(await world.engine.channels.test('hook')).toMatchObject({ delivered: false, error: 'channel_disabled' });
  });
});

describe('what a rule changes of a channel', () => {
  const headers = (team: string) => ({ 'X-Team': team });
  const rule = {
    ...{ id: 'r', metric: 'm', when: '> 10', severity: 'high' as const, escalation: 'oncall' },
    channels: [{ name: 'hook', headers: headers('db'), timeout: '3s' }],
  };
  const config = {
    rules: [rule],
    escalations: { oncall: { levels: [{ after: '1m', channels: [{ name: 'hook', headers: headers('oncall') }] }] } },
  };

  it('P40 travels with each of its notifications, is taken over at a step of its ladder, and outlives a restart', async () => {
    world = await startTestEngine(config);
    const hook = new ContextChannel('hook');
    await world.engine.channels.register(hook);
    await world.sample('m', 20);
    await world.advance(61_000);
    expect(hook.contexts.map(({ override }) => override)).toEqual([
      { headers: headers('db'), timeoutMs: 3_000 },
      { headers: headers('oncall') },
    ]);
    world = await world.restart();
    const again = new ContextChannel('hook');
    await world.engine.channels.register(again);
    await world.sample('m', 5);
    await world.advance(2_000);
    expect(again.contexts.map(({ override }) => override)).toEqual([{ headers: headers('oncall') }]);
    expect(JSON.stringify(world.events)).not.toContain('X-Team');
  });

  it('P40 may come from a route', async () => {
    const routes = [
      { name: 'a', channels: [{ name: 'hook', headers: headers('a') }] },
      { name: 'b', channels: [{ name: 'hook', headers: headers('b') }, 'pager'] },
    ];
    world = await startTestEngine({ routes });
    const hook = new ContextChannel('hook');
    await world.engine.channels.register(hook);
    await world.raise({ title: 'a', message: 'a' });
    await world.advance(1_000);
    expect(hook.contexts.map(({ override }) => override)).toEqual([{ headers: headers('a') }]);
  });

  it('P40 may be a shorter time', async () => {
    world = await startTestEngine(config);
    const hook = new RecordingChannel('hook');
    const answers: Promise<SendResult>[] = [new Promise(() => {})];
    hook.send = async () => answers.pop() ?? { outcome: 'delivered' };
    await world.engine.channels.register(hook);
    await world.sample('m', 20);
    await world.advance(2_900);
    expect((await world.engine.channels.list())[0]).not.toHaveProperty('lastError');
    await world.advance(100);
    expect((await world.engine.channels.list())[0]).toMatchObject({ lastError: 'no answer within 3000 ms' });
    await world.advance(5_000);
    expect(lastAlert()).toMatchObject({ status: 'delivered' });
  });
});
