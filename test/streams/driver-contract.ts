import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TocsinError } from '../../src/model/errors.js';
import type { BusMessage, Consumer, Driver } from '../../src/streams/ports.js';
import { createCollector } from '../support/collector.js';
import { append, code, decode, encode, message } from '../support/driver.js';
import { describeLog } from './log-contract.js';
import { describeOutbox } from './outbox-contract.js';

/** What every driver keeps; `open` makes a fresh one with nothing in it. */
export function describeDriver(name: string, open: () => Promise<Driver>): void {
  describe(`the ${name} driver`, () => {
    let driver: Driver;
    const consumers: Consumer[] = [];
    const using = async (consumer: Promise<Consumer>) => {
      consumers.push(await consumer);
      return consumers.at(-1)!;
    };

    beforeEach(async () => {
      driver = await open();
    });
    afterEach(async () => {
      await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
      await driver.close();
    });

    describe('bus', () => describeBus(() => driver));
    describe('event log', () => describeLog(() => driver, using));
    describe('outbox', () => describeOutbox(() => driver, using));

    it('has every counter at zero from the start', () => {
      const counters = Object.values(driver.counters());
      expect(counters.length).toBeGreaterThan(0);
      expect(counters.every((count) => count === 0)).toBe(true);
    });

    it('finds no stream that captures the alert subjects when there is none', async () => {
      await expect(driver.assertNotCaptured(['alerts.>'])).resolves.toBeUndefined();
    });

    it('closes twice without complaint, and refuses writes afterwards', async () => {
      await driver.close();
      await driver.close();
      await expect(append(driver, 'alert._.a', {}, { messageId: 'late' })).rejects.toSatisfy(code('log_unavailable'));
      await expect(driver.outbox.put(message('late', 'chat'))).rejects.toSatisfy(code('log_unavailable'));
      driver.bus.publish('metrics.a.b', encode('late'));
      expect(driver.counters()['publishes_dropped']).toBe(1);
      expect(() => driver.bus.subscribe('metrics.>', () => undefined)).toThrow(TocsinError);
    });
  });
}

