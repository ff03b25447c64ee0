import { describe, expect, it } from 'vitest';
import type { AlertRecord } from '../../src/model/alert.js';
import { ReadModel } from '../../src/streams/read-model.js';
import { startTestEngine } from '../support/engine.js';

async function modelOf(test: Awaited<ReturnType<typeof startTestEngine>>, maxResolved = 100, maxBytes = 1_000_000) {
  const model = new ReadModel({
    log: test.driver.log,
    clock: test.clock,
    keepMs: 3_600_000,
    maxResolved,
    maxBytes,
    onRetired: () => {},
    onError: (error) => {
      throw error;
    },
  });
  await model.load();
  return model;
}

describe('the read model', () => {
  it('pages the events after a sequence, and says by a short page that it has reached the head', async () => {
    const test = await startTestEngine();
    for (let i = 0; i < 5; i++) await test.raise({ title: `Alert ${i}` });
    const model = await modelOf(test);
    const first = test.events[0]!.seq;
    const page = await model.since(first, 4);
    expect(page!.map(({ seq }) => seq)).toEqual([first + 1, first + 2, first + 3, first + 4]);
    const rest = await model.since(first + 4, 100);
    expect(rest!.map(({ seq }) => seq)).toEqual(test.events.map(({ seq }) => seq).filter((seq) => seq > first + 4));
    expect(await model.since(model.seq, 10)).toEqual([]);
  });

  it('cannot go on from a sequence that is gone, or so old that what followed may be gone', async () => {
    const test = await startTestEngine();
    await test.raise({ title: 'A' });
    const { seq } = test.events[0]!;
    expect(await (await modelOf(test)).since(0, 10)).toBeUndefined();
    await test.advance(3_600_001);
    await test.raise({ title: 'B' });
    const model = await modelOf(test);
    expect(await model.since(seq, 10)).toBeUndefined();
    expect(await model.since(model.seq, 10)).toEqual([]);
  });

  it('passes over what somebody else wrote under its subjects', async () => {
    const test = await startTestEngine();
    await test.driver.log.append({ subject: 'alert._.ffff', body: { surprise: true }, messageId: 'x1' });
    await test.driver.log.append({ subject: 'delivery.ffff.hook', body: null, messageId: 'x2' });
    await test.raise({ title: 'A' });
    expect([...(await modelOf(test)).views()].map(({ title }) => title)).toEqual(['A']);
    expect(test.hook.lines).toEqual(['opened medium A']);
  });

  it('B11 holds the very record of whoever wrote it, told before the log or after it', async () => {
    const test = await startTestEngine();
    await test.raise({ title: 'A' });
    const model = await modelOf(test);
    model.follow();
    const held = () => [...model.records()].map(({ seq, record }) => ({ seq, record }));
    const [first] = held();
    const written = structuredClone(first!.record);
    model.share(first!.seq, written);
    expect(held()[0]!.record).toBe(written);

    const next = { ...written, n: written.n + 1, state: 'acknowledged' as const };
    const [event] = test.events;
    model.share(model.seq + 1, next);
    const body = { v: 1, type: 'acknowledged', time: event!.time, reason: 'acknowledge', alert: next };
    await test.driver.log.append({ subject: `alert._.${next.keyHash}`, body, messageId: 'x1' });
    await test.advance(1);
    expect(held()[0]!.record).toBe(next);
    model.stop();
  });

  it('B11 does not take an older record, or one of another place, for what the log says', async () => {
    const test = await startTestEngine();
    await test.raise({ title: 'A' });
    const model = await modelOf(test);
    const [{ seq, record }] = [...model.records()] as [{ seq: number; record: AlertRecord }];
    model.share(seq - 1, { ...record, title: 'older' });
    expect([...model.views()].map(({ title }) => title)).toEqual(['A']);
    model.share(seq + 1_000, { ...record, title: 'not yet' });
    expect([...model.views()].map(({ title }) => title)).toEqual(['A']);
  });

  it('P03 joins each alert with its deliveries, each change an event', async () => {
    const test = await startTestEngine();
    await test.raise({ title: 'A' });
    const statuses = test.events.map(({ type, alert }) => `${type} ${alert.status}`);
    expect(statuses).toEqual(['opened pending', 'sending sending', 'delivered delivered']);
    expect(test.events[0]!.marks).toMatchObject({ received: expect.any(Number), stored: expect.any(Number) });
    expect(test.events[2]!.marks).toMatchObject({ sent: expect.any(Number) });
    expect(test.events.at(-1)!.alert).toMatchObject({ channelsSent: ['hook'], deliveryAttempts: 1 });
  });

  it('P15 P03 an alert that no channel took is failed, with the last error', async () => {
    const test = await startTestEngine();
    test.hook.answer = () => ({ outcome: 'permanent', error: 'no such user' });
    await test.raise({ title: 'A' });
    expect(test.events.at(-1)).toMatchObject({
      type: 'delivery_failed',
      alert: { status: 'failed', lastError: 'no such user' },
    });
    expect(test.engine.stats()).toMatchObject({ failed: 1, sent: 0 });
  });

  it('P18 lists the newest first, filtered and in pages', async () => {
    const test = await startTestEngine();
    for (const [title, severity] of [
      ['A', 'low'],
      ['B', 'high'],
      ['C', 'high'],
    ]) {
      await test.raise({ title, severity });
      await test.advance(10);
    }
    const model = await modelOf(test);
    const titles = (page: { alerts: readonly { title: string }[] }) => page.alerts.map(({ title }) => title);
    expect(titles(model.query({}))).toEqual(['C', 'B', 'A']);
    expect(titles(model.query({ sort: 'severity' }))).toEqual(['B', 'C', 'A']);
    expect(titles(model.query({ minSeverity: 'high' }))).toEqual(['C', 'B']);
    const { alerts, cursor } = model.query({ limit: 2 });
    expect(titles({ alerts })).toEqual(['C', 'B']);
    expect(titles(model.query({ limit: 2, cursor: cursor! }))).toEqual(['A']);
    expect(() => model.query({ cursor: 'nope' })).toThrow(expect.objectContaining({ code: 'query_invalid' }));
  });

  it('P18 keeps no more bytes of resolved alerts than allowed, the oldest go first', async () => {
    const test = await startTestEngine({ history: { maxBytes: '8KiB' } });
    for (let i = 0; i < 10; i++) {
      await test.raise({ title: `Event ${i}`, status: 'event' });
      await test.advance(10);
    }
    const { alerts } = test.engine.alerts.query({});
    expect(alerts.length).toBeGreaterThan(1);
    expect(alerts.length).toBeLessThan(10);
    expect(alerts[0]!.title).toBe('Event 9');
  });

  it('P18 P44 is cleared of what is over by hand, at once and for good; what is open stays', async () => {
    const test = await startTestEngine();
    await test.raise({ title: 'Open' });
    await test.raise({ title: 'Old', status: 'event' });
    await test.advance(60_000);
    await test.raise({ title: 'New', status: 'event' });
    const titles = ({ engine }: Pick<typeof test, 'engine'>) =>
      engine.alerts.query({}).alerts.map(({ title }) => title);
    expect(await test.command('clear', { by: 'ada', olderthan: '30s' })).toMatchObject({
      ok: false,
      error: { code: 'field_invalid', field: 'olderthan' },
    });
    expect(await test.command('clear', { by: 'ada', olderThan: '30s' })).toEqual({ ok: true, cleared: 1 });
    expect(titles(test)).toEqual(['New', 'Open']);
    expect(await test.command('clear', { by: 'ada', olderThan: 'soon' })).toMatchObject({
      ok: false,
      error: { code: 'field_invalid', field: 'olderThan' },
    });
    const later = await test.restart();
    expect(titles(later)).toEqual(['New', 'Open']);
    expect(await later.command('clear', { by: 'ada' })).toEqual({ ok: true, cleared: 1 });
    expect(titles(later)).toEqual(['Open']);
  });
});
