import fc from 'fast-check';
import { type SchedulerLike, Subject, VirtualTimeScheduler } from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  explainSchedule,
  type GroupBatch,
  type GroupOptions,
  type GroupSide,
  type GroupSnapshot,
  group,
} from '../../src/operators/group.js';
import { StateHandle } from '../../src/operators/state-handle.js';
import {
  type ConformanceSubject,
  conformanceChecks,
  type ThrowingOptions,
} from '../../src/operators/testing/conformance.js';
import { checkDiagram } from '../../src/operators/testing/marbles.js';
import { bytesInUse } from '../support/heap.js';
import { propertyRuns } from '../support/property.js';
import { diagrams } from './diagrams/group.js';

interface Alert {
  readonly service: string;
  readonly id: string;
  readonly state?: 'open' | 'resolved' | 'critical';
}

type Options = GroupOptions<Alert, string, string>;

const byService = ({ service }: Alert) => service;
const key = ({ id }: Alert) => id;
const resolved = ({ state }: Alert) => state === 'resolved';
const urgent = ({ state }: Alert) => state === 'critical';
const alert = (service: string, id: string, state?: Alert['state']): Alert => ({
  service,
  id,
  ...(state && { state }),
});
const schedule = { key, waitMs: 30, intervalMs: 300 };

