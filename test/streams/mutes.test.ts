import { Subject, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertRecord } from '../../src/model/alert.js';
import type { Inhibition, Muting } from '../../src/model/muting.js';
import type { Asked, Outcome } from '../../src/streams/key-desk.js';
import { Mutes } from '../../src/streams/mutes.js';
import { compiled } from '../../src/streams/silence-input.js';
import { VirtualClock } from '../support/virtual-clock.js';

function record(name: string, fields: Partial<AlertRecord> = {}): AlertRecord {
  return {
    ...{ v: 1, id: `000000001-${name}`, key: name, keyHash: name, n: 1, origin: 'outside', title: name, message: '' },
    ...{ severity: 'high', category: 'system', source: 'web-1', labels: {}, tags: [], data: {}, state: 'active' },
    ...{ startedAt: 0, updatedAt: 0, admission: { verdict: 'admitted', at: 0 }, channels: [], notified: [] },
    ...{ escalation: { level: 0 }, count: 1 },
    ...fields,
  } as AlertRecord;
}

const everything = {
  id: 's',
  matchers: [{ label: 'source', op: '^=', value: '' }],
  startsAt: 0,
  endsAt: 10_000,
} as const;
const rule: Inhibition = { id: 'r', source: { title: 'down' }, target: { category: 'system' }, equal: ['source'] };

let clock: VirtualClock;
let mutes: Mutes;
let records$: Subject<AlertRecord>;
let asked: Asked[];
let running: Subscription;

beforeEach(() => {
  clock = new VirtualClock();
  mutes = new Mutes(clock.scheduler);
  records$ = new Subject();
  asked = [];
});

afterEach(() => {
  running?.unsubscribe();
  mutes.dispose();
});

function start(): void {
  running = records$.pipe(mutes.stage()).subscribe((each) => asked.push(each));
}

function answer(outcome: Outcome): void {
  for (const { reply } of asked.splice(0)) reply?.(outcome);
}

const ok: Outcome = { ok: true, answer: { status: 'active' } };
const ids = () => asked.map(({ input }) => input.kind === 'mute' && input.id);

describe('the alerts that a mute concerns', () => {
  it('are asked for a bounded number at a time, and all of them in the end', () => {
    start();
    for (let i = 0; i < 3_000; i++) records$.next(record(`alert-${i}`));
    mutes.setSilences([everything]);
    const seen = new Set<unknown>();
    while (seen.size < 3_000) {
      clock.advance(10);
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.length).toBeLessThanOrEqual(200);
      for (const id of ids()) seen.add(id);
      const told = asked.map(({ input }) => record(input.key, { silencedBy: ['s'] }));
      for (const each of told) records$.next(each);
      answer(ok);
    }
    clock.advance(1_000);
    expect(asked).toEqual([]);
  });

  it('are looked at a bounded number a turn, so that the loop goes on', () => {
    start();
    for (let i = 0; i < 2_000; i++) records$.next(record(`alert-${i}`, { silencedBy: ['s'] }));
    answer(ok);
    let turns = 0;
    const looking = clock.scheduler.schedule.bind(clock.scheduler);
    clock.scheduler.schedule = ((...args: Parameters<typeof looking>) => {
      turns += 1;
      return looking(...args);
    }) as typeof looking;
    mutes.setSilences([everything]);
    clock.advance(100);
    expect(turns).toBeGreaterThan(2_000 / 250);
  });

  it('are asked for again when the log refuses, until it takes them', () => {
    start();
    records$.next(record('a'));
    mutes.setSilences([everything]);
    clock.advance(10);
    for (let i = 0; i < 3; i++) {
      expect(asked).toHaveLength(1);
      answer({ ok: false, error: new Error('refused') as never });
      clock.advance(400);
      expect(asked).toHaveLength(0);
      clock.advance(100);
    }
    records$.next(record('a', { silencedBy: ['s'] }));
    answer(ok);
    clock.advance(5_000);
    expect(asked).toHaveLength(0);
  });

  it('are told what was decided meanwhile: a mute that is over before it was asked for is not asked for', () => {
    start();
    for (let i = 0; i < 300; i++) records$.next(record(`alert-${i}`));
    mutes.setSilences([everything]);
    clock.advance(10);
    expect(asked).toHaveLength(200);
    mutes.setSilences([]);
    clock.advance(10);
    answer(ok);
    clock.advance(10);
    expect(asked).toEqual([]);
  });

  it('of a source are those with the same labels, and no others', () => {
    mutes.setRules([rule]);
    start();
    records$.next(record('slow', { source: 'web-1' }));
    records$.next(record('other', { source: 'web-2' }));
    clock.advance(10);
    records$.next(record('down', { source: 'web-1' }));
    clock.advance(10);
    expect(ids()).toEqual(['000000001-slow']);
    expect(mutes.muting(record('slow'))).toEqual({ inhibitedBy: ['000000001-down'] });
  });

  it('are let go when their source has another key, or another alert took its place', () => {
    mutes.setRules([rule]);
    start();
    records$.next(record('down'));
    records$.next(record('slow', { inhibitedBy: ['000000001-down'] }));
    records$.next(record('down', { id: '000000002-down', title: 'fine' }));
    clock.advance(10);
    expect(ids()).toEqual(['000000001-slow']);
  });
});