function describeBus(driver: () => Driver): void {
  it('hands a message to every subscriber whose pattern matches, in the order of publishing', async () => {
    const { bus } = driver();
    const wide = createCollector<string>();
    const narrow = createCollector<string>();
    bus.subscribe('metrics.>', (message) => wide.add(`${message.subject} ${decode(message.data)}`));
    bus.subscribe('metrics.*.cpu', (message) => narrow.add(decode(message.data)));
    await bus.flush();
    bus.publish('metrics.a.cpu', encode('1'));
    bus.publish('metrics.a.memory', encode('2'));
    bus.publish('other.a.cpu', encode('3'));
    bus.publish('metrics.b.cpu', encode('4'));
    expect(await wide.atLeast(3)).toEqual(['metrics.a.cpu 1', 'metrics.a.memory 2', 'metrics.b.cpu 4']);
    expect(narrow.items).toEqual(['1', '4']);
  });

  it('never calls a handler inside publish', async () => {
    const { bus } = driver();
    const got = createCollector<string>();
    bus.subscribe('loop.>', (message) => {
      got.add(`start ${message.subject}`);
      if (message.subject === 'loop.a') bus.publish('loop.b', encode(''));
      got.add(`end ${message.subject}`);
    });
    await bus.flush();
    bus.publish('loop.a', encode(''));
    expect(got.items).toEqual([]);
    expect(await got.atLeast(4)).toEqual(['start loop.a', 'end loop.a', 'start loop.b', 'end loop.b']);
  });

  it('hands each message to one member of a queue group', async () => {
    const { bus } = driver();
    const group = createCollector<string>();
    const alone = createCollector<string>();
    bus.subscribe('work.>', (message) => group.add(decode(message.data)), { queue: 'q' });
    bus.subscribe('work.>', (message) => group.add(decode(message.data)), { queue: 'q' });
    bus.subscribe('work.>', (message) => alone.add(decode(message.data)));
    await bus.flush();
    for (let i = 0; i < 20; i++) bus.publish('work.x', encode(String(i)));
    await alone.atLeast(20);
    expect([...(await group.atLeast(20))].sort()).toEqual([...alone.items].sort());
  });

  it('carries messages between the ingest and the control connection', async () => {
    const { bus, control } = driver();
    const got = createCollector<string>();
    control.subscribe('tell.control', (message) => got.add(decode(message.data)));
    await control.flush();
    bus.publish('tell.control', encode('hello'));
    expect(await got.atLeast(1)).toEqual(['hello']);
  });

  it('counts an exception in a handler and goes on with everybody', async () => {
    const { bus } = driver();
    const got = createCollector<string>();
    bus.subscribe('bad.>', () => {
      throw new Error('on purpose');
    });
    bus.subscribe('bad.>', (message) => got.add(decode(message.data)));
    await bus.flush();
    bus.publish('bad.x', encode('1'));
    bus.publish('bad.x', encode('2'));
    expect(await got.atLeast(2)).toEqual(['1', '2']);
    expect(driver().counters()['callback_failures']).toBe(2);
  });

  it('hands nothing to a subscriber that left', async () => {
    const { bus } = driver();
    const left = createCollector<string>();
    const stayed = createCollector<string>();
    const subscription = bus.subscribe('news.>', (message) => left.add(decode(message.data)));
    bus.subscribe('news.>', (message) => stayed.add(decode(message.data)));
    await bus.flush();
    bus.publish('news.a', encode('1'));
    await stayed.atLeast(1);
    subscription.unsubscribe();
    bus.publish('news.a', encode('2'));
    await stayed.atLeast(2);
    expect(left.items).toEqual(['1']);
  });

  it('finds a header without regard to case', async () => {
    const { bus } = driver();
    const got = createCollector<BusMessage>();
    bus.subscribe('head.>', got.add);
    await bus.flush();
    bus.publish('head.a', encode('{}'), { 'Content-Type': 'application/json' });
    const [message] = await got.atLeast(1);
    expect(message?.header('content-type')).toBe('application/json');
    expect(message?.header('Content-Encoding')).toBeUndefined();
  });

  it('answers a request, and offers no answer to a message that waits for none', async () => {
    const { bus } = driver();
    const got = createCollector<BusMessage>();
    bus.subscribe('ask.>', (message) => {
      got.add(message);
      message.respond?.(encode(`re: ${decode(message.data)}`));
    });
    await bus.flush();
    bus.publish('ask.a', encode('told'));
    const answer = await bus.request('ask.a', encode('asked'));
    expect(decode(answer.data)).toBe('re: asked');
    expect(got.items.map((message) => message.respond !== undefined)).toEqual([false, true]);
  });

  it('says too_large in place of an answer that it cannot carry, counts it, and goes on', async () => {
    const { bus, counters } = driver();
    bus.subscribe('ask.>', ({ subject, respond }) =>
      respond?.(new Uint8Array(subject === 'ask.much' ? 1_100_000 : 10)),
    );
    await bus.flush();
    const answer = JSON.parse(decode((await bus.request('ask.much', encode(''))).data));
    expect(answer).toMatchObject({ ok: false, error: { code: 'too_large' } });
    expect((await bus.request('ask.little', encode(''))).data).toHaveLength(10);
    expect(counters()).toMatchObject({ answers_failed: 1, callback_failures: 0 });
  });

  it('rejects a request with bus_unavailable when nobody listens or nobody answers in time', async () => {
    const { bus } = driver();
    bus.subscribe('mute.a', () => undefined);
    await bus.flush();
    const nobody = bus.request('mute.b', encode(''), { timeoutMs: 5_000 });
    await expect(nobody).rejects.toSatisfy(code('bus_unavailable', { temporary: true }));
    const silent = bus.request('mute.a', encode(''), { timeoutMs: 50 });
    await expect(silent).rejects.toSatisfy(code('bus_unavailable', { temporary: true }));
  });

  it.each(['a b', 'a\r\nPUB b 0', 'a..b', '', 'a.*', 'a.>', 'a.é'])(
    'refuses to publish on %j with subject_invalid, and lives on',
    async (subject) => {
      const { bus } = driver();
      expect(() => bus.publish(subject, encode(''))).toThrowError(expect.objectContaining({ code: 'subject_invalid' }));
      await expect(bus.request(subject, encode(''))).rejects.toSatisfy(code('subject_invalid'));
      const got = createCollector<string>();
      bus.subscribe('fine', (message) => got.add(decode(message.data)));
      await bus.flush();
      bus.publish('fine', encode('yes'));
      expect(await got.atLeast(1)).toEqual(['yes']);
    },
  );

  it('refuses to subscribe to a malformed pattern', () => {
    const subscribe = () => driver().bus.subscribe('a.>.b', () => undefined);
    expect(subscribe).toThrowError(expect.objectContaining({ code: 'subject_invalid' }));
  });
}
