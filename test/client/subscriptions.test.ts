import { firstValueFrom, from, take, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type AlertEvent,
  type AlertUpdate,
  type AlertView,
  type Client,
  ClientError,
  connect,
  type MetricPoint,
} from '../../src/client/index.js';
import type { MetricRow } from '../../src/model/wire.js';
import { FakeSocket, hello } from './fake-socket.js';

const cpu = { name: 'cpu', source: 'web-1', labels: {} };
const alertOf = (id: string) => ({ id }) as AlertView;
const eventOf = (seq: number) => ({ op: 'alert', id: 1, seq, event: { seq, type: 'updated' } as AlertEvent }) as const;

let client: Client;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
  client = connect('ws://test', { WebSocket: FakeSocket });
});
afterEach(() => {
  client.close();
  vi.useRealTimers();
});

/** Loses the connection and makes a new one. */
function reconnect(): void {
  FakeSocket.last.end(1006);
  client.reconnect();
  FakeSocket.last.say(hello);
}

describe('metrics', () => {
  const points: MetricPoint[] = [];
  const row = (sid: number, value: number): MetricRow => [sid, 5, value, 2, 1, 9];

  beforeEach(() => {
    points.length = 0;
    FakeSocket.last.say(hello);
  });

  it('asks for everything ten times a second unless told otherwise', () => {
    client.metrics().subscribe(() => {});
    client.metrics('metrics.eu.>', { maxHz: 2, filter: { source: 'web-*' } }).subscribe(() => {});
    expect(FakeSocket.last.ofKind('subscribe')).toEqual([
      { op: 'subscribe', id: 1, topic: 'metrics', subjects: ['metrics.>'], maxHz: 10 },
      {
        op: 'subscribe',
        id: 2,
        topic: 'metrics',
        subjects: ['metrics.eu.>'],
        maxHz: 2,
        filter: { source: 'web-*' },
      },
    ]);
  });

  it('gives points with their series, and with what was merged into them', () => {
    client.metrics().subscribe((batch) => points.push(...batch));
    FakeSocket.last.say({ op: 'series', id: 1, series: [[7, cpu]] }, { op: 'metrics', id: 1, rows: [row(7, 3)] });
    expect(points).toEqual([{ series: cpu, time: 5, value: 3, count: 2, min: 1, max: 9 }]);
  });

  it('takes the snapshot for points too', () => {
    client.metrics().subscribe((batch) => points.push(...batch));
    FakeSocket.last.say(
      { op: 'subscribed', id: 1, mode: 'snapshot', epoch: 'e1', seq: 0 },
      { op: 'series', id: 1, series: [[7, cpu]] },
      { op: 'snapshot', id: 1, items: [row(7, 4)], more: false },
    );
    expect(points.map((point) => point.value)).toEqual([4]);
  });

  it('forgets the numbers of series when the connection is made anew', () => {
    client.metrics().subscribe((batch) => points.push(...batch));
    FakeSocket.last.say({ op: 'series', id: 1, series: [[7, cpu]] });
    reconnect();
    FakeSocket.last.say(
      { op: 'subscribed', id: 1, mode: 'live', epoch: 'e1', seq: 0 },
      { op: 'metrics', id: 1, rows: [row(7, 1)] },
    );
    expect(points).toEqual([]);
  });

  it('unsubscribes from the server with its last listener', () => {
    const subscription = client.metrics().subscribe((batch) => points.push(...batch));
    FakeSocket.last.say({ op: 'series', id: 1, series: [[7, cpu]] });
    subscription.unsubscribe();
    FakeSocket.last.say({ op: 'metrics', id: 1, rows: [row(7, 3)] });
    expect(FakeSocket.last.ofKind('unsubscribe')).toEqual([{ op: 'unsubscribe', id: 1 }]);
    expect(points).toEqual([]);
  });
});

