import { AckPolicy, connect as connectNats, headers, type NatsConnection, RetentionPolicy } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TocsinError } from '../../src/model/errors.js';
import { connectNatsBus, createNatsDriver, type NatsDriverOptions } from '../../src/streams/nats.js';
import type { BusMessage, Driver, LogEntry } from '../../src/streams/ports.js';
import { createCollector } from '../support/collector.js';
import { all, append, code, decode, encode, message } from '../support/driver.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';

let nats: TestNats;
let stranger: NatsConnection;
let prefix = '';
let engines = 0;
const drivers: Driver[] = [];

beforeAll(async () => {
  nats = await startTestNats();
  stranger = await connectNats({ servers: nats.url });
});
beforeEach(() => {
  prefix = `engine${++engines}`;
});
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.close()));
});
afterAll(async () => {
  await stranger.close();
  await nats.stop();
});

async function connect(options: Partial<NatsDriverOptions> = {}): Promise<Driver> {
  const driver = await createNatsDriver({ urls: [nats.url], prefix, ...options });
  drivers.push(driver);
  return driver;
}

const events = () => `${prefix.toUpperCase()}_EVENTS`;

describe('the streams', () => {
  it('hold events without an age limit, refuse when full, and carry the prefix', async () => {
    await connect({ eventsMaxBytes: 10_000_000 });
    const jsm = await stranger.jetstreamManager();
    const { config } = await jsm.streams.info(events());
    expect(config).toMatchObject({
      subjects: [`${prefix}.events.>`],
      retention: 'limits',
      discard: 'new',
      storage: 'file',
      max_age: 0,
      max_bytes: 10_000_000,
      duplicate_window: 120e9,
      allow_direct: true,
    });
  });

  it('follow a changed size', async () => {
    await connect({ eventsMaxBytes: 10_000_000 });
    const driver = await connect({ eventsMaxBytes: 20_000_000 });
    const jsm = await stranger.jetstreamManager();
    expect((await jsm.streams.info(events())).config.max_bytes).toBe(20_000_000);
    await append(driver, 'alert._.a', 1);
  });

  it('are refused with config_invalid when somebody made them otherwise', async () => {
    const jsm = await stranger.jetstreamManager();
    const config = { name: events(), subjects: [`${prefix}.events.>`], retention: RetentionPolicy.Workqueue };
    await jsm.streams.add(config);
    await expect(connect()).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('retention is workqueue, must be limits'),
    });
  });

  it('are refused with nats_unreachable and the reason when the server has no room for them', async () => {
    await expect(connect({ eventsMaxBytes: 2 ** 42 })).rejects.toMatchObject({
      code: 'nats_unreachable',
      message: expect.stringMatching(/EVENTS of 4398046511104 bytes: insufficient storage/),
    });
  });

  it('refuse a write as log_unavailable when they are full', async () => {
    const driver = await connect({ eventsMaxBytes: 20_000 });
    const body = 'x'.repeat(5_000);
    for (let i = 0; i < 3; i++) await append(driver, 'alert._.a', body);
    await expect(append(driver, 'alert._.a', body)).rejects.toSatisfy(code('log_unavailable', { temporary: true }));
    expect(await all(driver.log.read('alert.>'))).toHaveLength(3);
  });

  it('refuse a message above the limit of the server as too_large', async () => {
    const driver = await connect();
    await expect(append(driver, 'alert._.a', 'x'.repeat(1_100_000))).rejects.toSatisfy(code('too_large'));
    const publish = () => driver.bus.publish('metrics.a.b', new Uint8Array(1_100_000));
    expect(publish).toThrowError(expect.objectContaining({ code: 'too_large' }));
  });
});

