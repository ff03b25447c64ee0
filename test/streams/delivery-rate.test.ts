import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SendResult } from '../../src/model/channel.js';
import { DeliveryWorld, delivered, pass, refused, unreachable } from '../support/delivery.js';

let world: DeliveryWorld;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  world = new DeliveryWorld('hook', 'other');
});
afterEach(async () => {
  await Promise.all([world.close(), pass(15_000)]);
  vi.useRealTimers();
});

function limit(max: number, perMs: number): void {
  Object.assign(world.channel(), { rate: { max, perMs } });
}

/** The most attempts that fell into any window. */
function mostIn(perMs: number, times = world.channel().attempts.map(({ at }) => at)): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at - from < perMs).length));
}

describe('a channel with a rate', () => {
  it('F5 is sent 200 notifications that come at once at 5 a second, the oldest first, none lost', async () => {
    limit(5, 1_000);
    await world.start();
    const ids: string[] = [];
    for (let i = 0; i < 200; i++) {
      ids.push((await world.put()).id);
      await pass(1);
    }
    await pass(45_000);
    expect(world.channel().delivered.map(({ id }) => id)).toEqual(ids);
    expect(mostIn(1_000)).toBe(5);
    expect(await world.driver.outbox.depth('hook')).toBe(0);
  });

  it('P16 takes nearly as long as its rate makes it, not longer', async () => {
    limit(10, 60_000);
    await world.start();
    for (let i = 0; i < 35; i++) await world.put();
    await pass(3 * 60_000 + 1_000);
    expect(world.channel().delivered).toHaveLength(35);
    expect(mostIn(60_000)).toBe(10);
  });

  it('P16 lets those wait in the outbox whose turn is far away, where they hold no place', async () => {
    limit(1, 3_600_000);
    const { outbox } = world.driver;
    const out = new Set<string>();
    const work = outbox.work.bind(outbox);
    vi.spyOn(outbox, 'work').mockImplementation((channel, options, handle) =>
      work(channel, options, async (message) => {
        out.add(message.id);
        const verdict = await handle(message);
        out.delete(message.id);
        return verdict;
      }),
    );
    await world.start();
    for (let i = 0; i < 100; i++) await world.put();
    await pass(1_000);
    expect(world.channel().delivered).toHaveLength(1);
    expect(out.size).toBe(0);
    expect(await world.driver.outbox.depth('hook')).toBe(99);
  });

  it('P16 keeps the order of an alert', async () => {
    limit(2, 10_000);
    await world.start();
    const alerts = [world.newAlert(), world.newAlert(), world.newAlert()];
    for (let n = 1; n <= 4; n++) for (const alert of alerts) await world.put('hook', alert, n);
    await pass(90_000);
    expect(world.channel().delivered).toHaveLength(12);
    for (const alert of alerts) {
      const mine = world.channel().delivered.filter((attempt) => attempt.alert === alert);
      expect(mine.map((attempt) => attempt.transition)).toEqual([1, 2, 3, 4]);
    }
  });

  it('F4 keeps to it while it is down and when it is back, and everything arrives', async () => {
    limit(5, 1_000);
    let up = false;
    world.channel().behaviour = () => (up ? delivered : unreachable);
    await world.start();
    for (let i = 0; i < 60; i++) await world.put();
    await pass(30_000);
    up = true;
    await pass(5_000);
    expect(world.channel().delivered.length).toBeGreaterThan(10);
    await pass(12_000);
    expect(world.channel().delivered).toHaveLength(60);
    expect(mostIn(1_000)).toBe(5);
  });

  it('F5 leaves a receiver alone that asks for a pause, too', async () => {
    limit(5, 1_000);
    const pauses: number[] = [];
    let calls = 0;
    world.channel().behaviour = (): SendResult => {
      if (++calls % 12 !== 0) return delivered;
      pauses.push(Date.now());
      return { outcome: 'retry', error: 'HTTP 429', countable: false, retryAfterMs: 7_000 };
    };
    await world.start({ concurrency: 1 });
    for (let i = 0; i < 50; i++) await world.put();
    await pass(120_000);
    expect(world.channel().delivered).toHaveLength(50);
    expect(await world.dead()).toEqual([]);
    expect(mostIn(1_000)).toBeLessThanOrEqual(5);
    for (const from of pauses) {
      expect(world.channel().attempts.filter(({ at }) => at > from && at < from + 7_000)).toEqual([]);
    }
  });

  it('P16 counts attempts that fail', async () => {
    limit(3, 10_000);
    world.channel().behaviour = () => refused;
    await world.start();
    for (let i = 0; i < 5; i++) await world.put();
    await pass(60_000);
    expect(mostIn(10_000)).toBeLessThanOrEqual(3);
  });

  it('P16 keeps to it across a restart', async () => {
    limit(4, 60_000);
    const first = await world.start();
    for (let i = 0; i < 10; i++) await world.put();
    await pass(10_000);
    const stopping = first.stop();
    await pass(100);
    await stopping;
    await world.start();
    await pass(40_000);
    expect(world.channel().attempts).toHaveLength(4);
    await pass(90_000);
    expect(world.channel().delivered).toHaveLength(10);
    expect(mostIn(60_000)).toBe(4);
  });

  it('P15 delays no other channel', async () => {
    limit(1, 60_000);
    await world.start();
    for (let i = 0; i < 20; i++) {
      await world.put('hook');
      await world.put('other');
    }
    await pass(100);
    expect(world.channel('other').delivered).toHaveLength(20);
  });

  it('P16 gives a notification up in time that gets too old while it waits for its turn', async () => {
    limit(1, 3_600_000);
    const config = { maxRetries: 3, backoff: { initialMs: 100, maxMs: 1_000 }, timeoutMs: 1_000, maxAgeMs: 60_000 };
    await world.start({ config });
    await world.put();
    await world.put();
    await pass(61_000);
    expect(await world.dead()).toMatchObject([{ error: 'not delivered within 60000 ms' }]);
  });
});
