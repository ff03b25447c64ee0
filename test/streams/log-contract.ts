import { expect, it } from 'vitest';
import type { Driver, LogEntry } from '../../src/streams/ports.js';
import { createCollector, createDeferred } from '../support/collector.js';
import { all, append, code, type Using } from '../support/driver.js';

/** What every event log keeps. */
export function describeLog(driver: () => Driver, using: Using): void {
  it('gives back what was written, under its subject, with the time of storing', async () => {
    const { log } = driver();
    const body = { text: 'é "quoted"', list: [1, { deep: null }], n: 1.5 };
    const before = Date.now();
    const seq = await append(driver(), 'alert.cpu.k1', body);
    const [entry] = await all(log.read('alert.>'));
    expect(entry).toEqual({ seq, subject: 'alert.cpu.k1', time: expect.any(Number), body, bytes: expect.any(Number) });
    expect(entry!.time).toBeGreaterThanOrEqual(before - 50);
    expect(entry!.time).toBeLessThanOrEqual(Date.now() + 50);
    expect(await log.head()).toBe(seq);
  });

  it('refuses a write with a stale expected sequence as log_conflict, and stores nothing of it', async () => {
    const first = await append(driver(), 'alert._.a', 1, { expectedSeq: 0 });
    const second = await append(driver(), 'alert._.a', 2, { expectedSeq: first });
    for (const expectedSeq of [0, first, second + 1]) {
      const stale = append(driver(), 'alert._.a', 3, { expectedSeq });
      await expect(stale).rejects.toSatisfy(code('log_conflict', { temporary: true }));
    }
    expect(await driver().log.head()).toBe(second);
  });

  it('looks only at the subject itself when it compares the expected sequence', async () => {
    const first = await append(driver(), 'alert._.a', 1, { expectedSeq: 0 });
    await append(driver(), 'alert._.b', 1, { expectedSeq: 0 });
    await expect(append(driver(), 'alert._.a', 2, { expectedSeq: first })).resolves.toBe(first + 2);
  });

  it('lets exactly one of many writers win who expect the same', async () => {
    const writers = Array.from({ length: 20 }, (_, i) => append(driver(), 'alert._.race', i, { expectedSeq: 0 }));
    const results = await Promise.allSettled(writers);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await all(driver().log.read('alert._.race'))).toHaveLength(1);
  });

  it('recognises the retry of a write by its message id, even after others wrote', async () => {
    const write = { messageId: 'the-write', expectedSeq: 0 };
    const seq = await append(driver(), 'alert._.a', 'mine', write);
    expect(await append(driver(), 'alert._.a', 'mine', write)).toBe(seq);
    await append(driver(), 'alert._.a', 'theirs', { expectedSeq: seq });
    expect(await append(driver(), 'alert._.a', 'mine', write)).toBe(seq);
    expect((await all(driver().log.read('alert.>'))).map(({ body }) => body)).toEqual(['mine', 'theirs']);
  });

  it('stores writes in the order in which they were called, many in flight at once', async () => {
    const seqs = await Promise.all(Array.from({ length: 500 }, (_, i) => append(driver(), `alert._.k${i % 7}`, i)));
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect((await all(driver().log.read('alert.>'))).map(({ body }) => body)).toEqual(seqs.map((_, i) => i));
  });

  it.each(['alert.*', 'alert.a b', 'alert..b'])('refuses to write under %j with subject_invalid', async (subject) => {
    await expect(append(driver(), subject, {})).rejects.toSatisfy(code('subject_invalid'));
  });

  it('reads the last message of each matching subject, in log order', async () => {
    await append(driver(), 'alert.r.a', 1);
    await append(driver(), 'alert.r.b', 2);
    await append(driver(), 'delivery.x.y', 3);
    await append(driver(), 'alert.r.a', 4);
    await append(driver(), 'alert.q.c', 5);
    expect((await all(driver().log.latest('alert.>'))).map(({ body }) => body)).toEqual([2, 4, 5]);
    expect((await all(driver().log.latest('alert.r.*'))).map(({ body }) => body)).toEqual([2, 4]);
  });

  it('ends a read of what is empty', async () => {
    const { log } = driver();
    expect(await all(log.latest('alert.>'))).toEqual([]);
    expect(await all(log.read('alert.>'))).toEqual([]);
    const seq = await append(driver(), 'delivery.a.b', 1);
    expect(await all(log.latest('alert.>'))).toEqual([]);
    expect(await all(log.read('alert.>'))).toEqual([]);
    expect(await all(log.read('delivery.>', { fromSeq: seq + 1 }))).toEqual([]);
  });

  it('reads thousands of entries from a position on, and ends at the head of the call', async () => {
    await Promise.all(Array.from({ length: 2_500 }, (_, i) => append(driver(), `alert._.k${i % 10}`, i)));
    const bodies: unknown[] = [];
    for await (const { body } of driver().log.read('alert.>', { fromSeq: 11 })) {
      if (bodies.push(body) === 1) await append(driver(), 'alert._.late', 'late');
    }
    expect(bodies).toEqual(Array.from({ length: 2_490 }, (_, i) => i + 10));
  });

  it('reads what was stored from a time on', async () => {
    const { log } = driver();
    for (let i = 0; i < 50; i++) await append(driver(), `alert._.k${i % 7}`, i);
    const stored = await all(log.read('alert.>'));
    for (const { time } of [stored[0]!, stored[20]!, stored[49]!]) {
      const since = stored.filter((entry) => entry.time >= time);
      expect(await all(log.read('alert.>', { fromTime: time }))).toEqual(since);
    }
    expect(await all(log.read('alert.>', { fromTime: stored[49]!.time + 60_000 }))).toEqual([]);
    expect(await all(log.read('delivery.>', { fromTime: stored[0]!.time }))).toEqual([]);
  });

  it('may be left in the middle of a read', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => append(driver(), 'alert._.a', i)));
    for await (const { body } of driver().log.read('alert.>')) if (body === 3) break;
    expect(await all(driver().log.read('alert.>'))).toHaveLength(20);
  });

  it('follows from a position on, through history into what is written meanwhile, without gap or repetition', async () => {
    const got = createCollector<LogEntry>();
    for (let i = 0; i < 50; i++) await append(driver(), 'alert._.a', i);
    const subscription = driver().log.follow('alert.>', { fromSeq: 11 }).subscribe(got.add);
    for (let i = 50; i < 800; i++) void append(driver(), 'alert._.a', i);
    await append(driver(), 'delivery.a.b', 'not wanted');
    await append(driver(), 'alert._.a', 800);
    const entries = await got.atLeast(791);
    expect(entries.map(({ body }) => body)).toEqual(Array.from({ length: 791 }, (_, i) => i + 10));
    subscription.unsubscribe();
  });

  it('tells a follower nothing after it unsubscribed', async () => {
    const left = createCollector<LogEntry>();
    const stayed = createCollector<LogEntry>();
    const subscription = driver().log.follow('alert.>', { fromSeq: 1 }).subscribe(left.add);
    driver().log.follow('alert.>', { fromSeq: 1 }).subscribe(stayed.add);
    await append(driver(), 'alert._.a', 1);
    await Promise.all([left.atLeast(1), stayed.atLeast(1)]);
    subscription.unsubscribe();
    await append(driver(), 'alert._.a', 2);
    await stayed.atLeast(2);
    expect(left.items).toHaveLength(1);
  });

  it('purges one subject up to a position and leaves the rest', async () => {
    const seqs = [];
    for (let i = 0; i < 4; i++) seqs.push(await append(driver(), 'alert._.a', i));
    await append(driver(), 'alert._.b', 'other');
    await driver().log.purge('alert._.a', seqs[2]!);
    expect((await all(driver().log.read('alert.>'))).map(({ body }) => body)).toEqual([3, 'other']);
    await expect(append(driver(), 'alert._.a', 4, { expectedSeq: seqs[3]! })).resolves.toBe(seqs[3]! + 2);
  });

  it('purges nothing up to a position before the first', async () => {
    const subject = 'alert._.first';
    await driver().log.append({ subject, body: 1, messageId: 'first-of-all' });
    await driver().log.purge(subject, 0);
    const left: unknown[] = [];
    for await (const { body } of driver().log.read(subject)) left.push(body);
    expect(left).toEqual([1]);
  });

  it('expects no message of a subject that was purged whole', async () => {
    const seq = await append(driver(), 'alert._.a', 1);
    await driver().log.purge('alert._.a', seq);
    await expect(append(driver(), 'alert._.a', 2, { expectedSeq: 0 })).resolves.toBe(seq + 1);
  });

  it('hands every matching entry to a durable consumer, from the first one on', async () => {
    const got = createCollector<unknown>();
    await append(driver(), 'alert._.a', 0);
    await append(driver(), 'delivery.a.b', 'not wanted');
    await using(driver().log.consume('dispatch', 'alert.>', { maxInFlight: 10 }, async ({ body }) => got.add(body)));
    for (let i = 1; i < 30; i++) await append(driver(), 'alert._.a', i);
    expect(await got.atLeast(30)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  it('gives an entry again whose handler rejected', async () => {
    const got = createCollector<unknown>();
    await append(driver(), 'alert._.a', 'again');
    await using(
      driver().log.consume('dispatch', 'alert.>', { maxInFlight: 1 }, async ({ body }) => {
        got.add(body);
        if (got.items.length === 1) throw new Error('on purpose');
      }),
    );
    expect(await got.atLeast(2)).toEqual(['again', 'again']);
  });

  it('hands out no more than maxInFlight at a time, in log order', async () => {
    const started = createCollector<unknown>();
    const gates = Array.from({ length: 6 }, () => createDeferred());
    for (let i = 0; i < 6; i++) await append(driver(), 'alert._.a', i);
    const handler = ({ body }: LogEntry) => {
      started.add(body);
      return gates[body as number]!.promise;
    };
    await using(driver().log.consume('dispatch', 'alert.>', { maxInFlight: 2 }, handler));
    await started.atLeast(2);
    gates[1]!.resolve();
    expect(await started.atLeast(3)).toEqual([0, 1, 2]);
    await driver().log.head();
    expect(started.items).toHaveLength(3);
    for (const gate of gates) gate.resolve();
    expect(await started.atLeast(6)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('stops when what is in flight has ended, and goes on from there under the same name', async () => {
    const first = createCollector<unknown>();
    const gate = createDeferred();
    await append(driver(), 'alert._.a', 1);
    const consumer = await driver().log.consume('dispatch', 'alert.>', { maxInFlight: 1 }, ({ body }) => {
      first.add(body);
      return gate.promise;
    });
    await first.atLeast(1);
    let stopped = false;
    const stopping = consumer.stop().then(() => {
      stopped = true;
    });
    await append(driver(), 'alert._.a', 2);
    expect(stopped).toBe(false);
    gate.resolve();
    await stopping;

    const second = createCollector<unknown>();
    await using(driver().log.consume('dispatch', 'alert.>', { maxInFlight: 1 }, async ({ body }) => second.add(body)));
    expect(await second.atLeast(1)).toEqual([2]);
    expect(first.items).toEqual([1]);
  });

  it('keeps the positions of two names apart', async () => {
    const one = createCollector<unknown>();
    const two = createCollector<unknown>();
    await append(driver(), 'alert._.a', 1);
    await using(driver().log.consume('one', 'alert.>', { maxInFlight: 1 }, async ({ body }) => one.add(body)));
    await one.atLeast(1);
    await using(driver().log.consume('two', 'alert.>', { maxInFlight: 5 }, async ({ body }) => two.add(body)));
    expect(await two.atLeast(1)).toEqual([1]);
  });
}