describe('metrics of a page', () => {
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });

  function show(visibilityState: 'visible' | 'hidden'): void {
    page.visibilityState = visibilityState;
    page.dispatchEvent(new Event('visibilitychange'));
  }

  function open(options = {}): void {
    client.close();
    client = connect('ws://test', { WebSocket: FakeSocket, ...options });
    FakeSocket.last.say(hello);
    client.metrics('metrics.>', { maxHz: 5 }).subscribe(() => {});
    client.alerts().subscribe(() => {});
  }

  beforeEach(() => {
    page.visibilityState = 'visible';
    vi.stubGlobal('document', page);
    vi.stubGlobal('window', new EventTarget());
  });
  afterEach(() => {
    client.close();
    vi.unstubAllGlobals();
  });

  it('pause while it is hidden, and go on at their own rate', () => {
    open();
    show('hidden');
    show('visible');
    expect(FakeSocket.last.ofKind('update')).toEqual([
      { op: 'update', id: 1, maxHz: 0 },
      { op: 'update', id: 1, maxHz: 5 },
    ]);
  });

  it('become slower instead where that is wanted, and stay so on a new connection', () => {
    open({ hiddenHz: 1 });
    show('hidden');
    reconnect();
    expect(FakeSocket.last.ofKind('subscribe')[0]).toMatchObject({ maxHz: 1 });
  });

  it('bring it back at once when it is shown while there is no connection', () => {
    open();
    FakeSocket.last.end(1006);
    const before = FakeSocket.opened.length;
    show('visible');
    expect(FakeSocket.opened).toHaveLength(before + 1);
  });
});

describe('alerts', () => {
  const updates: AlertUpdate[] = [];

  beforeEach(() => {
    updates.length = 0;
    FakeSocket.last.say(hello);
    client.alerts({ minSeverity: 'high' }).subscribe((update) => updates.push(update));
  });

  it('asks with its filter, and with no position the first time', () => {
    expect(FakeSocket.last.ofKind('subscribe')).toEqual([
      { op: 'subscribe', id: 1, topic: 'alerts', filter: { minSeverity: 'high' } },
    ]);
  });

  it('joins the pages of a snapshot into one', () => {
    FakeSocket.last.say({ op: 'subscribed', id: 1, mode: 'snapshot', epoch: 'e1', seq: 4 });
    FakeSocket.last.say({ op: 'snapshot', id: 1, items: [alertOf('a')], more: true });
    expect(updates).toEqual([]);
    FakeSocket.last.say({ op: 'snapshot', id: 1, items: [alertOf('b')], more: false });
    expect(updates).toEqual([{ type: 'snapshot', alerts: [alertOf('a'), alertOf('b')] }]);
  });

  it('goes on behind the last event after a loss', () => {
    FakeSocket.last.say({ op: 'subscribed', id: 1, mode: 'live', epoch: 'e1', seq: 4 }, eventOf(5), eventOf(6));
    reconnect();
    expect(FakeSocket.last.ofKind('subscribe')[0]?.from).toEqual({ epoch: 'e1', seq: 6 });
  });

  it('goes on behind the position that a heartbeat brought', () => {
    FakeSocket.last.say(
      { op: 'subscribed', id: 1, mode: 'live', epoch: 'e1', seq: 4 },
      { op: 'heartbeat', frame: 1, seq: { 1: 90 }, time: 0 },
    );
    reconnect();
    expect(FakeSocket.last.ofKind('subscribe')[0]?.from).toEqual({ epoch: 'e1', seq: 90 });
  });

  it('starts over when it was lost between two pages of a snapshot', () => {
    FakeSocket.last.say(
      { op: 'subscribed', id: 1, mode: 'snapshot', epoch: 'e1', seq: 4 },
      { op: 'snapshot', id: 1, items: [alertOf('a')], more: true },
      { op: 'heartbeat', frame: 1, seq: { 1: 4 }, time: 0 },
    );
    reconnect();
    expect(FakeSocket.last.ofKind('subscribe')[0]).not.toHaveProperty('from');
    FakeSocket.last.say(
      { op: 'subscribed', id: 1, mode: 'snapshot', epoch: 'e1', seq: 5 },
      { op: 'snapshot', id: 1, items: [alertOf('b')], more: false },
    );
    expect(updates).toEqual([{ type: 'snapshot', alerts: [alertOf('b')] }]);
  });

  it('drops an event that comes twice', () => {
    FakeSocket.last.say({ op: 'subscribed', id: 1, mode: 'live', epoch: 'e1', seq: 4 }, eventOf(5));
    reconnect();
    FakeSocket.last.say({ op: 'subscribed', id: 1, mode: 'resumed', epoch: 'e1', seq: 5 }, eventOf(5), eventOf(6));
    expect(updates.map((update) => update.type === 'event' && update.event.seq)).toEqual([5, 6]);
  });

  it('takes the sequences of another log as they are', () => {
    FakeSocket.last.say({ op: 'subscribed', id: 1, mode: 'live', epoch: 'e1', seq: 90 });
    reconnect();
    FakeSocket.last.say(
      { op: 'subscribed', id: 1, mode: 'snapshot', epoch: 'e2', seq: 3 },
      { op: 'snapshot', id: 1, items: [], more: false },
      eventOf(4),
    );
    expect(updates.map((update) => update.type)).toEqual(['snapshot', 'event']);
  });

  it('passes a gap on', () => {
    FakeSocket.last.say({ op: 'gap', id: 1, from: 3, to: 9, reason: 'purged' });
    expect(updates).toEqual([{ type: 'gap', from: 3, to: 9, reason: 'purged' }]);
  });

  it('keeps the rest of a frame from a listener that throws', () => {
    const after: AlertUpdate[] = [];
    client.alerts().subscribe(() => {
      throw new Error('of the listener');
    });
    client.alerts().subscribe((update) => after.push(update));
    FakeSocket.last.say(
      { op: 'gap', id: 2, from: 1, to: 1, reason: 'x' },
      { op: 'gap', id: 3, from: 1, to: 1, reason: 'x' },
    );
    expect(after).toHaveLength(1);
    expect(() => vi.runOnlyPendingTimers()).toThrow('of the listener');
  });
});

