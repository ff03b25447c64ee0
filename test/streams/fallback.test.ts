import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SendResult } from '../../src/model/channel.js';
import type { OutboxMessage } from '../../src/model/delivery.js';
import { DeliveryWorld, delivered, pass, unreachable } from '../support/delivery.js';
import { openedEvent, outboxMessage } from '../support/notification.js';
import { propertyRuns } from '../support/property.js';

let world: DeliveryWorld;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  world = withFallbacks({ hook: 'pager' }, 'hook', 'pager');
});
afterEach(async () => {
  await Promise.all([world.close(), pass(15_000)]);
  vi.useRealTimers();
});

function withFallbacks(fallbacks: Readonly<Record<string, string>>, ...names: string[]): DeliveryWorld {
  const made = new DeliveryWorld(...names);
  for (const [name, fallback] of Object.entries(fallbacks)) Object.assign(made.channel(name), { fallback });
  return made;
}

/** The same notification as the fallback is told it. */
function copyOf(message: OutboxMessage, channel = 'pager'): OutboxMessage {
  return outboxMessage(message.event, channel, message.at);
}

const told = (channel = 'pager') => world.channel(channel).delivered.map(({ id }) => id);

describe('a notification that is given up', () => {
  it('F6 is told to the fallback at once, under a key of its own, and its deliveries say why', async () => {
    world.channel().behaviour = () => ({ outcome: 'permanent', error: 'HTTP 410' });
    await world.start();
    const message = await world.put();
    await pass(100);
    expect(told()).toEqual([copyOf(message).id]);
    expect((await world.records(message)).at(-1)).toMatchObject({ status: 'dead', error: 'HTTP 410' });
    expect((await world.records(copyOf(message))).at(-1)).toMatchObject({
      channel: 'pager',
      status: 'delivered',
      reason: 'fallback of hook',
    });
    expect(await world.dead()).toHaveLength(1);
  });

  it('F6 is told to the fallback, too, when its channel is not available', async () => {
    world.channel().available = false;
    await world.start();
    await world.put();
    await pass(100);
    expect(told()).toHaveLength(1);
  });

  it('F6 goes on to the fallback of the fallback, and is a dead letter of each on its way', async () => {
    world = withFallbacks({ hook: 'pager', pager: 'mail' }, 'hook', 'pager', 'mail');
    for (const name of ['hook', 'pager']) {
      world.channel(name).behaviour = () => ({ outcome: 'permanent', error: `HTTP 410 ${name}` });
    }
    await world.start();
    const message = await world.put();
    await pass(100);
    expect(told('mail')).toEqual([copyOf(message, 'mail').id]);
    expect((await world.records(copyOf(message, 'mail'))).at(-1)).toMatchObject({ reason: 'fallback of pager' });
    expect((await world.dead()).map(({ message: { channel } }) => channel)).toEqual(['hook', 'pager']);
  });

  it('F6 is not told twice to a fallback that it was routed to anyway', async () => {
    world.channel().behaviour = () => ({ outcome: 'permanent', error: 'HTTP 410' });
    await world.start();
    const message = await world.put('pager');
    await pass(130_000);
    await world.driver.outbox.put({ ...message, id: outboxMessage(message.event, 'hook').id, channel: 'hook' });
    await pass(1_000);
    expect(told()).toEqual([message.id]);
  });

  it('F6 is recorded as not delivered when nobody works for the fallback', async () => {
    world = withFallbacks({ hook: 'nobody' }, 'hook');
    world.channel().behaviour = () => ({ outcome: 'permanent', error: 'HTTP 410' });
    await world.start();
    const message = await world.put();
    await pass(100);
    expect(await world.records(copyOf(message, 'nobody'))).toMatchObject([
      { status: 'failed', error: 'no_channel', reason: 'fallback of hook' },
    ]);
  });

  it('F13 stays in the outbox until the copy is stored', async () => {
    world.channel().behaviour = () => ({ outcome: 'permanent', error: 'HTTP 410' });
    await world.start();
    await world.put();
    const broken = vi.spyOn(world.driver.outbox, 'put').mockRejectedValue(new Error('disk full'));
    await pass(5_000);
    expect(await world.driver.outbox.depth('hook')).toBe(1);
    broken.mockRestore();
    await pass(3_000);
    expect(told()).toHaveLength(1);
    expect(world.channel().attempts).toHaveLength(1);
    expect(await world.driver.outbox.depth('hook')).toBe(0);
  });
});

