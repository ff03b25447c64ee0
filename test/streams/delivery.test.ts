import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SendResult } from '../../src/model/channel.js';
import { silentLogger } from '../../src/model/logger.js';
import { DeadLetters } from '../../src/streams/dead-letters.js';
import type { Outbox } from '../../src/streams/ports.js';
import { DeliveryWorld, delivered, pass, refused, unreachable } from '../support/delivery.js';
import { openedEvent, outboxMessage } from '../support/notification.js';
import { propertyRuns } from '../support/property.js';

let world: DeliveryWorld;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  world = new DeliveryWorld('hook', 'other');
});
afterEach(async () => {
  await Promise.all([world.close(), pass(15_000)]);
  vi.useRealTimers();
});

describe('delivery', () => {
  it('P15 hands each notification to its channel once and records how it went', async () => {
    world.channel().behaviour = () => ({ outcome: 'delivered', providerId: 'p-1' });
    await world.start();
    const message = await world.put();
    await pass(10);
    expect(world.channel().attempts).toMatchObject([{ id: message.id, context: { attempt: 1 } }]);
    expect(await world.records(message)).toMatchObject([
      { status: 'sending', attempts: 0 },
      { status: 'delivered', attempts: 1, providerId: 'p-1' },
    ]);
    expect(world.results).toMatchObject([{ status: 'delivered', channel: 'hook' }]);
    expect(await world.driver.outbox.depth('hook')).toBe(0);
  });

  it('marks when it handed the notification over', async () => {
    await world.start();
    await world.put();
    await pass(10);
    expect(world.channel().attempts[0]?.context.marks).toMatchObject({ sent: Date.now() - 10 });
  });

  it('P15 sends on one channel in parallel, but no more than allowed', async () => {
    world.channel().behaviour = () => new Promise((resolve) => setTimeout(() => resolve(delivered), 100));
    await world.start({ concurrency: 3 });
    for (let i = 0; i < 9; i++) await world.put();
    await pass(310);
    expect(world.channel().delivered).toHaveLength(9);
    expect(world.channel().mostInFlight).toBe(3);
  });

  it("P15 one channel's exception, refusal or silence never stops another", async () => {
    world = new DeliveryWorld('throws', 'hangs', 'refuses', 'well');
    world.channel('throws').behaviour = () => {
      throw new Error('defect');
    };
    world.channel('hangs').behaviour = () => new Promise(() => {});
    world.channel('refuses').behaviour = () => refused;
    await world.start();
    for (const name of world.channels.keys()) for (let i = 0; i < 20; i++) await world.put(name);
    await pass(100);
    expect(world.channel('well').delivered).toHaveLength(20);
    expect(world.channel('throws').attempts.length).toBeGreaterThan(0);
  });

  it('P05 a channel that is not available fails at once, with its reason', async () => {
    world.channel().available = false;
    await world.start();
    const message = await world.put();
    await pass(10);
    expect(await world.records(message)).toMatchObject([{ status: 'failed', error: 'no_channel', attempts: 0 }]);
    expect(world.channel().attempts).toEqual([]);
    expect(await world.dead()).toMatchObject([{ message, error: 'no_channel' }]);
  });

  it('P05 what waits for a channel that was renamed or removed is given up at start, and kept as a dead letter', async () => {
    const waiting = [await world.put('old name'), await world.put('old name'), await world.put('gone')];
    await world.start();
    await pass(10);
    for (const message of waiting) {
      expect(await world.records(message)).toMatchObject([{ status: 'failed', error: 'no_channel', attempts: 0 }]);
    }
    expect(world.results).toHaveLength(3);
    expect((await world.dead()).map(({ message, error }) => [message, error])).toEqual(
      expect.arrayContaining(waiting.map((message) => [message, 'no_channel'])),
    );
    expect(await world.driver.outbox.channels()).toEqual([]);
  });
});