describe('refusals', () => {
  const refusal = { op: 'error', id: 1, code: 'not_ready', message: 'loading', temporary: true } as const;

  it('asks again after the time that the server names', () => {
    FakeSocket.last.say(hello);
    client.stats().subscribe(() => {});
    FakeSocket.last.say({ ...refusal, retryAfterMs: 300 });
    vi.advanceTimersByTime(299);
    expect(FakeSocket.last.ofKind('subscribe')).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(FakeSocket.last.ofKind('subscribe')).toHaveLength(2);
  });

  it('gives a lasting refusal to the listener, once, and does not ask again', () => {
    FakeSocket.last.say(hello);
    const errors: unknown[] = [];
    client.metrics('private.>').subscribe({ next: () => {}, error: (error) => errors.push(error) });
    FakeSocket.last.say({ ...refusal, code: 'subject_forbidden', temporary: false });
    reconnect();
    expect(errors).toMatchObject([{ code: 'subject_forbidden', temporary: false }]);
    expect(FakeSocket.last.ofKind('subscribe')).toEqual([]);
  });
});

describe('commands', () => {
  it('resolves with the result that bears its number', async () => {
    FakeSocket.last.say(hello);
    const first = client.command('acknowledge', { id: 'a', by: 'me' });
    const second = client.command('resolve', { id: 'b', by: 'me' });
    await Promise.resolve();
    expect(FakeSocket.last.ofKind('command')).toEqual([
      { op: 'command', ref: 1, name: 'acknowledge', args: { id: 'a', by: 'me' } },
      { op: 'command', ref: 2, name: 'resolve', args: { id: 'b', by: 'me' } },
    ]);
    FakeSocket.last.say({ op: 'ok', ref: 2, result: 'two' }, { op: 'ok', ref: 1, result: 'one' });
    expect(await Promise.all([first, second])).toEqual(['one', 'two']);
  });

  it('rejects with the code that the server refuses with', async () => {
    FakeSocket.last.say(hello);
    const refused = client.command('resolve', { id: 'a' });
    await Promise.resolve();
    FakeSocket.last.say({ op: 'error', ref: 1, code: 'alert_resolved', message: 'already', temporary: false });
    await expect(refused).rejects.toMatchObject({ name: 'ClientError', code: 'alert_resolved', temporary: false });
  });

  it('waits for the connection, and is sent once, after the subscriptions', async () => {
    client.stats().subscribe(() => {});
    const early = client.command('resolve', { id: 'a' });
    reconnect();
    expect(FakeSocket.last.sent.map(({ op }) => op)).toEqual(['subscribe', 'command']);
    FakeSocket.last.say({ op: 'ok', ref: 1, result: 'done' });
    expect(await early).toBe('done');
    reconnect();
    expect(FakeSocket.last.ofKind('command')).toEqual([]);
  });

  it('rejects when there is no connection within ten seconds, and is not sent later', async () => {
    const refused = expect(client.command('resolve')).rejects.toMatchObject({ code: 'not_connected', temporary: true });
    await vi.advanceTimersByTimeAsync(10_000);
    await refused;
    reconnect();
    expect(FakeSocket.last.ofKind('command')).toEqual([]);
  });

  it('rejects at once when the client is closed, before and after', async () => {
    const waiting = expect(client.command('resolve')).rejects.toBeInstanceOf(ClientError);
    client.close();
    await waiting;
    await expect(client.command('resolve')).rejects.toMatchObject({ code: 'not_connected' });
  });

  it('rejects when the connection is lost before the answer', async () => {
    FakeSocket.last.say(hello);
    const refused = client.command('resolve');
    await Promise.resolve();
    FakeSocket.last.end(1006);
    await expect(refused).rejects.toMatchObject({ code: 'connection_lost' });
  });

  it('rejects after ten seconds without an answer', async () => {
    FakeSocket.last.say(hello);
    const refused = expect(client.command('resolve')).rejects.toMatchObject({ code: 'timeout' });
    await vi.advanceTimersByTimeAsync(10_000);
    await refused;
  });
});