describe('rules of inhibition that change while the engine runs', () => {
  it('mute by sources that were open before, and let go of what only the old ones muted', () => {
    mutes.setRules([{ ...rule, id: 'old', target: { title: 'old' } }]);
    start();
    records$.next(record('down'));
    records$.next(record('slow', { title: 'slow' }));
    records$.next(record('old', { inhibitedBy: ['000000001-down'] }));
    clock.advance(10);
    mutes.setRules([{ ...rule, target: { title: 'slow' } }]);
    clock.advance(10);
    expect(ids().sort()).toEqual(['000000001-old', '000000001-slow']);
    expect(mutes.muting(record('slow'))).toEqual({ inhibitedBy: ['000000001-down'] });
    expect(mutes.muting(record('old'))).toEqual({});
  });

  it('do not let go in between of what the new ones mute by another source', () => {
    mutes.setRules([rule]);
    start();
    const others = Array.from({ length: 1_000 }, (_, i) => record(`other-${i}`, { source: 'db', category: 'trade' }));
    records$.next(record('slow', { inhibitedBy: ['000000001-down'] }));
    for (const each of [record('down'), ...others, record('broken', { id: '000000001-broken' })]) records$.next(each);
    answer(ok);
    clock.advance(10);
    answer(ok);
    const seen: Muting[] = [];
    running.unsubscribe();
    running = records$.pipe(mutes.stage()).subscribe(() => seen.push(mutes.muting(record('slow'))));
    mutes.setRules([{ ...rule, source: { title: 'broken' } }]);
    clock.advance(2_000);
    expect(seen.length).toBeGreaterThan(0);
    for (const muting of seen) expect(muting).toEqual({ inhibitedBy: ['000000001-broken'] });
  });

  it('forget a source that closes before they have reached it', () => {
    mutes.setRules([rule]);
    start();
    records$.next(record('down'));
    clock.advance(10);
    mutes.setRules([{ ...rule }]);
    records$.next(record('down', { state: 'resolved' }));
    clock.advance(10);
    expect(mutes.muting(record('slow'))).toEqual({});
  });

  it('end everything when there are none', () => {
    mutes.setRules([rule]);
    start();
    records$.next(record('down'));
    records$.next(record('slow', { inhibitedBy: ['000000001-down'] }));
    mutes.setRules([]);
    clock.advance(10);
    expect(ids()).toEqual(['000000001-slow']);
  });
});

describe('after a restart', () => {
  it('sources are known before anything is looked at, and nothing is asked for within a second', () => {
    mutes.setRules([rule]);
    const slow = record('slow', { inhibitedBy: ['000000001-down'] });
    const over = record('over', { source: 'db', silencedBy: ['s'] });
    mutes.restore([slow, over, record('down')]);
    start();
    for (const each of [slow, over, record('down')]) records$.next(each);
    clock.advance(999);
    expect(asked).toEqual([]);
    clock.advance(1);
    expect(ids()).toEqual(['000000001-over']);
  });
});

describe('a preview', () => {
  it('names the open alerts that meet all matchers', async () => {
    start();
    records$.next(record('a', { tags: ['x'] }));
    records$.next(record('b', { tags: ['x'], source: 'db-1' }));
    records$.next(record('c', { tags: ['x'], state: 'resolved' }));
    const matchers = compiled([
      { name: 'tag', op: '=', value: 'x' },
      { name: 'source', op: '^=', value: 'web' },
    ]);
    expect(await mutes.matching(matchers)).toEqual(['000000001-a']);
  });
});