describe('order', () => {
  it('P15 one notification of an alert is on its way per channel, in the order of its transitions', async () => {
    world.channel().behaviour = () => new Promise((resolve) => setTimeout(() => resolve(delivered), 50));
    await world.start();
    const alerts = [world.newAlert(), world.newAlert()];
    for (let n = 1; n <= 5; n++) for (const alert of alerts) await world.put('hook', alert, n);
    await pass(5_000);
    for (const alert of alerts) {
      const mine = world.channel().attempts.filter((attempt) => attempt.alert === alert);
      expect(mine.map((attempt) => attempt.transition)).toEqual([1, 2, 3, 4, 5]);
      const gaps = mine.slice(1).map((attempt, i) => attempt.at - mine[i]!.at);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(50);
    }
  });

  it('P15 a later notification waits for an earlier one that is in back-off', async () => {
    let refusals = 2;
    world.channel().behaviour = ({ data }) => (data.transition === 1 && refusals-- > 0 ? refused : delivered);
    await world.start();
    const alert = world.newAlert();
    await world.put('hook', alert, 1);
    await world.put('hook', alert, 2);
    await pass(10_000);
    expect(world.channel().delivered.map((attempt) => attempt.transition)).toEqual([1, 2]);
  });

  it('P15 the notifications of an alert on different channels do not wait for each other', async () => {
    world.channel('hook').behaviour = () => unreachable;
    await world.start();
    const alert = world.newAlert();
    await world.put('hook', alert, 1);
    await world.put('other', alert, 2);
    await pass(100);
    expect(world.channel('other').delivered).toHaveLength(1);
  });
});