/** A grouping in virtual time: what came out, what `side` said, and the means to feed it. */
function grouped(options: Omit<Options, 'scheduler' | 'side'>) {
  const scheduler = new VirtualTimeScheduler();
  const batches: GroupBatch<Alert, string>[] = [];
  const notices: GroupSide<Alert, string>[] = [];
  const ends: unknown[] = [];
  const source$ = new Subject<Alert>();
  const side = { next: (notice: GroupSide<Alert, string>) => void notices.push(notice) };
  const subscription = source$.pipe(group(byService, { ...options, scheduler, side })).subscribe({
    next: (batch) => batches.push(batch),
    error: (error: unknown) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  const at = (time: number, ...alerts: Alert[]) => {
    scheduler.maxFrames = time;
    scheduler.schedule(() => undefined, time - scheduler.frame);
    scheduler.flush();
    for (const each of alerts) source$.next(each);
  };
  /** `group reason ids` of each batch. */
  const shown = () => batches.map(({ key, reason, members }) => `${key} ${reason} ${members.map(({ id }) => id)}`);
  return { at, batches, shown, notices, ends, source$, subscription, scheduler };
}

describe('group', () => {
  it.each(diagrams.map((diagram) => [diagram.title, diagram] as const))('draws: %s', (_, diagram) => {
    checkDiagram(diagram);
  });

  it('names each batch by its group and a number that no other batch has', () => {
    const { at, batches } = grouped(schedule);
    at(0, alert('api', '1'), alert('web', '2'));
    at(1_000, alert('api', '3'));
    at(2_000);
    expect(batches.map(({ key, sequence }) => `${key}:${sequence}`)).toEqual(['api:1', 'web:2', 'api:3']);
  });

  it('goes through wait, interval and repeat, until all members are resolved', () => {
    const { at, batches, shown, scheduler } = grouped({ ...schedule, repeatMs: 1_000, resolved });
    at(0, alert('api', '1'));
    at(100, alert('api', '2'));
    at(1_400, alert('api', '1', 'resolved'));
    at(1_700, alert('api', '2', 'resolved'));
    scheduler.maxFrames = Infinity;
    scheduler.flush();
    expect(shown()).toEqual(['api wait 1', 'api interval 1,2', 'api repeat 1,2', 'api interval 1,2', 'api interval 2']);
    expect(batches[3]!.members[0]).toEqual(alert('api', '1', 'resolved'));
    expect(scheduler.frame).toBe(1_630 + 300 + 300);
  });

  it('tells an urgent value at once, with the others of its group', () => {
    const { at, shown } = grouped({ ...schedule, urgent });
    at(0, alert('api', '1'), alert('web', '2'));
    at(5, alert('api', '3', 'critical'));
    expect(shown()).toEqual(['api urgent 1,3']);
  });

  it('emits what has changed when the source completes, and only then completes', () => {
    const { at, source$, shown, ends } = grouped({ ...schedule, resolved });
    at(0, alert('api', '1'), alert('web', '2'));
    at(100, alert('api', '3'));
    source$.complete();
    expect(shown()).toEqual(['api wait 1', 'web wait 2', 'api complete 1,3']);
    expect(ends).toEqual(['complete']);
  });

  it('discards what it holds when the source errors', () => {
    const { at, source$, batches, ends } = grouped(schedule);
    at(0, alert('api', '1'));
    source$.error('broken');
    expect([batches, ends]).toEqual([[], ['broken']]);
  });

  it('says of each value that no batch tells why it does not', () => {
    const { at, notices, batches } = grouped({ ...schedule, maxMembers: 1, maxHeld: 2, overflow: 'reject' });
    at(0, alert('api', '1'), alert('api', '1', 'critical'), alert('api', '2'), alert('web', '3'));
    at(30);
    expect(notices).toEqual([
      { kind: 'replaced', key: 'api', value: alert('api', '1') },
      { kind: 'rejected', key: 'web', value: alert('web', '3'), reason: 'max_held' },
      { kind: 'omitted', key: 'api', value: alert('api', '2'), sequence: 1 },
    ]);
    expect(batches).toMatchObject([{ members: [alert('api', '1', 'critical')], more: 1 }]);
  });

  it('F7 a flood of new groups is bounded: each that gives way is emitted', () => {
    const flood = Array.from({ length: 1_000 }, (_, n) => alert(`service ${n}`, 'x'));
    const evicting = grouped({ ...schedule, maxKeys: 100 });
    evicting.at(0, ...flood);
    expect(evicting.batches).toHaveLength(900);
    expect(evicting.batches[0]).toMatchObject({ key: 'service 0', reason: 'evicted', sequence: 1 });
    const strict = grouped({ ...schedule, maxKeys: 100, overflow: 'error', onError: 'skip' });
    strict.at(0, ...flood);
    expect(strict.ends).toEqual([expect.objectContaining({ message: 'group: more than 100 groups (maxKeys)' })]);
  });

  it('puts a batch whose timer is late ahead of the value', () => {
    const { at, source$, scheduler, shown } = grouped({ ...schedule, urgent });
    at(0, alert('api', '1'));
    scheduler.frame = 100;
    source$.next(alert('api', '2', 'critical'));
    expect(shown()).toEqual(['api wait 1', 'api urgent 2']);
  });

  it('stands still while the clock is set back', () => {
    const { at, source$, scheduler, shown } = grouped(schedule);
    at(1_000, alert('api', '1'));
    scheduler.frame = 0;
    source$.next(alert('api', '2'));
    at(1_030);
    expect(shown()).toEqual(['api wait 1,2']);
  });

  it('waits for longer than a host timer can', () => {
    const month = 30 * 86_400_000;
    const { at, shown } = grouped({ ...schedule, waitMs: month });
    at(0, alert('api', '1'));
    at(month - 1);
    expect(shown()).toEqual([]);
    at(month);
    expect(shown()).toEqual(['api wait 1']);
  });

  it('spreads groups that are due at once over turns of the loop', () => {
    const { at, source$, batches, scheduler } = grouped(schedule);
    let actions = 0;
    const plan = scheduler.schedule;
    scheduler.schedule = ((...args: Parameters<typeof plan>) => {
      actions += 1;
      return plan.apply(scheduler, args);
    }) as typeof plan;
    for (let n = 0; n < 5_000; n += 1) source$.next(alert(`service ${n}`, 'x'));
    at(30);
    expect(batches).toHaveLength(5_000);
    expect(actions).toBeGreaterThanOrEqual(5);
  });

  it('goes on from the state of an earlier subscription', () => {
    const options = { ...schedule, repeatMs: 1_000, resolved };
    const handle = new StateHandle<GroupSnapshot<Alert, string, string>>();
    const first = grouped({ ...options, state: handle });
    first.at(0, alert('api', '1'));
    first.at(100, alert('api', '2'), alert('web', '3'));
    const saved: GroupSnapshot<Alert, string, string> = JSON.parse(JSON.stringify(handle.snapshot()));
    first.subscription.unsubscribe();
    const second = grouped({ ...options, state: new StateHandle(saved) });
    second.at(1_400);
    expect(second.batches.map(({ sequence }) => sequence)).toEqual([2, 3, 4, 5]);
    expect(second.shown()).toEqual(['web wait 3', 'api interval 1,2', 'web repeat 3', 'api repeat 1,2']);
  });

  it('loses nothing: every value is told once, or goes to the side output with its reason', () => {
    const given = fc.record({
      waitMs: fc.nat(9),
      intervalMs: fc.nat(9),
      maxMembers: fc.integer({ min: 1, max: 4 }),
      maxKeys: fc.integer({ min: 1, max: 4 }),
      maxHeld: fc.integer({ min: 1, max: 9 }),
      overflow: fc.constantFrom('evict' as const, 'reject' as const),
    });
    const item = fc.tuple(fc.nat(9), fc.constantFrom(...'xyzvw'), fc.constantFrom('a', 'b', 'c', 'd', 'bad'));
    fc.assert(
      fc.property(given, fc.array(item, { maxLength: 100, size: 'max' }), (options, items) => {
        const strict = ({ id }: Alert) => {
          if (id === 'bad') throw new Error('of the key');
          return id;
        };
        const { at, source$, batches, notices } = grouped({ ...options, key: strict, onError: 'skip' });
        let now = 0;
        for (const [after, service, id] of items) {
          now += after;
          at(now, alert(service, id));
        }
        source$.complete();
        const told = batches.reduce((sum, { members }) => sum + members.length, 0);
        const omitted = batches.reduce((sum, { more }) => sum + more, 0);
        expect(told + notices.length).toBe(items.length);
        expect(notices.filter(({ kind }) => kind === 'omitted')).toHaveLength(omitted);
      }),
      { numRuns: propertyRuns() },
    );
  });
});

describe('group refuses when it is created', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['no identity', { key: undefined }, 'group.key must be a function'],
    ['no wait', { waitMs: undefined }, 'group.waitMs must be a finite number of milliseconds, 0 or more'],
    ['a negative interval', { intervalMs: -1 }, 'group.intervalMs must be a finite number'],
    [
      'a repeat below the interval',
      { repeatMs: 299, resolved },
      'group.repeatMs must be a finite number of milliseconds, 300 or more, received 299',
    ],
    ['a repeat of what never is open', { repeatMs: 1_000 }, 'group.repeatMs needs group.resolved'],
    [
      'an idle time below the repeat',
      { repeatMs: 1_000, resolved, idleMs: 999 },
      'group.idleMs must be a finite number of milliseconds, 1000 or more, received 999',
    ],
    ['batches of nothing', { maxMembers: 0 }, 'group.maxMembers must be an integer from 1'],
    ['no groups', { maxKeys: 0 }, 'group.maxKeys must be an integer from 1'],
    ['no members', { maxHeld: 0 }, 'group.maxHeld must be an integer from 1'],
    ['an unknown overflow', { overflow: 'drop' }, 'group.overflow must be one of'],
    ['urgency that is no function', { urgent: true }, 'group.urgent must be a function'],
    ['an end that is no function', { resolved: true }, 'group.resolved must be a function'],
    ['an unknown error policy', { onError: 'ignore' }, 'group.onError'],
    ['a side output that is a function', { side: () => {} }, 'group.side.next must be a function'],
  ])('%s', (_, options, message) => {
    expect(() => group(byService, { ...schedule, ...options } as Options)).toThrow(message);
  });

  it('a group selector that is no function, and no options at all', () => {
    expect(() => group('service' as never, schedule)).toThrow('group.by must be a function');
    expect(() => group(byService, undefined as never)).toThrow('group must be an object');
  });
});

