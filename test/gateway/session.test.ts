import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TocsinError, toWireError } from '../../src/model/errors.js';
import type { ServerMessage } from '../../src/model/wire.js';
import { propertyRuns } from '../support/property.js';
import { sampleStats } from '../support/samples.js';
import { type VirtualClient, VirtualGateway } from '../support/virtual-gateway.js';
import { settled } from '../support/virtual-loop.js';

function lastOf({ transport }: VirtualClient): ServerMessage | undefined {
  return transport.messages.at(-1);
}

describe('session', () => {
  it('says hello first', () => {
    const { transport } = new VirtualGateway().connect();
    expect(transport.messages).toMatchObject([
      { op: 'hello', protocol: 1, server: 'tocsin/1.2.3', epoch: 'epoch-1', heartbeatMs: 15_000, user: 'anonymous' },
    ]);
    expect(transport.of('hello')[0]!.limits).toMatchObject({ maxSubscriptions: 256, maxSeries: 5_000 });
  });

  it('takes one message, or an array of them', () => {
    const { transport, send } = new VirtualGateway().connect();
    send({ op: 'subscribe', id: 1, topic: 'stats' });
    send([
      { op: 'unsubscribe', id: 1 },
      { op: 'unsubscribe', id: 1 },
    ]);
    expect(transport.of('ok')).toEqual([{ op: 'ok', id: 1, result: {} }]);
    expect(transport.of('error')).toMatchObject([{ id: 1, code: 'subscription_unknown', temporary: false }]);
  });

  it('says the same in both subprotocols', () => {
    const gateway = new VirtualGateway();
    const series = gateway.engine.series('web-1', 'cpu.usage', { zone: 'ü' });
    gateway.engine.sample(series, 0.25, 12.5);
    gateway.engine.event('a');
    const clients = [gateway.connect('tocsin.v1.json'), gateway.connect('tocsin.v1.msgpack')];
    for (const { send } of clients) {
      send([
        { op: 'subscribe', id: 1, topic: 'metrics' },
        { op: 'subscribe', id: 2, topic: 'alerts' },
        { op: 'subscribe', id: 3, topic: 'stats' },
        { op: 'nonsense' },
      ]);
    }
    gateway.engine.sample(series, 3, 13);
    gateway.engine.event('a');
    gateway.engine.stats$.next({ ...sampleStats, received: 4 });
    gateway.loop.advance(20_000);
    const [json, msgpack] = clients.map(({ transport }) => transport.messages.slice(1));
    expect(msgpack).toEqual(json);
    const ops = ['subscribed', 'series', 'snapshot', 'stats', 'error', 'metrics', 'alert', 'heartbeat'];
    expect(new Set(json!.map(({ op }) => op))).toEqual(new Set(ops));
  });

  const refusals: readonly (readonly [string, unknown, object])[] = [
    ['text that is no message', 'hello', { code: 'bad_message' }],
    ['a number', 7, { code: 'bad_message' }],
    ['an unknown op', { op: 'dance', id: 4 }, { code: 'op_unknown', id: 4 }],
    ['an op that names a method of objects', { op: 'constructor' }, { code: 'op_unknown' }],
    ['an unknown topic', { op: 'subscribe', id: 4, topic: 'weather' }, { code: 'topic_unknown', id: 4 }],
    ['a missing id', { op: 'subscribe', topic: 'alerts' }, { code: 'field_missing', field: 'id' }],
    ['an id that is no uint32', { op: 'subscribe', id: -1, topic: 'alerts' }, { code: 'field_invalid', field: 'id' }],
    ['an unknown field', { op: 'unsubscribe', id: 4, force: true }, { code: 'field_invalid', field: 'force', id: 4 }],
    ['a bad maxHz', { op: 'subscribe', id: 4, topic: 'metrics', maxHz: -1 }, { code: 'field_invalid', field: 'maxHz' }],
    ['subjects of alerts', { op: 'subscribe', id: 4, topic: 'alerts', subjects: ['a'] }, { field: 'subjects' }],
    ['no subjects', { op: 'subscribe', id: 4, topic: 'metrics', subjects: [] }, { field: 'subjects' }],
    ['a bad position', { op: 'subscribe', id: 4, topic: 'alerts', from: { seq: 1 } }, { field: 'from' }],
    ['a bad ref', { op: 'command', ref: 'x', name: 'raise' }, { code: 'field_invalid', field: 'ref' }],
    [
      'an unknown filter',
      { op: 'subscribe', id: 4, topic: 'alerts', filter: { colour: 'red' } },
      { code: 'filter_invalid' },
    ],
    [
      'a filter of alerts on metrics',
      { op: 'subscribe', id: 4, topic: 'metrics', filter: { state: ['active'] } },
      { code: 'filter_invalid', id: 4 },
    ],
    [
      'a bad severity',
      { op: 'subscribe', id: 4, topic: 'alerts', filter: { severity: ['loud'] } },
      { code: 'filter_invalid', field: 'filter.severity' },
    ],
    [
      'a bad label filter',
      { op: 'subscribe', id: 4, topic: 'alerts', filter: { labels: { a: 1 } } },
      { code: 'filter_invalid', field: 'filter.labels' },
    ],
    [
      'deep nesting',
      { op: 'command', ref: 4, name: 'raise', args: { a: { b: { c: { d: { e: { f: { g: {} } } } } } } } },
      { code: 'bad_message', ref: 4 },
    ],
    [
      'more values than anybody means',
      { op: 'command', ref: 4, name: 'raise', args: { data: Array(10_000).fill(0) } },
      { code: 'bad_message', ref: 4 },
    ],
  ];

  it.each(refusals)('refuses %s', (_, message, error) => {
    const client = new VirtualGateway().connect();
    client.send(message);
    expect(lastOf(client)).toMatchObject({ op: 'error', temporary: false, ...error });
  });

  it.each([
    '$SYS.>',
    '$JS.API.>',
    '_INBOX.>',
    'tocsin.>',
    'tocsin.events.alert.x',
    '>',
    '*.web-1.cpu',
    'alerts.>',
    'metrics',
  ])('refuses the private subject %s', (subject) => {
    const client = new VirtualGateway().connect();
    client.send({ op: 'subscribe', id: 1, topic: 'metrics', subjects: ['metrics.>', subject] });
    expect(lastOf(client)).toMatchObject({ op: 'error', id: 1, code: 'subject_forbidden' });
  });

  it.each(['', 'metrics..cpu', 'metrics.>.cpu', 'metrics.a b', `metrics.${'x'.repeat(250)}`])(
    'refuses the malformed subject "%s"',
    (subject) => {
      const client = new VirtualGateway().connect();
      client.send({ op: 'subscribe', id: 1, topic: 'metrics', subjects: [subject] });
      expect(lastOf(client)).toMatchObject({ op: 'error', id: 1, code: 'subject_invalid' });
    },
  );

  it('refuses a second subscription under the same id, and keeps the first', () => {
    const gateway = new VirtualGateway();
    const client = gateway.connect();
    client.send({ op: 'subscribe', id: 1, topic: 'alerts' });
    client.send({ op: 'subscribe', id: 1, topic: 'stats' });
    expect(lastOf(client)).toMatchObject({ op: 'error', id: 1, code: 'subscription_exists' });
    gateway.engine.event('a');
    gateway.loop.turn();
    expect(lastOf(client)).toMatchObject({ op: 'alert', id: 1 });
  });

  it.each([
    ['stats', ['subscribed', 'stats']],
    ['metrics', ['subscribed', 'series', 'snapshot']],
    ['alerts', ['subscribed', 'snapshot']],
  ])('sends nothing of %s after the end was confirmed, not even what was made before it', (topic, whole) => {
    const gateway = new VirtualGateway();
    gateway.engine.sample(gateway.engine.series('web-1', 'cpu.usage'), 1, 1);
    gateway.loop.advance(100);
    const { transport, send } = gateway.connect();
    const subscribe = { op: 'subscribe', id: 1, topic };
    send([subscribe, { op: 'unsubscribe', id: 1 }, subscribe]);
    const ops = transport.messages.slice(1).map(({ op }) => op);
    expect(ops).toEqual(['subscribed', 'ok', ...whole]);
  });

  it('holds the limits of subscriptions and subjects, each with its code', () => {
    const client = new VirtualGateway({ maxSubscriptions: 2, maxSubjects: 2 }).connect();
    client.send({ op: 'subscribe', id: 1, topic: 'metrics', subjects: ['metrics.a.b', 'metrics.a.c', 'metrics.a.d'] });
    expect(lastOf(client)).toMatchObject({ op: 'error', id: 1, code: 'too_many_subjects' });
    for (const id of [1, 2, 3]) client.send({ op: 'subscribe', id, topic: 'stats' });
    expect(lastOf(client)).toMatchObject({ op: 'error', id: 3, code: 'too_many_subscriptions' });
    client.send({ op: 'unsubscribe', id: 2 });
    client.send({ op: 'subscribe', id: 3, topic: 'stats' });
    expect(lastOf(client)).toMatchObject({ op: 'stats', id: 3 });
  });

  it('answers a command by its ref, and passes who gave it', async () => {
    const gateway = new VirtualGateway();
    const client = gateway.connect();
    gateway.engine.answer = () => ({ ok: true, id: 'x', status: 'pending' });
    client.send({ op: 'command', ref: 9, name: 'acknowledge', args: { id: 'x', by: 'ann' } });
    await settled();
    gateway.loop.turn();
    expect(lastOf(client)).toEqual({ op: 'ok', ref: 9, result: { id: 'x', status: 'pending' } });
    expect(gateway.engine.executed).toEqual([
      {
        name: 'acknowledge',
        args: { id: 'x', by: 'ann' },
        actor: { name: 'anonymous', authenticated: false, via: 'websocket test' },
      },
    ]);
  });

  it('answers a refused command with its code', async () => {
    const gateway = new VirtualGateway();
    const client = gateway.connect();
    const error = new TocsinError('log_unavailable', 'not now', { temporary: true });
    gateway.engine.answer = () => ({ ok: false, error: toWireError(error) });
    client.send({ op: 'command', ref: 9, name: 'resolve' });
    await settled();
    gateway.loop.turn();
    expect(lastOf(client)).toEqual({
      op: 'error',
      ref: 9,
      code: 'log_unavailable',
      message: 'not now',
      temporary: true,
    });
  });

  it('answers `internal` when a command fails unforeseen, and says no more', async () => {
    const gateway = new VirtualGateway();
    const client = gateway.connect();
    gateway.engine.answer = () => {
      throw new Error('secret');
    };
    client.send({ op: 'command', ref: 9, name: 'resolve' });
    await settled();
    gateway.loop.turn();
    expect(lastOf(client)).toEqual({
      op: 'error',
      ref: 9,
      code: 'internal',
      message: 'internal error',
      temporary: false,
    });
  });

  it('refuses commands above the rate, and says when there is room again', async () => {
    const gateway = new VirtualGateway({ commandsPerSecond: 10, commandBurst: 3 });
    const client = gateway.connect();
    for (let ref = 1; ref <= 5; ref++) client.send({ op: 'command', ref, name: 'raise', args: {} });
    const tooMany = { op: 'error', code: 'too_many_commands', temporary: true, retryAfterMs: 100 };
    expect(client.transport.of('error')).toMatchObject([
      { ...tooMany, ref: 4 },
      { ...tooMany, ref: 5 },
    ]);
    gateway.loop.advance(100);
    client.send({ op: 'command', ref: 6, name: 'raise', args: {} });
    expect(gateway.engine.executed).toHaveLength(4);
    expect(client.transport.closed).toBeUndefined();
  });

  it('brings the figures at once, and then each second', () => {
    const gateway = new VirtualGateway();
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 5, topic: 'stats' });
    gateway.engine.stats$.next({ ...sampleStats, received: 7 });
    gateway.loop.turn();
    expect(transport.of('subscribed')).toEqual([{ op: 'subscribed', id: 5, mode: 'live', epoch: 'epoch-1', seq: 0 }]);
    expect(transport.of('stats').map(({ id, stats }) => [id, stats.received])).toEqual([
      [5, 0],
      [5, 7],
    ]);
  });

  it('pings at every heartbeat, and parts with a client that leaves two pings unanswered', () => {
    const gateway = new VirtualGateway({ heartbeatMs: 1_000 });
    const [well, gone] = [gateway.connect(), gateway.connect()];
    for (let second = 0; second < 5; second++) {
      gateway.loop.advance(1_000);
      well.session.pong();
    }
    expect(well.transport.closed).toBeUndefined();
    expect(well.transport.of('heartbeat').length).toBeGreaterThanOrEqual(4);
    expect(gone.transport.pings).toBe(2);
    expect(gone.transport.closed).toMatchObject({ code: 4201 });
  });

  it('F7 terminates a socket that takes no byte for a minute while bytes wait', () => {
    const gateway = new VirtualGateway();
    const { session, transport } = gateway.connect();
    transport.blocked = true;
    for (let second = 0; second < 59; second++) {
      gateway.loop.advance(1_000);
      session.pong();
    }
    expect(transport.terminated).toBe(false);
    for (let second = 0; second < 3; second++) gateway.loop.advance(1_000);
    expect(transport.terminated).toBe(true);
  });

  it('F7 closes 4101 on a client that says nothing for a minute about what it was sent', () => {
    const gateway = new VirtualGateway();
    const { session, transport, send } = gateway.connect();
    send({ op: 'seen', frame: 1 });
    for (let second = 0; second < 90; second++) {
      gateway.loop.advance(1_000);
      session.pong();
    }
    expect(transport.closed).toMatchObject({ code: 4101 });
  });

  it('closes 4101 only on what a client left in its socket, not on a large frame that it is just given', () => {
    const gateway = new VirtualGateway({ heartbeatMs: 1_000 });
    const labels = { note: 'x'.repeat(5_000) };
    for (let i = 0; i < 1_000; i++) gateway.engine.sample(gateway.engine.series(`web-${i}`, 'cpu', labels), 1, 1);
    const [reader, other] = [gateway.connect(), gateway.connect()];
    for (const { transport, send } of [reader, other]) {
      transport.blocked = true;
      send({ op: 'subscribe', id: 1, topic: 'metrics' });
    }
    reader.transport.release();
    gateway.loop.advance(1_100);
    expect(reader.transport.closed).toBeUndefined();
    expect(reader.transport.of('snapshot').at(-1)).toMatchObject({ more: false });
    expect(other.transport.closed).toMatchObject({ code: 4101 });
  });

  it('F7 closes 4101 on a client that goes on asking and never reads', () => {
    const gateway = new VirtualGateway();
    const client = gateway.connect();
    for (let i = 0; i < 300; i++) gateway.engine.sample(gateway.engine.series('web-1', `metric-${i}`), i, i);
    client.transport.blocked = true;
    for (let i = 0; i < 300 && client.transport.closed === undefined; i++) {
      client.send({ op: 'subscribe', id: i, topic: 'metrics' });
      client.send({ op: 'unsubscribe', id: i });
    }
    expect(client.transport.closed).toMatchObject({ code: 4101 });
  });

  it('F7 answers garbage with `bad_message`, and closes 4008 at the tenth', () => {
    const gateway = new VirtualGateway();
    const other = gateway.connect();
    const { session, transport } = gateway.connect();
    for (let i = 0; i < 12; i++) session.receive(Buffer.from('{"op":'), false);
    gateway.loop.turn();
    expect(transport.of('error').map(({ code }) => code)).toEqual(Array(10).fill('bad_message'));
    expect(transport.closed).toMatchObject({ code: 4008 });
    expect(other.transport.closed).toBeUndefined();
  });

  it('forgives malformed messages after a minute without one', () => {
    const gateway = new VirtualGateway({ heartbeatMs: 1_000_000 });
    const { transport, send } = gateway.connect();
    for (let i = 0; i < 9; i++) send({ op: 'dance' });
    gateway.loop.advance(61_000);
    for (let i = 0; i < 9; i++) send({ op: 'dance' });
    expect(transport.closed).toBeUndefined();
  });

  it('closes 4006 when frames are of the wrong kind for the subprotocol', () => {
    const gateway = new VirtualGateway();
    const [json, msgpack] = [gateway.connect('tocsin.v1.json'), gateway.connect('tocsin.v1.msgpack')];
    json.session.receive(Buffer.from('{}'), true);
    msgpack.session.receive(Buffer.from('{}'), false);
    expect([json, msgpack].map(({ transport }) => transport.closed?.code)).toEqual([4006, 4006]);
  });

  it('tells everybody when to come back, closes 4200, and hears nothing after that', () => {
    const gateway = new VirtualGateway();
    const { session, transport } = gateway.connect();
    gateway.hub.stop();
    expect(transport.messages.at(-1)).toMatchObject({ op: 'goaway', reconnectMs: [500, 5_000] });
    expect(transport.closed).toMatchObject({ code: 4200 });
    const frames = transport.frames.length;
    session.receive(Buffer.from('{"op":"dance"}'), false);
    gateway.loop.turn();
    expect(transport.frames).toHaveLength(frames);
  });

  it('F7 survives any message: it answers, or closes with a documented code, and others do not notice', () => {
    const op = fc.constantFrom('subscribe', 'update', 'unsubscribe', 'command', 'seen', 'auth', 'x');
    const field = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        'metrics',
        'alerts',
        'stats',
        0,
        1,
        ['metrics.>'],
        { severity: ['low'] },
        { epoch: 'epoch-1', seq: 0 },
      ),
    );
    const known = fc.record(
      {
        op,
        id: field,
        topic: field,
        subjects: field,
        filter: field,
        maxHz: field,
        snapshot: field,
        from: field,
        ref: field,
        name: field,
        args: field,
        frame: field,
      },
      { requiredKeys: ['op'] },
    );
    const messages = fc.array(fc.oneof({ weight: 4, arbitrary: known }, { weight: 1, arbitrary: fc.jsonValue() }));
    const property = fc.property(
      messages,
      fc.constantFrom('tocsin.v1.json' as const, 'tocsin.v1.msgpack' as const),
      (sent, kind) => {
        const gateway = new VirtualGateway();
        const [other, client] = [gateway.connect(), gateway.connect(kind)];
        other.send({ op: 'subscribe', id: 1, topic: 'alerts' });
        for (const message of sent) client.send(message);
        gateway.engine.event('a');
        gateway.loop.advance(200);
        expect(client.transport.of('error').filter(({ code }) => code === 'internal')).toEqual([]);
        expect([undefined, 4008]).toContain(client.transport.closed?.code);
        expect(other.transport.of('alert')).toHaveLength(1);
      },
    );
    fc.assert(property, { numRuns: propertyRuns() });
  });
});