describe('a channel that is down', () => {
  it('F4 for 30 s gets everything, in order per alert, within 5 s of its return', async () => {
    let up = false;
    world.channel().behaviour = () => (up ? delivered : unreachable);
    await world.start();
    const alerts = Array.from({ length: 40 }, () => world.newAlert());
    for (let n = 1; n <= 3; n++) {
      for (const alert of alerts) await world.put('hook', alert, n);
      await pass(10_000);
    }
    expect(world.channel().attempts.length).toBeLessThan(40);
    up = true;
    const back = Date.now();
    await pass(5_000);
    const { delivered: all } = world.channel();
    expect(all).toHaveLength(120);
    expect(Math.max(...all.map((attempt) => attempt.at)) - back).toBeLessThanOrEqual(5_000);
    for (const alert of alerts) {
      expect(all.filter((a) => a.alert === alert).map((a) => a.transition)).toEqual([1, 2, 3]);
    }
    expect(new Set(all.map((a) => a.id)).size).toBe(120);
  });

  it('F4 is probed one message at a time, at least every 5 s, each in its turn', async () => {
    world.channel().behaviour = () => unreachable;
    await world.start();
    for (let i = 0; i < 20; i++) await world.put();
    await pass(10_000);
    const settled = world.channel().attempts.length;
    await pass(100_000);
    const probes = world.channel().attempts.slice(settled);
    const gaps = probes.slice(1).map((attempt, i) => attempt.at - probes[i]!.at);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5_000);
    expect(new Set(probes.slice(0, 12).map((attempt) => attempt.id)).size).toBe(12);
  });

  it('P16 for hours costs no message an attempt', async () => {
    let up = false;
    world.channel().behaviour = () => (up ? delivered : refused);
    await world.start();
    const messages = [await world.put(), await world.put(), await world.put()];
    await pass(2 * 3_600_000);
    up = true;
    await pass(5_000);
    expect(world.channel().delivered).toHaveLength(3);
    expect(await world.dead()).toEqual([]);
    const [last] = (await world.records(messages[0]!)).slice(-1);
    expect(last).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  it('F5 that asks for a pause gets 200 notifications at 5 a second, none lost, its pace respected', async () => {
    const window: number[] = [];
    let notBefore = 0;
    let tooEarly = 0;
    world.channel().behaviour = (): SendResult => {
      const now = Date.now();
      if (now < notBefore) tooEarly++;
      while (window.length > 0 && window[0]! <= now - 1_000) window.shift();
      if (window.length < 5) {
        window.push(now);
        return delivered;
      }
      const retryAfterMs = 1_000;
      notBefore = now + retryAfterMs;
      return { outcome: 'retry', error: 'HTTP 429', countable: false, retryAfterMs };
    };
    await world.start({ concurrency: 8 });
    for (let i = 0; i < 200; i++) await world.put();
    await pass(60_000);
    expect(world.channel().delivered).toHaveLength(200);
    expect(await world.dead()).toEqual([]);
    // Those that had left together when the first of them was refused.
    expect(tooEarly).toBeLessThanOrEqual(world.channel().attempts.length - 200);
    expect(world.channel().attempts.length).toBeLessThan(200 + 50 * 8);
  });
});

describe('a message that is refused again and again', () => {
  it('P16 while others are delivered becomes a dead letter after 1 + maxRetries attempts that count', async () => {
    const poison = world.newAlert();
    world.channel().behaviour = ({ data }) => (data.alert.id === poison ? refused : delivered);
    await world.start();
    const message = await world.put('hook', poison);
    for (let i = 0; i < 40; i++) {
      await world.put();
      await pass(5_000);
    }
    expect(world.channel().delivered).toHaveLength(40);
    expect(await world.dead()).toMatchObject([{ message: { id: message.id }, error: 'HTTP 503' }]);
    expect((await world.records(message)).at(-1)).toMatchObject({ status: 'dead', attempts: 4, error: 'HTTP 503' });
    expect(await world.driver.outbox.depth('hook')).toBe(0);
  });

  it('P16 costs it no attempt when the answer says nothing about it: 429 and the like, and connections that fail', async () => {
    const unlucky = world.newAlert();
    const tooMany: SendResult = { outcome: 'retry', error: 'HTTP 429', countable: false };
    world.channel().behaviour = ({ data }) => (data.alert.id === unlucky ? tooMany : delivered);
    await world.start();
    const message = await world.put('hook', unlucky);
    for (let i = 0; i < 40; i++) {
      await world.put();
      await pass(5_000);
    }
    expect(world.channel().attempts.filter(({ alert }) => alert === unlucky).length).toBeGreaterThan(10);
    expect(await world.dead()).toEqual([]);
    expect((await world.records(message)).at(-1)).toMatchObject({ status: 'pending', attempts: 0 });
  });

  it('P16 is left alone for longer each time that counts', async () => {
    const poison = world.newAlert();
    world.channel().behaviour = ({ data }) => (data.alert.id === poison ? refused : delivered);
    await world.start();
    await world.put('hook', poison);
    for (let i = 0; i < 300; i++) {
      await world.put();
      await pass(100);
    }
    const tries = world.channel().attempts.filter((attempt) => attempt.alert === poison);
    const gaps = tries.slice(1).map((attempt, i) => Math.round((attempt.at - tries[i]!.at) / 1_000));
    expect(gaps).toEqual([1, 2, 4, 8]);
  });

  it('P16 numbers its attempts, under the same idempotency key', async () => {
    let left = 3;
    world.channel().behaviour = () => (left-- > 0 ? refused : delivered);
    await world.start();
    const message = await world.put();
    await pass(20_000);
    expect(world.channel().attempts.map((attempt) => [attempt.id, attempt.context.attempt])).toEqual(
      [1, 2, 3, 4].map((attempt) => [message.id, attempt]),
    );
  });

  it('P16 becomes a dead letter when it is too old', async () => {
    world.channel().behaviour = () => unreachable;
    await world.start({
      config: { maxRetries: 3, backoff: { initialMs: 100, maxMs: 1_000 }, timeoutMs: 1_000, maxAgeMs: 60_000 },
    });
    const message = await world.put();
    await pass(66_000);
    expect(await world.dead()).toMatchObject([{ error: 'not delivered within 60000 ms; last: ECONNREFUSED' }]);
    expect((await world.records(message)).at(-1)).toMatchObject({ status: 'dead', attempts: 0 });
  });
});

describe('a channel that is broken for good', () => {
  it('F6 keeps its dead letters, and other channels are not affected', async () => {
    world.channel('hook').behaviour = () => ({ outcome: 'permanent', error: 'HTTP 410' });
    await world.start();
    const alert = world.newAlert();
    const messages = [await world.put('hook', alert, 1), await world.put('hook', alert, 2)];
    await world.put('other', alert, 1);
    await pass(1_000);
    expect((await world.dead()).map((letter) => letter.message.id)).toEqual(messages.map((message) => message.id));
    expect(world.channel('hook').attempts).toHaveLength(2);
    expect(world.channel('other').delivered).toHaveLength(1);
    expect((await world.records(messages[0]!)).at(-1)).toMatchObject({
      status: 'dead',
      error: 'HTTP 410',
      attempts: 1,
    });
    expect(world.results.map((record) => record.status).sort()).toEqual(['dead', 'dead', 'delivered']);
  });
});

describe('a channel that does not answer', () => {
  it('P16 is given up after the time allowed, which the channel may set', async () => {
    const signals: AbortSignal[] = [];
    world.channel().behaviour = (_, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    Object.assign(world.channel(), { timeoutMs: 2_000 });
    await world.start();
    const message = await world.put();
    await pass(1_999);
    expect(signals[0]?.aborted).toBe(false);
    await pass(1);
    expect(signals[0]?.reason).toMatchObject({ name: 'TimeoutError' });
    expect((await world.records(message)).at(-1)).toMatchObject({
      status: 'pending',
      error: 'no answer within 2000 ms',
    });
  });
});

describe('a message that the broker hands out again', () => {
  it('F1 is sent once, whether the first is still on its way or has ended', async () => {
    let handler: Parameters<Outbox['work']>[2] | undefined;
    const outbox = Object.create(world.driver.outbox) as Outbox;
    outbox.channels = async () => ['hook'];
    outbox.work = async (channel, _, handle) => {
      if (channel === 'hook') handler = handle;
      return { stop: async () => {} };
    };
    world.channel().behaviour = () => new Promise((resolve) => setTimeout(() => resolve(delivered), 50));
    await world.start({ outbox });
    await pass(10);
    const message = outboxMessage(openedEvent(), 'hook', Date.now());
    const verdicts = [handler!(message), handler!(message)];
    await pass(100);
    verdicts.push(handler!(message));
    expect(await Promise.all(verdicts)).toEqual([{ done: true }, { done: false, delayMs: 1_000 }, { done: true }]);
    expect(world.channel().attempts).toHaveLength(1);
  });
});

describe('after a restart', () => {
  it('F1 what was delivered is not sent again, though the outbox hands it out again', async () => {
    await world.start();
    const message = await world.put();
    await pass(10);
    const again = new DeliveryWorld();
    again.channels.set('hook', world.channel());
    const { outbox } = again.driver;
    await outbox.put(message);
    await again.start({ log: world.driver.log });
    await pass(1_000);
    expect(world.channel().attempts).toHaveLength(1);
    expect(await outbox.depth('hook')).toBe(0);
    await again.close();
  });

  it('F2 what was delivered is not sent again, though dispatch puts it anew', async () => {
    await world.start();
    const message = await world.put();
    const later = await world.put('hook', message.event.alert.id, 2);
    await pass(1_000);
    const again = new DeliveryWorld();
    again.channels.set('hook', world.channel());
    await again.start({ log: world.driver.log });
    await pass(1);
    for (const one of [message, later]) await again.driver.outbox.put({ ...one, at: Date.now() });
    await pass(1_000);
    expect(world.channel().attempts).toHaveLength(2);
    expect(await again.driver.outbox.depth('hook')).toBe(0);
    await again.close();
  });

  it('F8 what somebody else wrote in place of a record holds nothing up', async () => {
    const message = await world.put();
    const subject = `delivery.${message.event.alert.keyHash}.hook`;
    await world.driver.log.append({ subject, body: null, messageId: 'stray' });
    await pass(10);
    await world.start();
    await pass(100);
    expect(world.channel().delivered).toHaveLength(1);
  });

  it('F1 a later notification waits for an earlier one that the log says is under way', async () => {
    world.channel().behaviour = () => unreachable;
    const first = await world.start();
    const alert = world.newAlert();
    const early = await world.put('hook', alert, 1);
    await pass(10);
    const stopping = first.stop();
    await pass(10);
    await stopping;

    world.channel().behaviour = () => delivered;
    const again = new DeliveryWorld();
    again.channels.set('hook', world.channel());
    await again.put('hook', alert, 2);
    await pass(1);
    await again.start({ log: world.driver.log });
    await pass(1_000);
    expect(world.channel().delivered).toEqual([]);
    await again.driver.outbox.put(early);
    await pass(1_000);
    expect(world.channel().delivered.map((attempt) => attempt.transition)).toEqual([1, 2]);
    await again.close();
  });

  it('F1 a later notification waits no longer for an earlier one that ended while the log was asked', async () => {
    const { log } = world.driver;
    const latest = log.latest.bind(log);
    vi.spyOn(log, 'latest').mockImplementation(async function* (filter) {
      const found = [];
      for await (const entry of latest(filter)) found.push(entry);
      await new Promise((resolve) => setTimeout(resolve, 50));
      yield* found;
    });
    world.channel().behaviour = () => new Promise((resolve) => setTimeout(() => resolve(delivered), 20));
    await world.start();
    const { event } = await world.put();
    await pass(55);
    await world.put('hook', event.alert.id, 2);
    await pass(1_000);
    expect(world.channel().delivered.map((attempt) => attempt.transition)).toEqual([1, 2]);
  });

  it('F1 an earlier notification that never comes back delays a later one for a minute at most', async () => {
    world.channel().behaviour = () => unreachable;
    const first = await world.start();
    const alert = world.newAlert();
    await world.put('hook', alert, 1);
    await pass(10);
    const stopping = first.stop();
    await pass(10);
    await stopping;

    world.channel().behaviour = () => delivered;
    const again = new DeliveryWorld();
    again.channels.set('hook', world.channel());
    await again.put('hook', alert, 2);
    await pass(1);
    await again.start({ log: world.driver.log });
    await pass(61_000);
    expect(world.channel().delivered.map((attempt) => attempt.transition)).toEqual([2]);
    await again.close();
  });

  it('F12 a later notification goes as soon as somebody else has delivered the earlier one', async () => {
    world.channel().behaviour = () => unreachable;
    const first = await world.start();
    const alert = world.newAlert();
    await world.put('hook', alert, 1);
    await pass(10);
    const stopping = first.stop();
    await pass(10);
    await stopping;

    const other = new DeliveryWorld();
    other.channels.set('hook', world.channel());
    for (let n = 2; n <= 3; n++) await other.put('hook', alert, n);
    await pass(1);
    await other.start({ log: world.driver.log });
    await pass(10_000);
    world.channel().behaviour = () => delivered;
    await pass(10_000);
    expect(world.channel().delivered).toEqual([]);
    await world.start();
    await pass(2_000);
    expect(world.channel().delivered.map((attempt) => attempt.transition)).toEqual([1, 2, 3]);
    await other.close();
  });

  it('F1 counts on from the attempts that the log knows', async () => {
    const poison = world.newAlert();
    world.channel().behaviour = ({ data }) => (data.alert.id === poison ? refused : delivered);
    await world.start();
    const message = await world.put('hook', poison);
    for (let i = 0; i < 3; i++) {
      await pass(5_000);
      await world.put();
    }
    const { attempts } = (await world.records(message)).at(-1)!;
    expect(attempts).toBeGreaterThan(0);
    const again = new DeliveryWorld();
    again.channels.set('hook', world.channel());
    await again.driver.outbox.put(message);
    await again.start({ log: world.driver.log });
    await pass(100);
    expect((await world.records(message)).at(-1)).toMatchObject({ attempts: attempts + 1 });
    await again.close();
  });
});

describe('the log', () => {
  it('F13 that cannot be written keeps a delivered message in the outbox, and it is not sent twice', async () => {
    const broken = vi.spyOn(world.driver.log, 'append').mockRejectedValue(new Error('disk full'));
    await world.start();
    const message = await world.put();
    await pass(5_000);
    expect(await world.driver.outbox.depth('hook')).toBe(1);
    broken.mockRestore();
    await pass(2_000);
    expect(await world.driver.outbox.depth('hook')).toBe(0);
    expect(world.channel().attempts).toHaveLength(1);
    expect((await world.records(message)).at(-1)).toMatchObject({ status: 'delivered' });
    expect(world.results).toHaveLength(1);
  });
});

describe('stopping', () => {
  it('F11 lets attempts end, hands back what waits, and starts nothing new', async () => {
    world.channel().behaviour = () => new Promise((resolve) => setTimeout(() => resolve(delivered), 1_000));
    const delivery = await world.start({ concurrency: 1 });
    await world.put();
    await world.put();
    await pass(10);
    let stopped = false;
    void delivery.stop().then(() => {
      stopped = true;
    });
    await pass(500);
    expect(stopped).toBe(false);
    await pass(600);
    expect(stopped).toBe(true);
    expect(world.channel().attempts).toHaveLength(1);
    expect(await world.driver.outbox.depth('hook')).toBe(1);
  });

  it('F11 gives up attempts that take longer than ten seconds', async () => {
    Object.assign(world.channel(), { timeoutMs: 60_000 });
    world.channel().behaviour = () => new Promise(() => {});
    const delivery = await world.start();
    await world.put();
    await pass(10);
    let stopped = false;
    void delivery.stop().then(() => {
      stopped = true;
    });
    await pass(10_010);
    expect(stopped).toBe(true);
  });
});

describe('whatever a channel answers', () => {
  it('P15 P16 each message ends once, in order per alert, and one of an alert is on its way at a time', async () => {
    const answers = fc.infiniteStream(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant(delivered) },
        { weight: 2, arbitrary: fc.constantFrom(refused, unreachable) },
        { weight: 1, arbitrary: fc.constant<SendResult>({ outcome: 'permanent', error: 'HTTP 400' }) },
        { weight: 1, arbitrary: fc.constant<SendResult>({ ...unreachable, retryAfterMs: 700 } as SendResult) },
        { weight: 1, arbitrary: fc.constantFrom('throws' as const, 'hangs' as const) },
      ),
    );
    const transitions = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(transitions, answers, fc.integer({ min: 1, max: 5 }), async (alerts, answer, concurrency) => {
        const round = new DeliveryWorld('hook');
        const onTheirWay = new Set<string>();
        let overlaps = 0;
        round.channel().behaviour = async ({ data }) => {
          const next = answer.next().value;
          if (onTheirWay.has(data.alert.id)) overlaps++;
          onTheirWay.add(data.alert.id);
          await new Promise((resolve) => setTimeout(resolve, 20));
          onTheirWay.delete(data.alert.id);
          if (next === 'throws') throw new Error('defect');
          return next === 'hangs' ? new Promise<SendResult>(() => {}) : next;
        };
        await round.start({ concurrency });
        const ids = [0, 1, 2, 3, 4, 5].map(() => round.newAlert());
        const count = new Map<number, number>();
        for (const alert of alerts) {
          const n = (count.get(alert) ?? 0) + 1;
          count.set(alert, n);
          await round.put('hook', ids[alert]!, n);
        }
        await pass(3_600_000);
        expect(overlaps).toBe(0);
        expect(round.results).toHaveLength(alerts.length);
        expect(await round.driver.outbox.depth('hook')).toBe(0);
        for (const id of ids) {
          const ended = round.results.filter((r) => r.alertId === id).map((r) => r.transition);
          expect(ended).toEqual(ended.map((_, i) => i + 1));
        }
        await round.close();
      }),
      { numRuns: Math.ceil(propertyRuns() / 4) },
    );
  });
});