describe('what strangers write', () => {
  it('into the event log is skipped and counted when it is not JSON, and only its place is known', async () => {
    const driver = await connect();
    const followed = createCollector<LogEntry>();
    const consumed = createCollector<LogEntry>();
    driver.log.follow('alert.>', { fromSeq: 1 }).subscribe(followed.add);
    await driver.log.consume('dispatch', 'alert.>', { maxInFlight: 1 }, async (entry) => consumed.add(entry));
    await stranger.jetstream().publish(`${prefix}.events.alert._.a`, 'not json');
    const seq = await append(driver, 'alert._.b', 'fine');
    expect((await followed.atLeast(1)).map((entry) => entry.seq)).toEqual([seq]);
    expect((await consumed.atLeast(1)).map((entry) => entry.seq)).toEqual([seq]);
    // Whoever writes to that subject next has to know where it stands.
    expect((await all(driver.log.latest('alert.>'))).map(({ seq, body }) => [seq, body === undefined])).toEqual([
      [1, true],
      [2, false],
    ]);
    expect(driver.counters()['entries_unreadable']).toBe(3);
  });

  it('F8 into the outbox is taken out and counted, and holds nobody up', async () => {
    const driver = await connect();
    const got = createCollector<string>();
    const garbage = ['not json', '7', 'null', '{}', JSON.stringify({ ...message('a', 'mail') })];
    for (const body of garbage) await stranger.jetstream().publish(`${prefix}.outbox.chat`, body);
    await driver.outbox.put(message('fine', 'chat'));
    const worker = await driver.outbox.work('chat', { prefetch: 1, ackWaitMs: 30_000 }, async ({ id }) => {
      got.add(id);
      return { done: true };
    });
    expect(await got.atLeast(1)).toEqual(['fine']);
    await expect.poll(() => driver.outbox.depth('chat')).toBe(0);
    await worker.stop();
    expect(driver.counters()['entries_discarded']).toBe(garbage.length);
  });

  it('F8 among the dead letters is passed over', async () => {
    const driver = await connect();
    for (const body of ['not json', '7', '{}', JSON.stringify({ message: {}, error: 'x', at: 1 })]) {
      await stranger.jetstream().publish(`${prefix}.dead.chat.${Math.random().toString(36).slice(2)}`, body);
    }
    await stranger.jetstream().publish(`${prefix}.dead.chat.stray`, '{}');
    expect(await all(driver.outbox.dead())).toEqual([]);
    expect(await driver.outbox.exhume('stray')).toBeUndefined();
  });

  it('as a reply subject never makes the engine answer into its own state or the JetStream API', async () => {
    const driver = await connect();
    const got = createCollector<BusMessage>();
    driver.control.subscribe(`${prefix}.command.>`, got.add);
    await driver.control.flush();
    for (const reply of [`${prefix}.events.alert._.a`, '$JS.API.STREAM.DELETE.X', 'my.inbox']) {
      stranger.publish(`${prefix}.command.raise`, '{}', { reply });
    }
    expect((await got.atLeast(3)).map(({ respond }) => respond !== undefined)).toEqual([false, false, true]);
  });

  it('may carry headers in any case', async () => {
    const driver = await connect();
    const got = createCollector<BusMessage>();
    driver.bus.subscribe('metrics.>', got.add);
    await driver.bus.flush();
    const hdrs = headers();
    hdrs.append('content-type', 'application/msgpack');
    stranger.publish('metrics.a.b', encode('x'), { headers: hdrs });
    expect((await got.atLeast(1))[0]!.header('Content-Type')).toBe('application/msgpack');
  });
});

