import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subjectMatches } from '../../src/model/subject.js';
import type { MetricRow, Subprotocol } from '../../src/model/wire.js';
import { propertyRuns } from '../support/property.js';
import { type VirtualClient, VirtualGateway } from '../support/virtual-gateway.js';

interface Taken {
  readonly value: number;
  readonly time: number;
  /** When the gateway got it, on its own clock. */
  readonly at: number;
}

/** What every series has had so far. */
type History = ReadonlyMap<number, readonly Taken[]>;

const names = ['cpu.usage', 'cpu.load', 'mem.used'];
const sources = ['web-1', 'web-2'];
const paces = [50, 10, 2, 0];

type Action =
  | { readonly do: 'sample'; readonly series: number; readonly value: number; readonly late: boolean }
  | { readonly do: 'advance'; readonly ms: number }
  | {
      readonly do: 'join';
      readonly subjects: readonly string[];
      readonly maxHz: number;
      readonly subprotocol: Subprotocol;
    }
  | { readonly do: 'block' | 'release' | 'leave'; readonly client: number }
  | { readonly do: 'repace'; readonly client: number; readonly maxHz: number };

const client = fc.nat(4);
const maxHz = fc.constantFrom(...paces);
/** Few sets, so that clients often share one. */
const subjects = fc.constantFrom<readonly string[]>(
  ['metrics.>'],
  ['metrics.*.cpu.*', 'metrics.web-1.>'],
  ['metrics.web-1.cpu.usage'],
);
const sampleAction = fc.record({
  do: fc.constant('sample' as const),
  series: fc.nat(names.length * sources.length - 1),
  value: fc.integer({ min: -100, max: 100 }),
  late: fc.boolean(),
});
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: sampleAction },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 7, 25, 100, 600) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      subjects,
      maxHz,
      subprotocol: fc.constantFrom<Subprotocol>('tocsin.v1.json', 'tocsin.v1.msgpack'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('block' as const, 'release' as const), client }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), client }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repace' as const), client, maxHz }) },
);

/** One subscription, and what it joined. */
class Witness {
  readonly client: VirtualClient;
  readonly #subjects: readonly string[];
  readonly #joinedAt: number;
  /** How many samples each series had had by then. */
  readonly #before: ReadonlyMap<number, number>;

  constructor(client: VirtualClient, subjects: readonly string[], joinedAt: number, history: History) {
    this.client = client;
    this.#subjects = subjects;
    this.#joinedAt = joinedAt;
    this.#before = new Map([...history].map(([sid, samples]) => [sid, samples.length]));
  }

