import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChannel } from '../../src/channels/create-channel.js';
import type { Channel } from '../../src/model/channel.js';
import type { DeliveryRecord } from '../../src/model/delivery.js';
import { silentLogger } from '../../src/model/logger.js';
import { monotonicScheduler } from '../../src/operators/monotonic-scheduler.js';
import { startDelivery } from '../../src/streams/delivery.js';
import { startDispatch } from '../../src/streams/dispatch.js';
import type { GroupRecord } from '../../src/streams/group-record.js';
import { createNatsDriver } from '../../src/streams/nats.js';
import type { Driver } from '../../src/streams/ports.js';
import { all } from '../support/driver.js';
import { type HttpReceiver, startHttpReceiver } from '../support/http-receiver.js';
import { startTestNats, type TestNats } from '../support/nats-server.js';
import { openedEvent } from '../support/notification.js';

let nats: TestNats;
let receiver: HttpReceiver;

beforeAll(async () => {
  [nats, receiver] = await Promise.all([startTestNats(), startHttpReceiver()]);
});
afterAll(() => Promise.all([nats.stop(), receiver[Symbol.asyncDispose]()]));

const connect = () => createNatsDriver({ urls: [nats.url], retryForMs: 500 });
const keys = Array.from({ length: 20 }, (_, i) => String(i).padStart(16, '0'));

/** Dispatch in groups, and delivery to the receiver. */
async function run(driver: Driver, waitMs: number) {
  const deps = { log: driver.log, outbox: driver.outbox, clock: { wall: Date.now }, logger: silentLogger };
  const options = { type: 'webhook', enabled: true, url: `${receiver.url}/hook`, headers: {} } as const;
  const hook = createChannel('hook', options, { log: silentLogger, write: () => {}, color: false });
  const channels = new Map<string, Channel>([['hook', hook]]);
  const delivery = await startDelivery({
    ...deps,
    channels,
    scheduler: monotonicScheduler,
    random: Math.random,
    config: { maxRetries: 3, backoff: { initialMs: 200, maxMs: 1_000 }, timeoutMs: 2_000, maxAgeMs: 60_000 },
    onResult: () => {},
  });
  const dispatch = await startDispatch({
    ...deps,
    channels,
    scheduler: monotonicScheduler,
    group: { by: ['category'], waitMs, intervalMs: 500, max: 50 },
    groupChannels: () => ['hook'],
  });
  return async () => {
    await dispatch.stop();
    await delivery.stop();
  };
}

async function transition(driver: Driver, key: string, n: number): Promise<void> {
  const body = { ...openedEvent({ id: `000000001-${key}`, keyHash: key, n }), notify: ['hook'] };
  await driver.log.append({ subject: `alert._.${key}`, body, messageId: `${key}.${n}` });
}

async function deliveries(driver: Driver): Promise<DeliveryRecord[]> {
  const last: DeliveryRecord[] = [];
  for await (const { body } of driver.log.latest('delivery.>')) last.push(body as DeliveryRecord);
  return last;
}

describe('groups over a real NATS server', () => {
  it('F1 what waited in a group when the engine was gone is told once by the next, and each alert has its delivery', async () => {
    const first = await connect();
    await run(first, 3_600_000);
    await Promise.all(keys.map((key) => transition(first, key, 1)));
    // Cut off: nothing is handed back and nothing written any more.
    await first.close();
    const second = await connect();
    const stop = await run(second, 0);
    await receiver.received(1);
    await Promise.all(keys.slice(0, 2).map((key) => transition(second, key, 2)));
    await receiver.received(2);
    await stop();
    const told = receiver.requests.map(({ body }) => JSON.parse(body));
    expect(told.map(({ type, data }) => [type, data.alerts.length, data.reason])).toEqual([
      ['group', 20, 'wait'],
      ['group', 2, 'interval'],
    ]);
    expect(receiver.requests[0]!.headers['idempotency-key']).toBe(told[0].id);
    const records = await deliveries(second);
    expect(records.map(({ status }) => status)).toEqual(keys.map(() => 'delivered'));
    expect(records.filter(({ transition }) => transition === 2)).toHaveLength(2);
    expect(await second.outbox.depth('hook')).toBe(0);
    await second.close();
  });

  it('F1 a batch that is put again after it was delivered is not sent again', async () => {
    const before = receiver.requests.length;
    const first = await connect();
    const stop = await run(first, 0);
    await Promise.all(keys.slice(0, 3).map((key) => transition(first, key, 3)));
    await receiver.received(before + 1);
    await stop();
    // As if the mark that all is told had never been written.
    const records = await all(first.log.read('group.batches'));
    const last = records.findLast(({ body }) => (body as GroupRecord).batch !== undefined)!;
    const { seq: expectedSeq } = records.at(-1)!;
    await first.log.append({ ...last, messageId: 'again', expectedSeq });
    const again = await run(first, 0);
    await transition(first, keys[5]!, 2);
    await receiver.received(before + 2);
    await again();
    const ids = receiver.requests.slice(before).map(({ body }) => JSON.parse(body).id);
    expect(new Set(ids).size).toBe(ids.length);
    await first.close();
  });
});