describe('a dead letter', () => {
  const letters = () =>
    new DeadLetters({ outbox: world.driver.outbox, clock: { wall: Date.now }, logger: silentLogger });

  it('P16 is listed, sent again under the same idempotency key when somebody says so, and gone once it is delivered', async () => {
    world.channel().behaviour = () => ({ outcome: 'permanent', error: 'HTTP 400' });
    await world.start();
    const message = await world.put();
    await pass(1_000);
    expect(await letters().list(10)).toMatchObject([
      { id: message.id, channel: 'hook', status: 'dead', error: 'HTTP 400' },
    ]);
    world.channel().behaviour = () => delivered;
    await letters().resend(message.id, 'ada');
    await pass(1_000);
    expect(world.channel().delivered).toMatchObject([{ id: message.id }]);
    expect(await letters().list(10)).toEqual([]);
    expect((await world.records(message)).at(-1)).toMatchObject({
      status: 'delivered',
      resend: { count: 1, by: 'ada' },
    });
    await expect(letters().resend(message.id, 'ada')).rejects.toMatchObject({ code: 'delivery_unknown' });
  });

  it('P16 that is given up once more can be sent again once more', async () => {
    world.channel().behaviour = () => ({ outcome: 'permanent', error: 'HTTP 400' });
    await world.start();
    const message = await world.put();
    await pass(1_000);
    for (const count of [1, 2]) {
      await letters().resend(message.id, 'ada');
      await pass(1_000);
      expect(await letters().list(10)).toMatchObject([{ id: message.id, resend: { count } }]);
    }
    expect(world.channel().attempts).toHaveLength(3);
  });

  it('F1 sent again is sent, when the process dies before it is and another takes over', async () => {
    world.channel().behaviour = () => ({ outcome: 'permanent', error: 'HTTP 400' });
    const first = await world.start();
    const message = await world.put();
    await pass(1_000);
    await first.stop();
    await letters().resend(message.id, 'ada');
    await pass(1_000);
    world.channel().behaviour = () => delivered;
    await world.start();
    await pass(1_000);
    expect(world.channel().delivered).toMatchObject([{ id: message.id }]);
  });

  it('P16 that was sent again and delivered stays so, though dispatch puts the notification anew', async () => {
    world.channel().behaviour = () => ({ outcome: 'permanent', error: 'HTTP 400' });
    const first = await world.start();
    const message = await world.put();
    await pass(1_000);
    world.channel().behaviour = () => delivered;
    await letters().resend(message.id, 'ada');
    await pass(1_000);
    await first.stop();
    // By then the outbox does not remember it.
    await pass(200_000);
    await world.start();
    await world.driver.outbox.put({ ...message, at: Date.now() + 1 });
    await pass(1_000);
    expect(world.channel().attempts).toHaveLength(2);
    expect(await world.driver.outbox.depth('hook')).toBe(0);
  });
});
