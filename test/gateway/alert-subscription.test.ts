import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertEvent, AlertView } from '../../src/model/view.js';
import type { Filter, ServerMessage } from '../../src/model/wire.js';
import { propertyRuns } from '../support/property.js';
import { type VirtualClient, VirtualGateway } from '../support/virtual-gateway.js';

type Severity = AlertView['severity'];

type Action =
  | { readonly do: 'event'; readonly alert: number; readonly severity: Severity; readonly repeat: number }
  | { readonly do: 'join'; readonly filter: Filter; readonly behind: number | undefined }
  | { readonly do: 'block' | 'release'; readonly client: number }
  | { readonly do: 'pass'; readonly ms: number };

const client = fc.nat(3);
const filter = fc.constantFrom<Filter>({}, { minSeverity: 'high' }, { severity: ['low'] });
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('event' as const),
      alert: fc.nat(4),
      severity: fc.constantFrom<Severity>('low', 'high'),
      repeat: fc.constantFrom(1, 1, 3, 12),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      filter,
      behind: fc.option(fc.nat(30), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('block' as const, 'release' as const), client }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 40) }) },
);

function matches({ minSeverity, severity }: Filter, alert: AlertView): boolean {
  if (minSeverity !== undefined && alert.severity === 'low') return false;
  return severity === undefined || severity.includes(alert.severity);
}

/** What one client must end up with: the alerts as they were, then every event that its filter lets through. */
interface Expectation {
  readonly client: VirtualClient;
  readonly filter: Filter;
  readonly fromSeq: number;
  readonly snapshot: readonly AlertView[] | undefined;
}

class Play {
  // A lane of eight: clients fall behind all the time.
  readonly gateway = new VirtualGateway({ alertLaneEvents: 8 });
  readonly clients: Expectation[] = [];

  async run(action: Action): Promise<void> {
    const { engine, loop } = this.gateway;
    if (action.do === 'event') {
      for (let i = 0; i < action.repeat; i++) engine.event(`a${action.alert}`, { severity: action.severity, count: i });
    } else if (action.do === 'join') this.#join(action);
    else if (action.do === 'pass') await loop.advanceAsync(action.ms);
    else {
      const transport = this.clients[action.client]?.client.transport;
      if (transport === undefined) return;
      if (action.do === 'block') transport.blocked = true;
      else transport.release();
    }
  }

  async finish(): Promise<void> {
    for (const { client } of this.clients) client.transport.release();
    for (let i = 0; i < 60; i++) await this.gateway.loop.advanceAsync(1);
    for (const each of this.clients) this.#verify(each);
  }

  #join({ filter, behind }: Extract<Action, { do: 'join' }>): void {
    if (this.clients.length > 3) return;
    const { engine } = this.gateway;
    const resumes = behind !== undefined && behind <= engine.seq;
    const fromSeq = resumes ? engine.seq - behind : engine.seq;
    const snapshot = resumes ? undefined : [...engine.alerts.values()].filter((alert) => matches(filter, alert));
    const client = this.gateway.connect();
    const from = resumes ? { from: { epoch: engine.epoch, seq: fromSeq } } : {};
    client.send({ op: 'subscribe', id: 1, topic: 'alerts', filter, ...from });
    this.clients.push({ client, filter, fromSeq, snapshot });
  }

  #verify({ client, filter, fromSeq, snapshot }: Expectation): void {
    const { transport } = client;
    const expected = this.gateway.engine.log.filter(({ seq, alert }) => seq > fromSeq && matches(filter, alert));
    expect(transport.of('alert').map(({ seq }) => seq)).toEqual(expected.map(({ seq }) => seq));
    expect(transport.of('alert').map(({ event }) => event)).toEqual(expected);
    const items = transport.of('snapshot').flatMap((page) => page.items as readonly AlertView[]);
    expect(items).toEqual(snapshot ?? []);
    expect(transport.of('subscribed')).toMatchObject([
      { mode: snapshot === undefined ? 'resumed' : 'snapshot', seq: fromSeq },
    ]);
    expect(transport.of('gap')).toEqual([]);
    const order = transport.messages.map(({ op }) => op).filter((op) => op !== 'hello' && op !== 'heartbeat');
    expect(order.toSorted(byStage)).toEqual(order);
  }
}

const stages: readonly ServerMessage['op'][] = ['subscribed', 'snapshot', 'alert'];

function byStage(a: ServerMessage['op'], b: ServerMessage['op']): number {
  return stages.indexOf(a) - stages.indexOf(b);
}

/** Lets the log be read and written out until nothing moves any more. */
async function quiet({ loop }: VirtualGateway): Promise<void> {
  for (let i = 0; i < 20; i++) await loop.advanceAsync(1);
}

function seqs({ transport }: VirtualClient): number[] {
  return transport.of('alert').map(({ seq }) => seq);
}