  /** Snapshot and rows together account for every sample once: the snapshot for what was before, the rows for the rest. */
  verify(history: History, subjectOf: ReadonlyMap<number, string>): void {
    const { transport } = this.client;
    const rows = transport.of('metrics').flatMap((message) => message.rows);
    const snapshot = transport.of('snapshot').flatMap((message) => message.items as readonly MetricRow[]);
    const chosen = [...history].filter(([sid]) => this.#chooses(subjectOf.get(sid)!));
    for (const [sid, samples] of chosen) {
      const own = rows.filter((row) => row[0] === sid);
      const first = samples.length - own.reduce((sum, row) => sum + row[3], 0);
      expect(first).toBeLessThanOrEqual(this.#before.get(sid) ?? 0);
      for (const { at } of samples.slice(first)) expect(at).toBeGreaterThanOrEqual(this.#joinedAt - 50);
      verifyRows(own, samples.slice(first));
      expect(snapshot.filter((row) => row[0] === sid)).toEqual(lastRow(sid, samples.slice(0, first)));
    }
    const known = new Set(chosen.map(([sid]) => sid));
    for (const row of [...rows, ...snapshot]) expect(known.has(row[0])).toBe(true);
    verifyOrder(this.client);
  }

  #chooses(subject: string): boolean {
    return this.#subjects.some((pattern) => subjectMatches(pattern, subject));
  }
}

function latestOf(samples: readonly Taken[]): Taken {
  return samples.reduce((last, sample) => (sample.time >= last.time ? sample : last));
}

function lastRow(sid: number, samples: readonly Taken[]): MetricRow[] {
  if (samples.length === 0) return [];
  const { time, value } = latestOf(samples);
  return [[sid, time, value, 1, value, value]];
}

/** Row by row: each tells of the samples that follow those of the row before. */
function verifyRows(rows: readonly MetricRow[], samples: readonly Taken[]): void {
  let from = 0;
  for (const [, time, value, count, min, max] of rows) {
    const merged = samples.slice(from, from + count);
    const values = merged.map((sample) => sample.value);
    expect([time, value]).toEqual([latestOf(merged).time, latestOf(merged).value]);
    expect([min, max]).toEqual([Math.min(...values), Math.max(...values)]);
    from += count;
  }
  expect(from).toBe(samples.length);
}

/** `subscribed` first, then the snapshot, then live rows; every series is named once, before its first row. */
function verifyOrder({ transport }: VirtualClient): void {
  const ops = transport.messages
    .map(({ op }) => op)
    .filter((op) => op !== 'hello' && op !== 'ok' && op !== 'heartbeat');
  expect(ops[0]).toBe('subscribed');
  expect(ops.lastIndexOf('snapshot')).toBeLessThan(ops.includes('metrics') ? ops.indexOf('metrics') : ops.length);
  const named = new Set<number>();
  for (const message of transport.messages) {
    if (message.op === 'series') {
      for (const [sid] of message.series) {
        expect(named.has(sid)).toBe(false);
        named.add(sid);
      }
    }
    const rows = message.op === 'metrics' ? message.rows : message.op === 'snapshot' ? message.items : [];
    for (const row of rows as readonly MetricRow[]) expect(named.has(row[0])).toBe(true);
  }
}

class Play {
  readonly gateway = new VirtualGateway();
  readonly series = sources.flatMap((source) => names.map((name) => this.gateway.engine.series(source, name)));
  readonly history = new Map<number, Taken[]>();
  witnesses: Witness[] = [];
  #clock = 0;

  /** Three that want the same from the start. */
  constructor() {
    for (let i = 0; i < 3; i++) {
      this.#join({ do: 'join', subjects: ['metrics.>'], maxHz: 10, subprotocol: 'tocsin.v1.json' });
    }
  }

  run(action: Action): void {
    if (action.do === 'sample') this.#sample(action);
    else if (action.do === 'advance') this.gateway.loop.advance(action.ms);
    else if (action.do === 'join') this.#join(action);
    else {
      const witness = this.witnesses[action.client];
      if (witness !== undefined) this.#on(witness, action);
    }
  }

  finish(): void {
    for (const { client } of this.witnesses) {
      client.transport.release();
      client.send({ op: 'update', id: 1, maxHz: 50 });
    }
    this.gateway.loop.advance(1_000);
    const subjectOf = new Map(this.series.map(({ sid, subject }) => [sid, subject]));
    for (const witness of this.witnesses) witness.verify(this.history, subjectOf);
  }

  #sample({ series: index, value, late }: Extract<Action, { do: 'sample' }>): void {
    const series = this.series[index]!;
    this.#clock++;
    const time = late ? this.#clock - 3 : this.#clock;
    const taken = { value, time, at: this.gateway.loop.now() };
    this.history.set(series.sid, [...(this.history.get(series.sid) ?? []), taken]);
    this.gateway.engine.sample(series, value, time);
  }

  #join({ subjects, maxHz, subprotocol }: Extract<Action, { do: 'join' }>): void {
    if (this.witnesses.length > 4) return;
    const client = this.gateway.connect(subprotocol);
    client.send({ op: 'subscribe', id: 1, topic: 'metrics', subjects, maxHz });
    this.witnesses.push(new Witness(client, subjects, this.gateway.loop.now(), this.history));
  }

  #on(witness: Witness, action: Exclude<Action, { do: 'sample' | 'advance' | 'join' }>): void {
    const { transport, send, session } = witness.client;
    if (action.do === 'block') transport.blocked = true;
    else if (action.do === 'release') transport.release();
    else if (action.do === 'repace') send({ op: 'update', id: 1, maxHz: action.maxHz });
    else {
      send({ op: 'unsubscribe', id: 1 });
      this.gateway.hub.disconnect(session);
      this.witnesses = this.witnesses.filter((other) => other !== witness);
    }
  }
}

