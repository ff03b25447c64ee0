import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChannel } from '../../src/channels/create-channel.js';
import type { Channel } from '../../src/model/channel.js';
import type { DeliveryRecord } from '../../src/model/delivery.js';
import { silentLogger } from '../../src/model/logger.js';
import { monotonicScheduler } from '../../src/operators/monotonic-scheduler.js';
import { startDelivery } from '../../src/streams/delivery.js';
import { startDispatch } from '../../src/streams/dispatch.js';
import { createNatsDriver } from '../../src/streams/nats.js';
import type { Driver } from '../../src/streams/ports.js';
import { eventually } from '../support/eventually.js';
import { type HttpReceiver, startHttpReceiver } from '../support/http-receiver.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { openedEvent } from '../support/notification.js';
import { PlainNats } from '../support/plain-nats.js';

let nats: TestNats;
let receiver: HttpReceiver;

beforeEach(async () => {
  [nats, receiver] = await Promise.all([startTestNats(), startHttpReceiver()]);
});
afterEach(() => Promise.all([nats.stop(), receiver[Symbol.asyncDispose]()]));

const connect = () => createNatsDriver({ urls: [nats.url] });

/** Dispatch and delivery to the receiver. */
async function run(driver: Driver) {
  const deps = { log: driver.log, outbox: driver.outbox, clock: { wall: Date.now }, logger: silentLogger };
  const channelDeps = { log: silentLogger, write: () => {}, color: false };
  const options = { type: 'webhook', enabled: true, url: receiver.url, headers: {} } as const;
  const channels = new Map<string, Channel>([['hook', createChannel('hook', options, channelDeps)]]);
  const results = new Map<string, DeliveryRecord>();
  let onResult = () => {};
  const delivery = await startDelivery({
    ...deps,
    channels,
    scheduler: monotonicScheduler,
    random: Math.random,
    config: { maxRetries: 3, backoff: { initialMs: 200, maxMs: 1_000 }, timeoutMs: 2_000, maxAgeMs: 60_000 },
    onResult: (record, message) => {
      results.set(message.id, record);
      onResult();
    },
  });
  const dispatch = await startDispatch({ ...deps, channels, scheduler: monotonicScheduler });
  return {
    ended: (count: number) =>
      new Promise<void>((resolve) => {
        onResult = () => results.size >= count && resolve();
        onResult();
      }),
    results,
    async stop() {
      await delivery.stop();
      await dispatch.stop();
    },
  };
}

async function transition(driver: Driver, key: string, n: number): Promise<void> {
  const event = openedEvent({ id: `000000001-${key}`, keyHash: key, n });
  const body = { ...event, notify: ['hook'] };
  await driver.log.append({ subject: `alert._.${key}`, body, messageId: `${key}.${n}` });
}

/** As if the server had forgotten it. */
async function loseDispatch(): Promise<void> {
  await using client = await PlainNats.connect(nats.url);
  const jsm = await client.connection.jetstreamManager();
  expect(await jsm.consumers.delete('TOCSIN_EVENTS', 'dispatch')).toBe(true);
}

/** Transitions by alert, each once, in the order of their first delivery. */
function deliveredOrder(from: number): Record<string, number[]> {
  const order: Record<string, number[]> = {};
  for (const { body } of receiver.requests.slice(from)) {
    const { alert, transition: n } = JSON.parse(body).data;
    order[alert.id] ??= [];
    if (!order[alert.id]!.includes(n)) order[alert.id]!.push(n);
  }
  return order;
}

describe('from the event log to a webhook, over a real NATS server', () => {
  it('F4 what a receiver misses while it is down arrives once and in order when it is back', async () => {
    await using driver = disposable(await connect());
    const running = await run(driver);
    const keys = Array.from({ length: 20 }, (_, i) => `a${i}`);
    const from = receiver.requests.length;
    await receiver.down();
    for (let n = 1; n <= 3; n++) await Promise.all(keys.map((key) => transition(driver, key, n)));
    await receiver.up();
    await running.ended(60);
    await running.stop();
    expect(Object.values(deliveredOrder(from))).toEqual(keys.map(() => [1, 2, 3]));
    const ids = receiver.requests.slice(from).map((request) => request.headers['idempotency-key']);
    expect(new Set(ids).size).toBe(60);
    expect(ids).toHaveLength(60);
    expect(await driver.outbox.depth('hook')).toBe(0);
  });

  it('F2 nothing is lost when NATS is killed in the middle, and what comes twice has the same key', async () => {
    await using driver = disposable(await connect());
    const running = await run(driver);
    const keys = Array.from({ length: 100 }, (_, i) => `b${i}`);
    const from = receiver.requests.length;
    const writing = Promise.all(keys.map((key) => transition(driver, key, 1)));
    await receiver.received(from + 10);
    await nats.kill();
    await nats.restart();
    await writing;
    await running.ended(100);
    await running.stop();
    expect([...running.results.values()].filter((record) => record.status !== 'delivered')).toEqual([]);
    expect(Object.keys(deliveredOrder(from))).toHaveLength(100);
  });

  it('F2 a dispatch that lost its place sends nothing again, nor what happened meanwhile twice', async () => {
    await using driver = disposable(await connect());
    const keys = Array.from({ length: 50 }, (_, i) => `d${i}`);
    const first = await run(driver);
    for (let n = 1; n <= 2; n++) await Promise.all(keys.map((key) => transition(driver, key, n)));
    await first.ended(100);
    await first.stop();
    // The outbox forgets with it what it was given and has no longer.
    await nats.kill();
    await nats.restart();
    await loseDispatch();
    await transition(driver, 'd0', 3);

    const second = await run(driver);
    await second.ended(1);
    await transition(driver, 'd1', 3);
    await second.ended(2);
    // What the kill brought back of what was done is found when nothing has come for half a minute.
    await eventually(() => driver.outbox.depth('hook'), 60_000).toBe(0);
    await second.stop();
    const ids = receiver.requests.map((request) => request.headers['idempotency-key']);
    expect(ids).toHaveLength(102);
    expect(new Set(ids).size).toBe(102);
  }, 90_000);

  it('F11 a stop in the middle leaves the rest to the next start, which sends nothing twice', async () => {
    await using driver = disposable(await connect());
    const first = await run(driver);
    const from = receiver.requests.length;
    const keys = Array.from({ length: 100 }, (_, i) => `c${i}`);
    const writing = Promise.all(keys.map((key) => transition(driver, key, 1)));
    await receiver.received(from + 10);
    await first.stop();
    await writing;
    const second = await run(driver);
    await second.ended(100 - first.results.size);
    await second.stop();
    expect(Object.keys(deliveredOrder(from))).toHaveLength(100);
    expect(receiver.requests).toHaveLength(from + 100);
  });
});

function disposable(driver: Driver): Driver & AsyncDisposable {
  return Object.assign(driver, { [Symbol.asyncDispose]: () => driver.close() });
}