describe('a notification that waits for a channel that is down', () => {
  it('F6 is told to the fallback after 60 s, once, and still delivered when the channel is back', async () => {
    let up = false;
    world.channel().behaviour = () => (up ? delivered : unreachable);
    await world.start();
    const messages = [await world.put(), await world.put(), await world.put()];
    await pass(59_900);
    expect(told()).toEqual([]);
    await pass(600);
    expect(told().sort()).toEqual(messages.map((message) => copyOf(message).id).sort());
    await pass(600_000);
    expect(told()).toHaveLength(3);
    up = true;
    await pass(5_000);
    expect(told('hook').sort()).toEqual(messages.map(({ id }) => id).sort());
    expect(await world.dead()).toEqual([]);
  });

  it('F6 is told to the fallback after the time that the channel says, even when the receiver wants a longer pause', async () => {
    Object.assign(world.channel(), { fallbackAfterMs: 5_000 });
    world.channel().behaviour = () => ({ ...unreachable, retryAfterMs: 3_600_000 }) as const;
    await world.start();
    await world.put();
    await pass(4_900);
    expect(told()).toEqual([]);
    await pass(300);
    expect(told()).toHaveLength(1);
    expect(world.channel().attempts).toHaveLength(1);
  });

  it('F6 is told to the fallback though more wait than are looked at together, in order per alert', async () => {
    world.channel().behaviour = () => unreachable;
    await world.start();
    const alerts = Array.from({ length: 150 }, () => world.newAlert());
    for (let n = 1; n <= 2; n++) for (const alert of alerts) await world.put('hook', alert, n);
    await pass(75_000);
    expect(told()).toHaveLength(300);
    for (const alert of alerts) {
      const mine = world.channel('pager').delivered.filter((attempt) => attempt.alert === alert);
      expect(mine.map(({ transition }) => transition)).toEqual([1, 2]);
    }
  });

  it('F6 is not told to the fallback while it only waits for its turn', async () => {
    Object.assign(world.channel(), { rate: { max: 1, perMs: 300_000 } });
    await world.start();
    await world.put();
    await world.put();
    await pass(250_000);
    expect(told()).toEqual([]);
  });

  it('F6 is told once to the fallback across a restart', async () => {
    world.channel().behaviour = () => unreachable;
    const first = await world.start();
    await world.put();
    await pass(61_000);
    expect(told()).toHaveLength(1);
    const stopping = first.stop();
    await pass(100);
    await stopping;
    // So long that the broker no longer knows that it had the same before.
    await pass(200_000);
    await world.start();
    await pass(200_000);
    expect(told()).toHaveLength(1);
  });
});

describe('whoever was told by a copy', () => {
  const put = async (alert: string, n: number, type: 'opened' | 'resolved') => {
    const event = { ...openedEvent({ id: alert, keyHash: alert.slice(10), n }), type };
    await world.driver.outbox.put(outboxMessage(event, 'hook', Date.now()));
  };

  it('F6 is told that the alert is resolved, though the channel is back by then', async () => {
    let up = false;
    world.channel().behaviour = () => (up ? delivered : unreachable);
    await world.start();
    const alert = world.newAlert();
    await put(alert, 1, 'opened');
    await pass(61_000);
    up = true;
    await pass(5_000);
    await put(alert, 2, 'resolved');
    await put(world.newAlert(), 2, 'resolved');
    await pass(100);
    const lines = world.channel('pager').delivered.map(({ alert: id, transition }) => [id, transition]);
    expect(lines).toEqual([
      [alert, 1],
      [alert, 2],
    ]);
  });

  it('F6 is told so after a restart, too', async () => {
    const deliveries = () => [
      {
        v: 1 as const,
        alertId: 'a',
        transition: 1,
        channel: 'pager',
        status: 'delivered' as const,
        attempts: 1,
        at: 0,
        reason: 'fallback of hook',
      },
    ];
    await world.start({ deliveries });
    await put(world.newAlert(), 2, 'resolved');
    await pass(100);
    expect(told()).toHaveLength(1);
  });
});

describe('whatever a channel with a fallback and a rate answers', () => {
  it('F6 P16 each notification ends once, reaches one of the two at least, and the fallback once and in order', async () => {
    const answers = fc.infiniteStream(
      fc.oneof(
        { weight: 2, arbitrary: fc.constant(delivered) },
        { weight: 2, arbitrary: fc.constant(unreachable) },
        { weight: 1, arbitrary: fc.constant<SendResult>({ outcome: 'permanent', error: 'HTTP 400' }) },
        { weight: 1, arbitrary: fc.constant<SendResult>({ ...unreachable, retryAfterMs: 20_000 } as SendResult) },
      ),
    );
    const transitions = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 30 });
    const rate = fc.option(
      fc.record({ max: fc.integer({ min: 1, max: 3 }), perMs: fc.integer({ min: 500, max: 5_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(
        transitions,
        answers,
        rate,
        fc.integer({ min: 1, max: 4 }),
        async (alerts, answer, limit, concurrency) => {
          const round = withFallbacks({ hook: 'pager' }, 'hook', 'pager');
          Object.assign(round.channel(), { fallbackAfterMs: 3_000, ...(limit === null ? {} : { rate: limit }) });
          round.channel().behaviour = () => answer.next().value;
          await round.start({ concurrency });
          const ids = [0, 1, 2, 3].map(() => round.newAlert());
          const messages: OutboxMessage[] = [];
          for (const alert of alerts) {
            const n = messages.filter((message) => message.event.alert.id === ids[alert]).length + 1;
            messages.push(await round.put('hook', ids[alert]!, n));
            await pass(200);
          }
          await pass(3_600_000);
          const [hook, pager] = [round.channel('hook').delivered, round.channel('pager').delivered];
          expect(round.results.filter(({ channel }) => channel === 'hook')).toHaveLength(messages.length);
          expect(new Set(pager.map(({ id }) => id)).size).toBe(pager.length);
          for (const message of messages) {
            const reached =
              hook.some(({ id }) => id === message.id) || pager.some(({ id }) => id === copyOf(message).id);
            expect(reached).toBe(true);
          }
          for (const id of ids) {
            const order = pager.filter(({ alert }) => alert === id).map(({ transition }) => transition);
            expect(order).toEqual([...order].sort((a, b) => a - b));
          }
          if (limit !== null) {
            const times = round.channel().attempts.map(({ at }) => at);
            for (const from of times) {
              expect(times.filter((at) => at >= from && at - from < limit.perMs).length).toBeLessThanOrEqual(limit.max);
            }
          }
          await round.close();
        },
      ),
      { numRuns: Math.ceil(propertyRuns() / 4) },
    );
  });
});