describe('explainSchedule', () => {
  it('tells the timeline of a group, in the largest units that fit', () => {
    expect(explainSchedule({ waitMs: 30_000, intervalMs: 300_000, repeatMs: 14_400_000 })).toEqual([
      'at 0 ms: the first member opens the group',
      'at 30 s: batch 1 (wait) tells all that came by then',
      'at 5 min 30 s: batch 2 (interval), if a member came or changed since batch 1; if one does later, at once',
      'at 4 h 5 min 30 s: batch 3 (repeat), if a member is still open and nothing changed since batch 2',
    ]);
  });

  it('leaves the repeat out when there is none, and refuses what `group` refuses', () => {
    expect(explainSchedule({ waitMs: 0, intervalMs: 1_500 }).slice(1)).toEqual([
      'at 0 ms: batch 1 (wait) tells all that came by then',
      'at 1 s 500 ms: batch 2 (interval), if a member came or changed since batch 1; if one does later, at once',
    ]);
    expect(() => explainSchedule({ waitMs: 0, intervalMs: 2, repeatMs: 1 })).toThrow('explainSchedule.repeatMs');
  });
});

const values = ['a', 'b', 'c'] as const;
const letter = (value: string) => value;
const callbacks = { key: letter, urgent: () => false, resolved: () => true };

