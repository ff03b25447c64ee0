import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoffMs } from '../../src/client/backoff.js';
import { type ConnectionState, connect } from '../../src/client/index.js';
import { FakeSocket, hello } from './fake-socket.js';

const url = 'ws://test/v1/stream';
const open = (options = {}) => connect(url, { WebSocket: FakeSocket, ...options });

beforeEach(() => {
  FakeSocket.opened = [];
  vi.useFakeTimers({ now: 1_000_000 });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('connection', () => {
  it('offers the JSON subprotocol, and a token beside it and never in the URL', () => {
    open({ token: 'secret' });
    expect(FakeSocket.last.url).toBe(url);
    expect(FakeSocket.last.protocols).toEqual(['tocsin.v1.json', 'tocsin.bearer.secret']);
  });

  it('offers the subprotocol of the codec that it is given', () => {
    open({ codec: { subprotocol: 'tocsin.v1.msgpack', encode: () => new Uint8Array(), decode: () => [] } });
    expect(FakeSocket.last.protocols).toEqual(['tocsin.v1.msgpack']);
  });

  it('is open once hello has arrived, and says so', () => {
    const seen: ConnectionState[] = [];
    const client = open();
    client.states.subscribe((state) => seen.push(state));
    FakeSocket.last.say(hello);
    expect(seen.map((state) => state.status)).toEqual(['connecting', 'open']);
    expect(client.state).toEqual({
      status: 'open',
      server: 'tocsin/test',
      session: 's1',
      user: 'anonymous',
      clockOffsetMs: hello.time - Date.now(),
    });
  });

  it('comes back by itself after a loss, ever later', () => {
    const client = open();
    for (const delayMs of [750, 1250, 2250, 4250, 8250, 10_250, 10_250]) {
      const before = FakeSocket.opened.length;
      FakeSocket.last.end(1006);
      expect(client.state).toMatchObject({ status: 'waiting', retryAt: Date.now() + delayMs });
      vi.advanceTimersByTime(delayMs - 1);
      expect(FakeSocket.opened).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(FakeSocket.opened).toHaveLength(before + 1);
    }
  });

  it('begins anew with the shortest wait once it was open', () => {
    const client = open();
    FakeSocket.last.end(1006);
    vi.advanceTimersByTime(750);
    FakeSocket.last.say(hello);
    FakeSocket.last.end(1006);
    expect(client.state).toMatchObject({ status: 'waiting', attempt: 0, retryAt: Date.now() + 750 });
  });

  it('spreads attempts over half a second to twenty seconds', () => {
    expect(backoffMs(0, () => 0)).toBe(500);
    expect(backoffMs(0, () => 1)).toBe(1000);
    expect(backoffMs(50, () => 0)).toBe(500);
    expect(backoffMs(50, () => 1)).toBe(20_000);
  });

  it('comes back within the window that the server hints before it drains', () => {
    const client = open();
    FakeSocket.last.say(hello);
    FakeSocket.last.say({ op: 'goaway', reason: 'draining', reconnectMs: [100, 300] });
    FakeSocket.last.end(4200, 'draining');
    expect(client.state).toMatchObject({ status: 'waiting', retryAt: Date.now() + 200, reason: 'draining' });
  });

  it('does not come back when it is refused for good', () => {
    const client = open();
    const done = vi.fn();
    client.stats().subscribe({ next: () => {}, complete: done });
    FakeSocket.last.end(4003, 'forbidden');
    vi.advanceTimersByTime(60_000);
    expect(client.state).toEqual({ status: 'closed', reason: 'forbidden' });
    expect(FakeSocket.opened).toHaveLength(1);
    expect(done).toHaveBeenCalledOnce();
  });

  it('can be told not to wait for the next attempt', () => {
    const client = open();
    FakeSocket.last.end(1006);
    client.reconnect();
    expect(FakeSocket.opened).toHaveLength(2);
    vi.advanceTimersByTime(30_000);
    expect(FakeSocket.opened.filter((socket) => socket.closedWith === undefined)).toHaveLength(1);
  });

  it('takes a server that has said nothing for two and a half heartbeats for lost', () => {
    const client = open();
    FakeSocket.last.say(hello);
    vi.advanceTimersByTime(37_499);
    expect(client.state.status).toBe('open');
    vi.advanceTimersByTime(1);
    expect(client.state.status).toBe('waiting');
    expect(FakeSocket.opened[0]?.closedWith).toBe(4201);
  });

  it('drops a connection on which an unreadable frame came', () => {
    const client = open();
    FakeSocket.last.say(hello);
    FakeSocket.last.sayRaw('{');
    expect(client.state.status).toBe('waiting');
  });

  it('stays closed once closed, and ends every subscription', () => {
    const client = open();
    const done = vi.fn();
    client.alerts().subscribe({ next: () => {}, complete: done });
    FakeSocket.last.say(hello);
    client.close();
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.opened).toHaveLength(1);
    expect(done).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says what is missing where there is no WebSocket', () => {
    vi.stubGlobal('WebSocket', undefined);
    expect(() => connect(url)).toThrow('there is no WebSocket here');
    vi.unstubAllGlobals();
  });
});

describe('credit', () => {
  const heartbeat = { op: 'heartbeat', frame: 0, seq: {}, time: 0 } as const;

  it('tells the server within a second how many frames it has processed', () => {
    open();
    FakeSocket.last.say(hello);
    FakeSocket.last.say();
    FakeSocket.last.say();
    expect(FakeSocket.last.ofKind('seen')).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(FakeSocket.last.ofKind('seen')).toEqual([{ op: 'seen', frame: 3 }]);
    vi.advanceTimersByTime(10_000);
    expect(FakeSocket.last.ofKind('seen')).toHaveLength(1);
  });

  it('answers a heartbeat at once', () => {
    open();
    FakeSocket.last.say(hello);
    FakeSocket.last.say(heartbeat);
    expect(FakeSocket.last.ofKind('seen')).toEqual([{ op: 'seen', frame: 2 }]);
  });

  it('does not count a frame whose alerts still wait in a slow loop', async () => {
    const loop = open().alerts()[Symbol.asyncIterator]();
    const first = loop.next();
    FakeSocket.last.say(hello);
    FakeSocket.last.say({ op: 'gap', id: 1, from: 1, to: 2, reason: 'a' });
    FakeSocket.last.say({ op: 'gap', id: 1, from: 3, to: 4, reason: 'b' });
    await first;
    FakeSocket.last.say(heartbeat);
    expect(FakeSocket.last.ofKind('seen').at(-1)?.frame).toBe(1);
    await loop.next();
    FakeSocket.last.say(heartbeat);
    expect(FakeSocket.last.ofKind('seen').at(-1)?.frame).toBe(2);
    await loop.return?.();
    FakeSocket.last.say(heartbeat);
    expect(FakeSocket.last.ofKind('seen').at(-1)?.frame).toBe(6);
  });
});