describe('ways to listen', () => {
  const gap = (from: number) => ({ op: 'gap', id: 1, from, to: from, reason: 'x' }) as const;

  it('can be iterated, and unsubscribes when the loop is left', async () => {
    FakeSocket.last.say(hello);
    const loop = (async () => {
      const seen: number[] = [];
      for await (const update of client.alerts()) {
        if (update.type === 'gap') seen.push(update.from);
        if (seen.length === 2) break;
      }
      return seen;
    })();
    FakeSocket.last.say(gap(1), gap(2), gap(3));
    expect(await loop).toEqual([1, 2]);
    expect(FakeSocket.last.ofKind('unsubscribe')).toHaveLength(1);
  });

  it('can be handed to RxJS, which unsubscribes at once', async () => {
    FakeSocket.last.say(hello);
    const seen = firstValueFrom(from(client.alerts()).pipe(take(2), toArray()));
    FakeSocket.last.say(gap(1), gap(2), gap(3));
    expect(FakeSocket.last.ofKind('unsubscribe')).toHaveLength(1);
    expect(await seen).toMatchObject([{ from: 1 }, { from: 2 }]);
  });

  it('ends a loop by the error of a refusal', async () => {
    FakeSocket.last.say(hello);
    const loop = client.metrics('private.>')[Symbol.asyncIterator]().next();
    FakeSocket.last.say({ op: 'error', id: 1, code: 'subject_forbidden', message: 'no', temporary: false });
    await expect(loop).rejects.toMatchObject({ code: 'subject_forbidden' });
  });

  it('drops the oldest metrics, never alerts, for a loop that lags', async () => {
    FakeSocket.last.say(hello);
    const states = client.stats()[Symbol.asyncIterator]();
    const first = states.next();
    for (let since = 0; since < 300; since++) {
      FakeSocket.last.say({ op: 'stats', id: 1, stats: { since } as never });
    }
    await first;
    expect((await states.next()).value).toMatchObject({ since: 300 - 256 + 1 });
  });

  it('completes what is subscribed after the end', () => {
    client.close();
    const complete = vi.fn();
    client.stats().subscribe({ next: () => {}, complete });
    expect(complete).toHaveBeenCalledOnce();
  });
});