describe('conflation', () => {
  it('conserves every sample: count, min, max and last, under any interleaving of samples, joins, holds and paces', () => {
    const property = fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      const play = new Play();
      for (const each of actions) play.run(each);
      play.finish();
    });
    fc.assert(property, { numRuns: propertyRuns() });
  });

  it('leaves at least the time between two flushes that was asked for', () => {
    const gateway = new VirtualGateway();
    const { engine, loop } = gateway;
    const series = engine.series('web-1', 'cpu.usage');
    const clients = [10, 2, 0.5].map((maxHz) => ({ maxHz, flushes: [] as number[], ...gateway.connect() }));
    for (const { maxHz, transport, send, flushes } of clients) {
      send({ op: 'subscribe', id: 1, topic: 'metrics', maxHz });
      transport.send = () => flushes.push(loop.now());
    }
    for (let i = 0; i < 2_000; i++) {
      engine.sample(series, i, i);
      loop.advance(5);
    }
    for (const { maxHz, flushes } of clients) {
      const gaps = flushes.slice(1).map((at, i) => at - flushes[i]!);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000 / maxHz - 1);
      expect(flushes.length).toBeGreaterThanOrEqual(maxHz * 10 - 1);
    }
  });

  it('rounds an odd rate down to one that it has', () => {
    const gateway = new VirtualGateway();
    const series = gateway.engine.series('web-1', 'cpu.usage');
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 1, topic: 'metrics', maxHz: 3 });
    for (let i = 0; i < 1_000; i++) {
      gateway.engine.sample(series, i, i);
      gateway.loop.advance(10);
    }
    expect(transport.of('metrics').length).toBeLessThanOrEqual(2 * 10 + 1);
  });

  it('tells a sample after a quiet time within milliseconds', () => {
    const gateway = new VirtualGateway();
    const series = gateway.engine.series('web-1', 'cpu.usage');
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 1, topic: 'metrics' });
    gateway.loop.advance(1_003);
    gateway.engine.sample(series, 42, 1);
    gateway.loop.advance(10);
    expect(transport.of('metrics')).toHaveLength(1);
  });

  it('sends nothing to a paused subscription, and all of it merged when it goes on', () => {
    const gateway = new VirtualGateway();
    const series = gateway.engine.series('web-1', 'cpu.usage');
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 1, topic: 'metrics', maxHz: 0 });
    for (const value of [3, 9, 1, 5]) {
      gateway.engine.sample(series, value, value);
      gateway.loop.advance(500);
    }
    expect(transport.of('metrics')).toEqual([]);
    send({ op: 'update', id: 1, maxHz: 10 });
    gateway.loop.advance(200);
    expect(transport.of('metrics')).toEqual([{ op: 'metrics', id: 1, rows: [[series.sid, 9, 9, 4, 1, 9]] }]);
  });

  it('writes one frame for all that one flush has to say to a client', () => {
    const gateway = new VirtualGateway();
    const { engine } = gateway;
    const series = ['a', 'b', 'c'].map((name) => engine.series('web-1', name));
    const { transport, send } = gateway.connect();
    send(series.map(({ subject }, id) => ({ op: 'subscribe', id, topic: 'metrics', subjects: [subject] })));
    gateway.loop.advance(200);
    const before = transport.frames.length;
    for (const each of series) engine.sample(each, 1, 1);
    gateway.loop.advance(200);
    expect(transport.frames).toHaveLength(before + 1);
    expect(transport.frames.at(-1)!.filter(({ op }) => op === 'metrics')).toHaveLength(3);
  });

  it('gives clients that ask for the same the very same bytes', () => {
    const gateway = new VirtualGateway();
    const sent: Uint8Array[] = [];
    const series = gateway.engine.series('web-1', 'cpu.usage');
    gateway.engine.sample(series, 1, 1);
    for (let i = 0; i < 3; i++) {
      const { transport, send } = gateway.connect('tocsin.v1.msgpack');
      send({ op: 'subscribe', id: 1, topic: 'metrics' });
      transport.send = (frame) => sent.push(frame);
    }
    gateway.engine.sample(series, 2, 2);
    gateway.loop.advance(200);
    expect(sent).toHaveLength(3);
    expect(new Set(sent).size).toBe(1);
  });

  it('shares them again with a client that was held back and has caught up', () => {
    const gateway = new VirtualGateway();
    const { engine, loop } = gateway;
    const series = engine.series('web-1', 'cpu.usage');
    const clients = [gateway.connect(), gateway.connect()];
    const sent: Uint8Array[][] = [[], []];
    for (const [i, { transport, send }] of clients.entries()) {
      send({ op: 'subscribe', id: 1, topic: 'metrics' });
      transport.send = (frame) => sent[i]!.push(frame);
    }
    const flush = (value: number) => {
      engine.sample(series, value, value);
      loop.advance(200);
    };
    clients[0]!.transport.blocked = true;
    flush(1);
    clients[0]!.transport.release();
    flush(2);
    flush(3);
    expect(sent.map((frames) => frames.length)).toEqual([2, 3]);
    expect(sent[0]![1]).toBe(sent[1]![2]);
  });

  it('counts no sample for who came after it, however quickly subscriptions follow each other', () => {
    const gateway = new VirtualGateway();
    const series = gateway.engine.series('web-1', 'cpu.usage');
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 1, topic: 'metrics' });
    gateway.engine.sample(series, 9, 1);
    send({ op: 'unsubscribe', id: 1 });
    gateway.engine.sample(series, 2, 2);
    send({ op: 'subscribe', id: 2, topic: 'metrics' });
    gateway.engine.sample(series, 3, 3);
    gateway.loop.advance(200);
    expect(transport.of('snapshot').at(-1)!.items).toEqual([[series.sid, 2, 2, 1, 2, 2]]);
    expect(transport.of('metrics')).toEqual([{ op: 'metrics', id: 2, rows: [[series.sid, 3, 3, 1, 3, 3]] }]);
  });

  it('filters by source and labels, and an update starts with a snapshot of what is chosen now', () => {
    const gateway = new VirtualGateway();
    const { engine } = gateway;
    const eu = engine.series('web-1', 'cpu.usage', { region: 'eu' });
    const us = engine.series('db-1', 'cpu.usage', { region: 'us' });
    engine.sample(eu, 1, 1);
    engine.sample(us, 2, 1);
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 1, topic: 'metrics', filter: { source: 'web-*', labels: { region: 'e*' } } });
    expect(transport.of('snapshot').at(-1)!.items).toEqual([[eu.sid, 1, 1, 1, 1, 1]]);
    send({ op: 'update', id: 1, filter: { labels: { region: 'us' } } });
    expect(transport.of('snapshot').at(-1)!.items).toEqual([[us.sid, 1, 2, 1, 2, 2]]);
    engine.sample(eu, 3, 3);
    engine.sample(us, 4, 4);
    gateway.loop.advance(200);
    expect(transport.of('metrics').flatMap(({ rows }) => rows)).toEqual([[us.sid, 4, 4, 1, 4, 4]]);
  });

  it('pages a snapshot by 500 rows', () => {
    const gateway = new VirtualGateway();
    const { engine } = gateway;
    for (let i = 0; i < 1_200; i++) engine.sample(engine.series('web-1', `m${i}`), i, 1);
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 1, topic: 'metrics' });
    expect(transport.of('snapshot').map(({ items, more }) => [items.length, more])).toEqual([
      [500, true],
      [500, true],
      [200, false],
    ]);
  });

  it('ends a subscription that grows past the series a connection may cover, and says so', () => {
    const gateway = new VirtualGateway({ maxSeries: 3 });
    const { engine } = gateway;
    const { transport, send } = gateway.connect();
    send({ op: 'subscribe', id: 1, topic: 'metrics' });
    for (let i = 0; i < 5; i++) engine.sample(engine.series('web-1', `m${i}`), i, 1);
    gateway.loop.advance(200);
    expect(transport.of('error')).toMatchObject([{ id: 1, code: 'too_many_series_subscribed' }]);
    expect(transport.of('metrics')).toEqual([]);
    send({ op: 'subscribe', id: 2, topic: 'metrics' });
    expect(transport.of('error').at(-1)).toMatchObject({ id: 2, code: 'too_many_series_subscribed' });
    send({ op: 'subscribe', id: 3, topic: 'metrics', subjects: ['metrics.web-1.m1'] });
    expect(transport.of('subscribed').at(-1)).toMatchObject({ id: 3 });
  });

  it('F7 a client that never reads costs memory by its number of series, and the others lose nothing', () => {
    const gateway = new VirtualGateway();
    const { engine, loop } = gateway;
    const series = engine.series('web-1', 'cpu.usage');
    const slow = gateway.connect();
    const quick = gateway.connect();
    for (const { send } of [slow, quick]) send({ op: 'subscribe', id: 1, topic: 'metrics' });
    slow.transport.blocked = true;
    const framesBefore = slow.transport.frames.length;
    for (let i = 1; i <= 500; i++) {
      engine.sample(series, i, i);
      loop.advance(50);
    }
    loop.advance(100);
    expect(slow.transport.of('metrics')).toEqual([]);
    expect(slow.transport.frames.length - framesBefore).toBeLessThan(10);
    expect(quick.transport.of('metrics').reduce((sum, { rows }) => sum + rows[0]![3], 0)).toBe(500);
    slow.transport.release();
    loop.advance(200);
    expect(slow.transport.of('metrics')).toEqual([
      { op: 'metrics', id: 1, rows: [[series.sid, 500, 500, 500, 1, 500]] },
    ]);
  });
});