describe('durable consumers', () => {
  it('share the entries among the engines that use one name', async () => {
    const [one, two] = [await connect(), await connect()];
    const got = createCollector<unknown>();
    const handler = async ({ body }: LogEntry) => got.add(body);
    await one.log.consume('dispatch', 'alert.>', { maxInFlight: 1 }, handler);
    await two.log.consume('dispatch', 'alert.>', { maxInFlight: 1 }, handler);
    await Promise.all(Array.from({ length: 100 }, (_, i) => append(one, 'alert._.a', i)));
    const bodies = (await got.atLeast(100)) as number[];
    expect([...bodies].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('come back when an administrator deletes them', async () => {
    const driver = await connect();
    const got = createCollector<unknown>();
    await driver.log.consume('dispatch', 'alert.>', { maxInFlight: 1 }, async ({ body }) => got.add(body));
    await append(driver, 'alert._.a', 1);
    await got.atLeast(1);
    const jsm = await stranger.jetstreamManager();
    await jsm.consumers.delete(events(), 'dispatch');
    await append(driver, 'alert._.a', 2);
    await expect.poll(() => got.items).toContain(2);
  });

  it('take up changed options', async () => {
    const driver = await connect();
    const first = await driver.outbox.work('chat', { prefetch: 1, ackWaitMs: 2_000 }, async () => ({ done: true }));
    await first.stop();
    const got = createCollector<string>();
    await driver.outbox.work('chat', { prefetch: 2, ackWaitMs: 9_000 }, async ({ id }) => {
      got.add(id);
      return { done: true };
    });
    await driver.outbox.put(message('a', 'chat'));
    await got.atLeast(1);
    const jsm = await stranger.jetstreamManager();
    const { config } = await jsm.consumers.info(`${prefix.toUpperCase()}_OUTBOX`, 'chat');
    expect(config.ack_wait).toBe(5_000e6);
  });
});

describe('a message in hand', () => {
  const limits = { prefetch: 1, ackWaitMs: 60_000 };
  const forever = new Promise<never>(() => undefined);

  it('F1 goes to another worker seconds after its own was killed, and to nobody while that is at work', async () => {
    const [alive, dead, other] = [await connect(), await connect(), await connect()];
    const taken = createCollector<string>();
    const hold = async ({ id }: { id: string }) => {
      taken.add(id);
      return forever;
    };
    await alive.outbox.put(message('kept', 'chat'));
    await alive.outbox.work('chat', limits, hold);
    await taken.atLeast(1);
    await alive.outbox.put(message('lost', 'chat'));
    await dead.outbox.work('chat', limits, hold);
    await taken.atLeast(2);

    await dead.close();
    const closedAt = performance.now();
    const got = createCollector<string>();
    await other.outbox.work('chat', limits, async ({ id }) => {
      got.add(id);
      return { done: true };
    });
    expect(await got.atLeast(1)).toEqual(['lost']);
    expect(performance.now() - closedAt).toBeLessThan(10_000);
  });

  it('F1 goes to the next worker at once and in order when nobody else is there', async () => {
    const dead = await connect();
    const taken = createCollector<string>();
    for (const id of ['1', '2', '3', '4', '5', '6']) await dead.outbox.put(message(id, 'chat'));
    await dead.outbox.work('chat', { ...limits, prefetch: 5 }, async ({ id }) => {
      taken.add(id);
      return id === '2' ? { done: true } : id === '3' ? { done: false, delayMs: 60_000 } : forever;
    });
    await taken.atLeast(6);
    await dead.close();
    const closedAt = performance.now();
    const got = createCollector<string>();
    const next = await connect();
    await next.outbox.put(message('7', 'chat'));
    await next.outbox.work('chat', limits, async ({ id }) => {
      got.add(id);
      return { done: true };
    });
    expect(await got.atLeast(6)).toEqual(['1', '3', '4', '5', '6', '7']);
    expect(performance.now() - closedAt).toBeLessThan(4_000);
  });

  it('F2 that a killed server brought back, and gives to nobody, is gone through again', async () => {
    const driver = await connect();
    const stream = `${prefix.toUpperCase()}_OUTBOX`;
    const jsm = await stranger.jetstreamManager();
    // The server itself strands what it has delivered as often as allowed.
    const config = { durable_name: 'chat', filter_subject: `${prefix}.outbox.chat`, ack_policy: AckPolicy.Explicit };
    await jsm.consumers.add(stream, { ...config, ack_wait: 100e6, max_deliver: 1 });
    await driver.outbox.put(message('stranded', 'chat'));
    const consumer = await stranger.jetstream().consumers.get(stream, 'chat');
    expect(await consumer.next()).not.toBeNull();
    expect(await consumer.next({ expires: 1_000 })).toBeNull();
    expect(await consumer.info()).toMatchObject({ num_pending: 0, num_ack_pending: 0 });
    expect(await driver.outbox.depth('chat')).toBe(1);
    const got = createCollector<string>();
    await driver.outbox.work('chat', limits, async ({ id }) => {
      got.add(id);
      return { done: true };
    });
    expect(await got.atLeast(1)).toEqual(['stranded']);
    await expect.poll(() => driver.outbox.depth('chat')).toBe(0);
  });

  it('F8 whose handling fails whenever it is tried is a dead letter in the end, unlike one that meets an outage', async () => {
    const driver = await connect();
    const tries = createCollector<string>();
    const outage = new TocsinError('log_unavailable', 'on purpose', { temporary: true });
    await driver.outbox.put(message('poison', 'chat'));
    await driver.outbox.put(message('patient', 'chat'));
    await driver.outbox.work('chat', { ...limits, prefetch: 2 }, async ({ id }) => {
      tries.add(id);
      if (id === 'poison') throw new TypeError('on purpose');
      if (tries.items.filter((tried) => tried === 'patient').length < 6) throw outage;
      return { done: true };
    });
    await expect.poll(() => driver.outbox.depth('chat'), { timeout: 60_000 }).toBe(0);
    const letters = await all(driver.outbox.dead());
    expect(letters.map((letter) => [letter.message.id, letter.error])).toEqual([
      ['poison', expect.stringContaining('on purpose')],
    ]);
  }, 70_000);
});

describe('a follower', () => {
  it('goes on over entries that were purged before it came to them', async () => {
    const driver = await connect();
    const got = createCollector<LogEntry>();
    const seqs = await Promise.all(Array.from({ length: 10 }, (_, i) => append(driver, `alert._.k${i % 2}`, i)));
    await driver.log.purge('alert._.k0', seqs[6]!);
    driver.log.follow('alert.>', { fromSeq: 1 }).subscribe(got.add);
    await append(driver, 'alert._.k0', 'live');
    expect((await got.atLeast(7)).map(({ body }) => body)).toEqual([1, 3, 5, 7, 8, 9, 'live']);
  });

  it('starts anew where it stood when its consumer is deleted', async () => {
    const driver = await connect();
    const got = createCollector<LogEntry>();
    driver.log.follow('alert.>', { fromSeq: 1 }).subscribe(got.add);
    await append(driver, 'alert._.a', 1);
    await got.atLeast(1);
    const jsm = await stranger.jetstreamManager();
    for await (const { name } of jsm.consumers.list(events())) await jsm.consumers.delete(events(), name);
    await append(driver, 'alert._.a', 2);
    expect((await got.atLeast(2)).map(({ body }) => body)).toEqual([1, 2]);
  });
});

describe('streams that capture alert subjects', () => {
  const alerts = (name: string) => `${prefix}alerts.${name}`;
  const capture = async (subjects: string[], options: { no_ack?: boolean } = {}) => {
    const jsm = await stranger.jetstreamManager();
    await jsm.streams.add({ name: `${prefix}_CAPTURE`, subjects, ...options });
  };

  it.each(['>', '*', 'system'])('are found when they store %j', async (theirs) => {
    const driver = await connect();
    await capture([alerts(theirs)]);
    await expect(driver.assertNotCaptured([alerts('>')])).rejects.toMatchObject({
      code: 'alerts_captured',
      message: expect.stringContaining(`${prefix}_CAPTURE`),
    });
    await expect(driver.assertNotCaptured([`${prefix}other.>`])).resolves.toBeUndefined();
  });

  it('do no harm when they acknowledge nothing', async () => {
    const driver = await connect();
    await capture([alerts('>')], { no_ack: true });
    await expect(driver.assertNotCaptured([alerts('>')])).resolves.toBeUndefined();
  });
});

describe('a plain connection', () => {
  it('publishes and asks without any stream', async () => {
    const driver = await connect();
    driver.bus.subscribe('greet', ({ respond }) => respond?.(encode('hello')));
    await driver.bus.flush();
    const { bus, close } = await connectNatsBus({ urls: [nats.url] });
    expect(decode((await bus.request('greet', encode(''))).data)).toBe('hello');
    await close();
    await expect(bus.request('greet', encode(''))).rejects.toSatisfy(code('bus_unavailable'));
  });
});
