import { expect, it } from 'vitest';
import type { OutboxMessage } from '../../src/model/delivery.js';
import type { Driver, OutboxVerdict } from '../../src/streams/ports.js';
import { createCollector, createDeferred } from '../support/collector.js';
import { all, message, type Using } from '../support/driver.js';

const done: OutboxVerdict = { done: true };

/** A worker that notes each message and is done with it. */
function finishing(note: (item: OutboxMessage) => void) {
  return async (item: OutboxMessage) => {
    note(item);
    return done;
  };
}

/** What every outbox keeps. */
export function describeOutbox(driver: () => Driver, using: Using): void {
  const options = { prefetch: 10, ackWaitMs: 30_000 };

  it('hands a message to the worker of its channel, once', async () => {
    const { outbox } = driver();
    const chat = createCollector<OutboxMessage>();
    const mail = createCollector<string>();
    await outbox.put(message('a.1.chat', 'chat'));
    await outbox.put(message('a.1.mail', 'mail'));
    await using(outbox.work('chat', options, finishing(chat.add)));
    await using(
      outbox.work(
        'mail',
        options,
        finishing(({ id }) => mail.add(id)),
      ),
    );
    await outbox.put(message('a.2.chat', 'chat'));
    expect((await chat.atLeast(2)).map(({ id }) => id)).toEqual(['a.1.chat', 'a.2.chat']);
    expect(await mail.atLeast(1)).toEqual(['a.1.mail']);
    expect(chat.items[0]).toEqual(message('a.1.chat', 'chat'));
  });

  it('takes a message once however often it is put', async () => {
    const { outbox } = driver();
    for (let i = 0; i < 3; i++) await outbox.put(message('a.1.chat', 'chat'));
    expect(await outbox.depth('chat')).toBe(1);
  });

  it('keeps channels apart whose names differ only in what a subject cannot hold', async () => {
    const { outbox } = driver();
    const got = createCollector<string>();
    await outbox.put(message('1', 'ops mail'));
    await outbox.put(message('2', 'ops.mail'));
    await outbox.put(message('3', 'ops-mail'));
    expect(await Promise.all(['ops mail', 'ops.mail', 'ops-mail'].map((name) => outbox.depth(name)))).toEqual([
      1, 1, 1,
    ]);
    await using(
      outbox.work(
        'ops.mail',
        options,
        finishing(({ id }) => got.add(id)),
      ),
    );
    expect(await got.atLeast(1)).toEqual(['2']);
  });

  it('hands out no more than prefetch at a time', async () => {
    const { outbox } = driver();
    const got = createCollector<string>();
    const gates = [createDeferred(), createDeferred(), createDeferred()];
    for (let i = 0; i < 3; i++) await outbox.put(message(String(i), 'chat'));
    const handler = async ({ id }: OutboxMessage) => {
      got.add(id);
      await gates[Number(id)]!.promise;
      return done;
    };
    await using(outbox.work('chat', { ...options, prefetch: 2 }, handler));
    await got.atLeast(2);
    expect(await outbox.depth('chat')).toBe(3);
    expect(got.items).toEqual(['0', '1']);
    for (const gate of gates) gate.resolve();
    expect(await got.atLeast(3)).toEqual(['0', '1', '2']);
  });

  it('gives a message again after its delay, and lets others pass meanwhile', async () => {
    const { outbox } = driver();
    const got = createCollector<string>();
    const times: number[] = [];
    await outbox.put(message('slow', 'chat'));
    await outbox.put(message('quick', 'chat'));
    const handler = async ({ id }: OutboxMessage): Promise<OutboxVerdict> => {
      got.add(id);
      if (id !== 'slow') return done;
      times.push(performance.now());
      return times.length === 1 ? { done: false, delayMs: 300.123456789 } : done;
    };
    await using(outbox.work('chat', { ...options, prefetch: 1 }, handler));
    expect(await got.atLeast(3)).toEqual(['slow', 'quick', 'slow']);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(290);
  });

  it('gives a message again whose worker rejected or was silent for too long', async () => {
    const { outbox } = driver();
    const got = createCollector<string>();
    const never = createDeferred<OutboxVerdict>();
    await outbox.put(message('thrown', 'chat'));
    await outbox.put(message('silent', 'chat'));
    const handler = async ({ id }: OutboxMessage): Promise<OutboxVerdict> => {
      const first = !got.items.includes(id);
      got.add(id);
      if (!first) return done;
      if (id === 'thrown') throw new Error('on purpose');
      return never.promise;
    };
    await using(outbox.work('chat', { prefetch: 10, ackWaitMs: 1_000 }, handler));
    expect([...(await got.atLeast(4))].sort()).toEqual(['silent', 'silent', 'thrown', 'thrown']);
    never.resolve(done);
  });

  it('counts messages that wait or are out as depth, and none when all are done', async () => {
    const { outbox } = driver();
    const got = createCollector<string>();
    expect(await outbox.depth('chat')).toBe(0);
    for (let i = 0; i < 5; i++) await outbox.put(message(String(i), 'chat'));
    expect(await outbox.depth('chat')).toBe(5);
    const worker = await using(
      outbox.work(
        'chat',
        options,
        finishing(({ id }) => got.add(id)),
      ),
    );
    await got.atLeast(5);
    await worker.stop();
    await expect.poll(() => outbox.depth('chat')).toBe(0);
  });

  it('names the channels of which messages wait, and those alone', async () => {
    const { outbox } = driver();
    const got = createCollector<string>();
    expect(await outbox.channels()).toEqual([]);
    const channels = ['chat', 'ops mail', 'ops.mail', 'x'.repeat(100)];
    for (const name of [...channels, ...channels]) await outbox.put(message(`${name} ${Math.random()}`, name));
    expect([...(await outbox.channels())].sort()).toEqual(channels);
    const worker = await using(
      outbox.work(
        'chat',
        options,
        finishing(({ id }) => got.add(id)),
      ),
    );
    await got.atLeast(2);
    await worker.stop();
    await expect.poll(async () => [...(await outbox.channels())].sort()).toEqual(channels.slice(1));
  });

  it('leaves to the next worker what a stopped one did not finish', async () => {
    const { outbox } = driver();
    const first = createCollector<string>();
    const second = createCollector<string>();
    await outbox.put(message('1', 'chat'));
    const worker = await outbox.work('chat', options, async ({ id }) => {
      first.add(id);
      return { done: false, delayMs: 100 };
    });
    await first.atLeast(1);
    await worker.stop();
    await outbox.put(message('2', 'chat'));
    await using(
      outbox.work(
        'chat',
        options,
        finishing(({ id }) => second.add(id)),
      ),
    );
    expect([...(await second.atLeast(2))].sort()).toEqual(['1', '2']);
  });

  it('keeps a dead letter once, however often it is buried', async () => {
    const { outbox } = driver();
    const letter = { message: message('a.1.chat', 'chat'), error: 'gone', at: 5 };
    expect(await all(outbox.dead())).toEqual([]);
    await outbox.bury(letter);
    await outbox.bury(letter);
    await outbox.bury({ ...letter, message: message('b.1.ops mail', 'ops mail') });
    const letters = await all(outbox.dead());
    expect(letters.map((dead) => dead.message.id)).toEqual(['a.1.chat', 'b.1.ops mail']);
    expect(letters[0]).toEqual(letter);
  });

  it('P16 finds a dead letter by its message, and forgets it, not one that was buried in its place', async () => {
    const { outbox } = driver();
    const letter = { message: message('a.1.ops mail', 'ops mail'), error: 'gone', at: 5 };
    expect(await outbox.exhume('a.1.ops mail')).toBeUndefined();
    await outbox.bury(letter);
    const exhumed = await outbox.exhume('a.1.ops mail');
    expect(exhumed?.letter).toEqual(letter);
    const again = { ...letter, message: { ...letter.message, resend: { count: 1, by: 'ada' } }, at: 6 };
    await outbox.bury(again);
    await exhumed?.remove();
    const second = await outbox.exhume('a.1.ops mail');
    expect(second?.letter).toEqual(again);
    await second?.remove();
    expect(await all(outbox.dead())).toEqual([]);
  });

  it('P16 takes a message again that is sent once more, and that only once', async () => {
    const { outbox } = driver();
    await outbox.put(message('1', 'chat'));
    const again = { ...message('1', 'chat'), resend: { count: 1, by: 'ada' } };
    await outbox.put(again);
    await outbox.put(again);
    expect(await outbox.depth('chat')).toBe(2);
  });
}
