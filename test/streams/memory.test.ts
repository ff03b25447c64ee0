import { setImmediate } from 'node:timers/promises';
import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createMemoryDriver } from '../../src/streams/memory.js';
import type { OutboxVerdict } from '../../src/streams/ports.js';
import { createCollector } from '../support/collector.js';
import { append, code, encode, message } from '../support/driver.js';

describe('the in-process driver', () => {
  it('measures the delay of a message on the scheduler that it was given', async () => {
    const scheduler = new VirtualTimeScheduler();
    const { outbox } = createMemoryDriver({ scheduler });
    const times = createCollector<number>();
    await outbox.put(message('a', 'chat'));
    await outbox.work('chat', { prefetch: 1, ackWaitMs: 900_000 }, async () => {
      times.add(scheduler.now());
      return times.items.length < 2 ? { done: false, delayMs: 600_000 } : { done: true };
    });
    await times.atLeast(1);
    await setImmediate();
    scheduler.flush();
    expect(await times.atLeast(2)).toEqual([0, 600_000]);
  });

  it('gives a message once more, not twice, when its silent worker speaks up at last', async () => {
    const scheduler = new VirtualTimeScheduler();
    const { outbox } = createMemoryDriver({ scheduler });
    const given = createCollector<(verdict: OutboxVerdict) => void>();
    await outbox.put(message('a', 'chat'));
    await outbox.work('chat', { prefetch: 5, ackWaitMs: 1_000 }, () => new Promise((resolve) => given.add(resolve)));
    const [first] = await given.atLeast(1);
    scheduler.flush();
    await given.atLeast(2);
    first!({ done: false, delayMs: 10 });
    await setImmediate();
    expect(scheduler.actions).toHaveLength(1);
    given.items[1]!({ done: true });
    await setImmediate();
    expect(await outbox.depth('chat')).toBe(0);
  });

  it('leaves no timer behind when it is closed', async () => {
    const scheduler = new VirtualTimeScheduler();
    const driver = createMemoryDriver({ scheduler });
    const given = createCollector<string>();
    await driver.outbox.put(message('a', 'chat'));
    await driver.outbox.work('chat', { prefetch: 1, ackWaitMs: 60_000 }, async ({ id }) => {
      given.add(id);
      return { done: false, delayMs: 600_000 };
    });
    await given.atLeast(1);
    await setImmediate();
    await driver.close();
    scheduler.flush();
    await setImmediate();
    expect(given.items).toEqual(['a']);
    expect(scheduler.now()).toBe(0);
  });

  it('ends a request on the scheduler that it was given', async () => {
    const scheduler = new VirtualTimeScheduler();
    const { bus } = createMemoryDriver({ scheduler });
    bus.subscribe('mute', () => undefined);
    const request = bus.request('mute', encode(''), { timeoutMs: 3_600_000 });
    scheduler.flush();
    await expect(request).rejects.toSatisfy(code('bus_unavailable'));
    expect(scheduler.now()).toBe(3_600_000);
  });

  it('stamps entries with the wall time that it was given', async () => {
    const driver = createMemoryDriver({ wall: () => 1_700_000_000_000 });
    const got = createCollector<number>();
    driver.log.follow('>', { fromSeq: 1 }).subscribe(({ time }) => got.add(time));
    await append(driver, 'alert._.a', 1);
    expect(await got.atLeast(1)).toEqual([1_700_000_000_000]);
  });

  it('refuses writes when the log is full, and takes them again after a purge', async () => {
    const driver = createMemoryDriver({ eventsMaxBytes: 1_000 });
    const seq = await append(driver, 'alert._.a', 'x'.repeat(600));
    const full = append(driver, 'alert._.b', 'x'.repeat(600));
    await expect(full).rejects.toSatisfy(code('log_unavailable', { temporary: true }));
    await driver.log.purge('alert._.a', seq);
    await expect(append(driver, 'alert._.b', 'x'.repeat(600))).resolves.toBe(seq + 1);
  });

  it('refuses messages when the outbox of a channel is full', async () => {
    const { outbox } = createMemoryDriver({ outboxMaxMessages: 1 });
    await outbox.put(message('1', 'chat'));
    await expect(outbox.put(message('2', 'chat'))).rejects.toSatisfy(code('log_unavailable', { temporary: true }));
    await expect(outbox.put(message('3', 'mail'))).resolves.toBeUndefined();
  });

  it('hands on a copy of the bytes, so that a sender may use its buffer again', async () => {
    const { bus } = createMemoryDriver();
    const got = createCollector<Uint8Array>();
    bus.subscribe('a', ({ data }) => got.add(data));
    const buffer = encode('first');
    bus.publish('a', buffer);
    buffer.fill(0);
    expect(await got.atLeast(1)).toEqual([encode('first')]);
  });
});