function throwingAt(name: 'by' | 'key' | 'urgent' | 'resolved') {
  return (error: Error, options: ThrowingOptions) => {
    const guarded = <V>(callback: string, answer: (value: string) => V) => {
      return (value: string): V => {
        if (callback === name && value === 'b') throw error;
        return answer(value);
      };
    };
    return group(guarded('by', letter), {
      key: guarded('key', letter),
      urgent: guarded('urgent', callbacks.urgent),
      resolved: guarded('resolved', callbacks.resolved),
      waitMs: 0,
      intervalMs: 5,
      ...options,
    });
  };
}

const subjects: Readonly<Record<string, ConformanceSubject<string, unknown>>> = {
  'group, at once': {
    create: (scheduler: SchedulerLike) => group(letter, { ...callbacks, waitMs: 0, intervalMs: 5, scheduler }),
    values,
    throwing: {
      by: throwingAt('by'),
      key: throwingAt('key'),
      urgent: throwingAt('urgent'),
      resolved: throwingAt('resolved'),
    },
  },
  'group, later': {
    create: (scheduler: SchedulerLike) => group(letter, { key: letter, waitMs: 5, intervalMs: 5, scheduler }),
    values,
    emits: 'later',
  },
};

for (const [name, subject] of Object.entries(subjects)) {
  describe(`${name}, keeps the contract of an operator: it`, () => {
    for (const { title, run } of conformanceChecks(subject)) it(title, run);
  });
}

describe('the memory of group', () => {
  const groups = 20_000;
  const start = () => {
    const scheduler = new VirtualTimeScheduler();
    const source$ = new Subject<Alert>();
    const subscription = source$.pipe(group(byService, { ...schedule, scheduler })).subscribe();
    return { scheduler, source$, subscription };
  };
  const flood = (source$: Subject<Alert>) => {
    for (let n = 0; n < groups; n += 1) source$.next(alert(`service ${n}`, 'x'));
  };

  // What the first run compiles stays, and is not what is measured.
  beforeAll(() => {
    const { source$, scheduler } = start();
    flood(source$);
    scheduler.flush();
  });

  it('returns to its base when all groups are told and quiet, without another value', () => {
    const { scheduler, source$ } = start();
    const base = bytesInUse();
    flood(source$);
    expect(bytesInUse() - base).toBeGreaterThan(100 * groups);
    scheduler.flush();
    expect(bytesInUse() - base).toBeLessThan(512 * 1024);
    expect(source$.observed).toBe(true);
  });

  it('returns to its base when it is unsubscribed', () => {
    const base = bytesInUse();
    const { source$, subscription } = start();
    flood(source$);
    subscription.unsubscribe();
    expect(bytesInUse() - base).toBeLessThan(512 * 1024);
    expect(subscription.closed).toBe(true);
  });
});