describe('alert subscription', () => {
  it('brings the snapshot, then every event once and in order, under any interleaving', async () => {
    const property = fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const play = new Play();
      for (const each of actions) await play.run(each);
      await play.finish();
    });
    await fc.assert(property, { numRuns: propertyRuns() });
  });

  it('writes what happened in one turn as one frame, at the end of that turn', () => {
    const gateway = new VirtualGateway();
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 1, topic: 'alerts' });
    const before = transport.frames.length;
    for (let i = 0; i < 3; i++) gateway.engine.event('a');
    gateway.loop.turn();
    expect(transport.frames.slice(before).map((frame) => frame.map(({ op }) => op))).toEqual([
      ['alert', 'alert', 'alert'],
    ]);
  });

  it('starts with a snapshot when the epoch is another one, and says so', () => {
    const gateway = new VirtualGateway();
    gateway.engine.event('a');
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 1, topic: 'alerts', from: { epoch: 'another', seq: 1 } });
    expect(transport.of('subscribed')).toMatchObject([{ mode: 'snapshot', epoch: 'epoch-1', seq: 1 }]);
    expect(transport.of('snapshot')).toMatchObject([{ items: [{ id: 'a' }], more: false }]);
  });

  it('starts with a snapshot when the log no longer has what was missed, and says so', async () => {
    const gateway = new VirtualGateway();
    for (let i = 0; i < 5; i++) gateway.engine.event('a');
    gateway.engine.trimmedTo = 3;
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 1, topic: 'alerts', from: { epoch: 'epoch-1', seq: 1 } });
    await quiet(gateway);
    expect(transport.of('subscribed')).toMatchObject([{ mode: 'snapshot', seq: 5 }]);
    expect(transport.of('snapshot')).toMatchObject([{ items: [{ id: 'a' }] }]);
  });

  it.each([
    ['of another epoch', { epoch: 'another', seq: 1 }],
    ['that the log no longer has', { epoch: 'epoch-1', seq: 1 }],
    ['that the log has not reached', { epoch: 'epoch-1', seq: 9 }],
  ])('starts with a snapshot, wanted or not, when asked to resume from a position %s', async (_, from) => {
    const gateway = new VirtualGateway();
    for (let i = 0; i < 5; i++) gateway.engine.event('a');
    gateway.engine.trimmedTo = 3;
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 1, topic: 'alerts', snapshot: false, from });
    await quiet(gateway);
    expect(transport.of('subscribed')).toMatchObject([{ mode: 'snapshot', seq: 5 }]);
    expect(transport.of('snapshot')).toMatchObject([{ items: [{ id: 'a' }] }]);
  });

  it('resumes without a snapshot', async () => {
    const gateway = new VirtualGateway();
    for (let i = 0; i < 5; i++) gateway.engine.event('a');
    const client = gateway.connect();
    client.send({ op: 'subscribe', id: 1, topic: 'alerts', snapshot: false, from: { epoch: 'epoch-1', seq: 3 } });
    await quiet(gateway);
    expect(client.transport.of('subscribed')).toMatchObject([{ mode: 'resumed', seq: 3 }]);
    expect(client.transport.of('snapshot')).toEqual([]);
    expect(seqs(client)).toEqual([4, 5]);
  });

  it('says how it starts before anything else, also when its filter changes while the log is being read', async () => {
    const gateway = new VirtualGateway();
    for (let i = 0; i < 5; i++) gateway.engine.event('a');
    const { transport, send } = gateway.connect();
    send([
      { op: 'subscribe', id: 1, topic: 'alerts', from: { epoch: 'epoch-1', seq: 3 } },
      { op: 'update', id: 1, filter: { severity: ['low'] } },
    ]);
    await quiet(gateway);
    expect(transport.messages.slice(1).map(({ op }) => op)).toEqual(['subscribed', 'ok', 'snapshot']);
    expect(transport.of('subscribed')).toMatchObject([{ mode: 'snapshot', seq: 5 }]);
  });

  it('goes live without a snapshot when none is wanted', () => {
    const gateway = new VirtualGateway();
    gateway.engine.event('a');
    const client = gateway.connect();
    client.send({ op: 'subscribe', id: 1, topic: 'alerts', snapshot: false });
    gateway.engine.event('b');
    gateway.loop.turn();
    expect(client.transport.of('subscribed')).toMatchObject([{ mode: 'live', seq: 1 }]);
    expect(client.transport.of('snapshot')).toEqual([]);
    expect(seqs(client)).toEqual([2]);
  });

  it('F7 a client that does not read holds a bounded lane; it is served from the log when it reads again', async () => {
    const gateway = new VirtualGateway({ alertLaneEvents: 10 });
    const client = gateway.connect();
    client.send({ op: 'subscribe', id: 1, topic: 'alerts' });
    client.transport.blocked = true;
    for (let i = 0; i < 700; i++) gateway.engine.event('a');
    await quiet(gateway);
    expect(seqs(client)).toEqual([]);
    expect(gateway.hub.counters.alert_lane_overflows).toBe(1);
    client.transport.release();
    for (let i = 0; i < 10; i++) await quiet(gateway);
    expect(seqs(client)).toEqual(Array.from({ length: 700 }, (_, i) => i + 1));
    gateway.engine.event('a');
    gateway.loop.turn();
    expect(seqs(client).at(-1)).toBe(701);
  });

  it('says which events are missing when the log lost them while a client was behind', async () => {
    const gateway = new VirtualGateway({ alertLaneEvents: 2 });
    const client = gateway.connect();
    client.send({ op: 'subscribe', id: 1, topic: 'alerts' });
    client.transport.blocked = true;
    for (let i = 0; i < 9; i++) gateway.engine.event('a');
    gateway.engine.trimmedTo = 5;
    client.transport.release();
    await quiet(gateway);
    expect(seqs(client)).toEqual([1, 2]);
    expect(client.transport.of('gap')).toEqual([{ op: 'gap', id: 1, from: 3, to: 9, reason: 'no_longer_in_log' }]);
    expect(client.transport.of('snapshot').at(-1)).toMatchObject({ items: [{ id: 'a' }] });
  });

  it('reads the log again when it could not be read', async () => {
    const gateway = new VirtualGateway();
    const { engine, loop } = gateway;
    for (let i = 0; i < 3; i++) engine.event('a');
    engine.logFails = true;
    const client = gateway.connect();
    client.send({ op: 'subscribe', id: 1, topic: 'alerts', from: { epoch: 'epoch-1', seq: 1 } });
    await quiet(gateway);
    engine.logFails = false;
    await loop.advanceAsync(2_000);
    await quiet(gateway);
    expect(seqs(client)).toEqual([2, 3]);
  });

  it('carries the position to resume from in the heartbeat, never past what was written', async () => {
    const gateway = new VirtualGateway({ heartbeatMs: 1_000 });
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 7, topic: 'alerts', filter: { severity: ['low'] } });
    gateway.engine.event('a', { severity: 'high' });
    gateway.loop.advance(1_100);
    expect(transport.of('heartbeat')).toMatchObject([{ seq: { 7: 1 }, frame: transport.frames.length }]);
    transport.blocked = true;
    gateway.engine.event('a', { severity: 'low' });
    gateway.loop.advance(1_000);
    expect(transport.of('heartbeat').at(-1)).toMatchObject({ seq: { 7: 1 } });
  });

  it('filters as an update says, from a fresh snapshot on', async () => {
    const gateway = new VirtualGateway();
    const { engine } = gateway;
    engine.event('low', { severity: 'low' });
    engine.event('high', { severity: 'high' });
    const client = gateway.connect();
    client.send({ op: 'subscribe', id: 1, topic: 'alerts', filter: { minSeverity: 'high' } });
    client.send({ op: 'update', id: 1, filter: { severity: ['low'] } });
    await quiet(gateway);
    expect(client.transport.of('snapshot').map(({ items }) => (items as AlertView[]).map(({ id }) => id))).toEqual([
      ['high'],
      ['low'],
    ]);
    engine.event('high');
    engine.event('low');
    gateway.loop.turn();
    expect(seqs(client)).toEqual([4]);
  });

  it('pages a long snapshot, and pauses while the client does not read', async () => {
    const gateway = new VirtualGateway();
    for (let i = 0; i < 450; i++) gateway.engine.event(`a${i}`);
    const { transport, send } = gateway.connect();
    transport.blocked = true;
    send({ op: 'subscribe', id: 1, topic: 'alerts' });
    await quiet(gateway);
    expect(transport.of('snapshot')).toEqual([]);
    gateway.engine.event('late');
    transport.release();
    await quiet(gateway);
    expect(transport.of('snapshot').map(({ items, more }) => [items.length, more])).toEqual([
      [200, true],
      [200, true],
      [50, false],
    ]);
    expect(transport.of('alert')).toMatchObject([
      { event: { alert: { id: 'late' } } satisfies Partial<AlertEvent> | object },
    ]);
  });

  it('F7 cuts a snapshot of large alerts into pages that a client can take one by one', async () => {
    const gateway = new VirtualGateway();
    const message = '\u0001'.repeat(8_000);
    for (let i = 0; i < 200; i++) gateway.engine.event(`a${i}`, { message });
    const { transport, send } = gateway.connect();
    const sizes: number[] = [];
    transport.onSend = (frame) => sizes.push(frame.length);
    send({ op: 'subscribe', id: 1, topic: 'alerts' });
    await quiet(gateway);
    const pages = transport.of('snapshot');
    expect(pages.flatMap(({ items }) => items as AlertView[]).map(({ id }) => id)).toEqual([
      ...gateway.engine.alerts.keys(),
    ]);
    expect(pages.map(({ more }) => more)).toEqual(pages.map((_, i) => i < pages.length - 1));
    expect(Math.max(...sizes)).toBeLessThan(320 * 1024);
  });

  it('sends nothing of a subscription after its end was confirmed', async () => {
    const gateway = new VirtualGateway();
    const client = gateway.connect();
    client.send({ op: 'subscribe', id: 1, topic: 'alerts' });
    client.transport.blocked = true;
    gateway.engine.event('a');
    client.send({ op: 'unsubscribe', id: 1 });
    client.transport.release();
    gateway.engine.event('a');
    await quiet(gateway);
    expect(client.transport.messages.at(-1)).toEqual({ op: 'ok', id: 1, result: {} });
    expect(seqs(client)).toEqual([]);
  });
});
