import { asyncScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { OutboxMessage } from '../../src/model/delivery.js';
import type { StoredEvent } from '../../src/model/event.js';
import { silentLogger } from '../../src/model/logger.js';
import { type DispatchDeps, startDispatch } from '../../src/streams/dispatch.js';
import { createMemoryDriver } from '../../src/streams/memory.js';
import { openedEvent } from '../support/notification.js';

function setup(overrides: Partial<DispatchDeps['outbox']> = {}) {
  const driver = createMemoryDriver();
  const put: OutboxMessage[] = [];
  let waiting: (() => void)[] = [];
  const outbox = {
    put: async (message: OutboxMessage) => {
      put.push(message);
      for (const check of waiting) check();
    },
    ...overrides,
  } as DispatchDeps['outbox'];
  const deps: DispatchDeps = {
    log: driver.log,
    outbox,
    channels: new Set(['hook', 'boss']),
    clock: { wall: Date.now },
    logger: silentLogger,
    scheduler: asyncScheduler,
  };
  const reached = (count: number) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (put.length < count) return;
        waiting = waiting.filter((other) => other !== check);
        resolve();
      };
      waiting.push(check);
      check();
    });
  return { driver, deps, put, reached };
}

let writes = 0;
function append(log: DispatchDeps['log'], event: unknown, keyHash = 'k'): Promise<number> {
  return log.append({ subject: `alert._.${keyHash}`, body: event, messageId: `m${writes++}` });
}

function event(notify: readonly string[] | undefined, fields: Partial<StoredEvent['alert']> = {}): StoredEvent {
  const { notify: _, ...opened } = openedEvent(fields);
  return { ...opened, ...(notify === undefined ? {} : { notify }) };
}

describe('dispatch', () => {
  it('P15 puts one message for each channel of a stored transition, and none for one that notifies nobody', async () => {
    const { driver, deps, put, reached } = setup();
    await append(driver.log, event(undefined));
    await append(driver.log, event([]));
    await append(driver.log, event(['hook', 'boss'], { id: 'a-k', n: 3 }));
    const consumer = await startDispatch(deps);
    await reached(2);
    await consumer.stop();
    expect(put.map(({ id, channel }) => [id, channel])).toEqual([
      ['a-k.3.hook', 'hook'],
      ['a-k.3.boss', 'boss'],
    ]);
  });

  it('marks when the transition was stored', async () => {
    const { driver, deps, put, reached } = setup();
    const before = Date.now();
    await append(driver.log, event(['hook']));
    const consumer = await startDispatch(deps);
    await reached(1);
    await consumer.stop();
    expect(put[0]?.event.marks?.stored).toBeGreaterThanOrEqual(before);
  });

  it('P05 records and reports at once that nobody works for a channel', async () => {
    const { driver, deps, reached } = setup();
    await append(driver.log, event(['gone', 'hook'], { id: 'a-k', keyHash: 'k', n: 1 }));
    const results: unknown[] = [];
    const consumer = await startDispatch({ ...deps, onResult: (record) => results.push(record) });
    await reached(1);
    await consumer.stop();
    const records = [];
    for await (const { body } of driver.log.latest('delivery.k.gone')) records.push(body);
    expect(records).toMatchObject([{ alertId: 'a-k', channel: 'gone', status: 'failed', error: 'no_channel' }]);
    expect(results).toEqual(records);
  });

  it('F2 leaves what is recorded as it is, when it goes through the log anew', async () => {
    const { driver, deps, reached } = setup();
    const known = { v: 1, alertId: 'a-k', channel: 'gone', attempts: 1, at: 1 };
    await append(driver.log, event(['gone', 'hook'], { id: 'a-k', keyHash: 'k', n: 1 }));
    for (const transition of [1, 2]) {
      const body = { ...known, transition, status: 'delivered' };
      await driver.log.append({ subject: 'delivery.k.gone', body, messageId: `d${transition}` });
    }
    const results: unknown[] = [];
    const consumer = await startDispatch({ ...deps, onResult: (record) => results.push(record) });
    await reached(1);
    await consumer.stop();
    const records = [];
    for await (const { body } of driver.log.read('delivery.k.gone')) records.push(body);
    expect(records).toMatchObject([{ transition: 1 }, { transition: 2, status: 'delivered' }]);
    expect(records).toHaveLength(2);
    expect(results).toEqual([]);
  });

  it('F13 keeps the order of an alert when the outbox refuses for a while', async () => {
    const { driver, deps, put, reached } = setup();
    const real = deps.outbox.put;
    let refusals = 2;
    const outbox = {
      ...deps.outbox,
      put: async (message: OutboxMessage) => {
        await Promise.resolve();
        if (message.event.alert.n === 1 && refusals-- > 0) throw new Error('refused');
        return real(message);
      },
    };
    const consumer = await startDispatch({ ...deps, outbox });
    for (let n = 1; n <= 3; n++) await append(driver.log, event(['hook'], { id: 'a-k', n }));
    await append(driver.log, event(['hook'], { id: 'b-l', keyHash: 'l', n: 1 }), 'l');
    await reached(4);
    await consumer.stop();
    expect(put.map((message) => message.id).filter((id) => id.startsWith('a'))).toEqual([
      'a-k.1.hook',
      'a-k.2.hook',
      'a-k.3.hook',
    ]);
  });

  it('F8 passes over what is no transition', async () => {
    const { driver, deps, put, reached } = setup();
    for (const body of [null, 5, { v: 2 }, { v: 1 }, { v: 1, alert: {} }]) await append(driver.log, body);
    await append(driver.log, event(['hook']));
    const consumer = await startDispatch(deps);
    await reached(1);
    await consumer.stop();
    expect(put).toHaveLength(1);
  });
});
