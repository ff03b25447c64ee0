import fc from 'fast-check';
import {
  concat,
  EMPTY,
  finalize,
  from,
  identity,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  type ObservableInput,
  of,
  Subject,
  take,
  throwError,
  toArray,
  UnsubscriptionError,
  VirtualTimeScheduler,
} from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type KeyByOptions, type KeyBySide, keyBy } from '../../src/operators/key-by.js';
import { conformanceChecks } from '../../src/operators/testing/conformance.js';
import { checkDiagram } from '../../src/operators/testing/marbles.js';
import { recorded } from '../../src/operators/testing/recording.js';
import { bytesInUse } from '../support/heap.js';
import { propertyRuns } from '../support/property.js';
import { diagrams } from './diagrams/key-by.js';
import { type Arrival, naiveKeyBy } from './naive-key-by.js';

type Options = KeyByOptions<string, string>;
type Project = (values$: Observable<string>, key: string) => ObservableInput<unknown>;

const joined: Project = (values$) =>
  values$.pipe(
    toArray(),
    map((values) => values.join('')),
  );
const letter = (value: string) => value.toLowerCase();

/** In virtual time: what came out, what `side` said, and the means to feed it. Keys are letters of either case. */
function keyed(project: Project, options: Partial<Options> = {}) {
  const scheduler = new VirtualTimeScheduler();
  const notices: KeyBySide<string, string>[] = [];
  const source$ = new Subject<string>();
  const side = { next: (notice: KeyBySide<string, string>) => void notices.push(notice) };
  const recording = recorded(source$.pipe(keyBy(letter, project, { idleMs: 10, scheduler, side, ...options })));
  const at = (time: number, text = '') => {
    scheduler.maxFrames = time;
    scheduler.schedule(() => undefined, time - scheduler.frame);
    scheduler.flush();
    for (const value of text) source$.next(value);
  };
  return { at, notices, source$, scheduler, ...recording, recording, log: () => recording.log() };
}

describe('keyBy', () => {
  for (const diagram of diagrams) it(diagram.title, () => checkDiagram(diagram));

  it('subscribes to the inner stream of a key before its first value, and once a life', () => {
    const begun: string[] = [];
    const project: Project = (values$, key) => {
      begun.push(key);
      return values$;
    };
    const { at, values } = keyed(project);
    at(0, 'aAb');
    at(20, 'a');
    expect(values).toEqual(['a', 'A', 'b', 'a']);
    expect(begun).toEqual(['a', 'b', 'a']);
  });

  it('takes any kind of inner stream', async () => {
    const inners: ObservableInput<string>[] = [['x', 'y'], of('z'), Promise.resolve('later')];
    const { at, values } = keyed(() => inners.shift()!);
    at(0, 'abc');
    await Promise.resolve();
    expect(values).toEqual(['x', 'y', 'z', 'later']);
  });

  it('ends a key that is idle before its next value, also when the timer is late', () => {
    const { at, values, scheduler, source$ } = keyed(joined);
    at(0, 'aA');
    scheduler.frame = 10;
    source$.next('a');
    expect(values).toEqual(['aA']);
    source$.complete();
    expect(values).toEqual(['aA', 'a']);
  });

  it('merges an inner stream that goes on after its key ended, and completes once all have', () => {
    const gates = [new Subject<string>(), new Subject<string>()];
    const open = [...gates];
    const { at, values, log, source$ } = keyed((values$) => merge(values$, open.shift()!));
    at(0, 'a');
    at(20, 'A');
    gates[0]!.next('old');
    gates[1]!.next('new');
    source$.complete();
    gates[0]!.complete();
    expect(log()).not.toContain('complete');
    gates[1]!.complete();
    expect(values).toEqual(['a', 'A', 'old', 'new']);
    expect(log().at(-1)).toBe('complete');
  });

  it('completes the values of a key whose inner stream completed, for whoever else listens to them', () => {
    const ends: string[] = [];
    const { at, values } = keyed((values$, key) => {
      values$.subscribe({ complete: () => ends.push(key) });
      return values$.pipe(take(1));
    });
    at(0, 'aAb');
    expect(values).toEqual(['a', 'A', 'b']);
    expect(ends).toEqual(['a', 'a', 'b']);
  });

  it('drops the values of a key whose inner stream wants none', () => {
    const { at, log, source$ } = keyed(() => EMPTY);
    at(0, 'aab');
    source$.complete();
    expect(log()).toEqual(['complete']);
  });

  it('errors when an inner stream does, or ends only that key when told so', () => {
    const error = new Error('of the inner stream');
    const project: Project = (values$) =>
      values$.pipe(mergeMap((value) => (value === 'A' ? throwError(() => error) : of(value))));
    const strict = keyed(project);
    strict.at(0, 'abAb');
    expect([strict.recording.error, strict.values, strict.source$.observed]).toEqual([error, ['a', 'b'], false]);
    const lenient = keyed(project, { onError: 'skip' });
    lenient.at(0, 'abAab');
    expect(lenient.values).toEqual(['a', 'b', 'a', 'b']);
    expect(lenient.notices).toEqual([{ kind: 'failed', key: 'a', value: undefined, error }]);
    lenient.source$.complete();
    expect(lenient.log().at(-1)).toBe('complete');
  });

  it('treats a projector that returns no stream like one that throws', () => {
    const { at, notices, log } = keyed(() => 5 as never, { onError: 'skip' });
    at(0, 'a');
    expect(notices).toEqual([{ kind: 'failed', value: 'a', error: expect.any(TypeError) }]);
    expect(log()).toEqual([]);
  });

  it('beyond maxKeys drops the value of a new key, or errors, when told so', () => {
    const rejecting = keyed(joined, { maxKeys: 1, overflow: 'reject' });
    rejecting.at(0, 'abA');
    expect(rejecting.notices).toEqual([{ kind: 'rejected', key: 'b', value: 'b', reason: 'max_keys' }]);
    const strict = keyed(joined, { maxKeys: 1, overflow: 'error' });
    strict.at(0, 'ab');
    expect(strict.recording.error).toMatchObject({ message: 'keyBy: more than 1 keys (maxKeys)' });
  });

  it('makes room by ending a key that is idle, rather than one that is not, also when the timer is late', () => {
    for (const overflow of ['evict', 'reject', 'error'] as const) {
      const { at, values, notices, source$, scheduler, recording } = keyed(joined, { maxKeys: 1, overflow });
      at(0, 'a');
      scheduler.frame = 10;
      source$.next('b');
      expect([values, notices, recording.error]).toEqual([['a'], [], undefined]);
    }
  });

  it('ends a bounded number of keys in one tick, and all of them before long', () => {
    const { at, values, source$, scheduler } = keyed((values$) => values$.pipe(toArray()));
    for (let key = 0; key < 1_200; key += 1) source$.next(`key ${key}`);
    const ticks: number[] = [];
    const schedule = scheduler.schedule.bind(scheduler);
    scheduler.schedule = ((work: () => void, after: number, state: never) => {
      ticks.push(values.length);
      return schedule(work, after, state);
    }) as typeof scheduler.schedule;
    at(10);
    expect(values).toHaveLength(1_200);
    expect(ticks).toEqual([0, 250, 500, 750, 1_000]);
  });

  it('emits no more when it is unsubscribed while it ends many keys', () => {
    const { values, source$, scheduler, recording } = keyed((values$) => values$.pipe(toArray()));
    for (const key of ['a', 'b', 'c']) source$.next(key);
    const seen: unknown[] = [];
    const other = new Subject<string>();
    const subscription = other
      .pipe(keyBy(letter, (values$) => values$.pipe(toArray()), { idleMs: 10, scheduler }))
      .subscribe((value) => {
        seen.push(value);
        subscription.unsubscribe();
      });
    for (const key of ['a', 'b', 'c']) other.next(key);
    other.complete();
    expect(seen).toEqual([['a']]);
    recording.subscription.unsubscribe();
    scheduler.flush();
    expect(values).toEqual([]);
  });

  it('unsubscribes every inner stream, also one that goes on without its key, and lets a teardown that throws stop none', () => {
    const gone: string[] = [];
    const project: Project = (values$, key) =>
      concat(values$, NEVER).pipe(
        finalize(() => {
          gone.push(key);
          if (key === 'a') throw new Error('of the teardown');
        }),
      );
    const { at, recording, scheduler } = keyed(project);
    at(0, 'ab');
    at(20, 'c');
    expect(() => recording.subscription.unsubscribe()).toThrow(UnsubscriptionError);
    expect(gone.sort()).toEqual(['a', 'b', 'c']);
    const { frame } = scheduler;
    scheduler.flush();
    expect(scheduler.frame).toBe(frame);
  });

  it('errors the stream when its side throws, from inside an inner stream too', () => {
    const error = new Error('of the side');
    const side = {
      next: () => {
        throw error;
      },
    };
    const { at, recording, source$ } = keyed(() => throwError(() => new Error('of the inner stream')), {
      onError: 'skip',
      side,
    });
    at(0, 'a');
    expect([recording.error, source$.observed]).toEqual([error, false]);
  });

  it('gives each life of a key exactly its values, as one that asks all keys would', () => {
    const step = fc.record({ after: fc.nat(12), key: fc.constantFrom('a', 'b', 'c') });
    const limits = fc.record({
      idleMs: fc.integer({ min: 1, max: 20 }),
      maxKeys: fc.integer({ min: 1, max: 3 }),
      overflow: fc.constantFrom('evict' as const, 'reject' as const),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), limits, (steps, options) => {
        let now = 0;
        const arrivals = steps.map(({ after, key }, value): Arrival => {
          now += after;
          return { at: now, key, value };
        });
        const scheduler = new VirtualTimeScheduler();
        const dropped: number[] = [];
        const side = {
          next: (notice: KeyBySide<Arrival, string>) => void ('value' in notice && dropped.push(notice.value!.value)),
        };
        const source$ = new Subject<Arrival>();
        const project = (values$: Observable<Arrival>, key: string) =>
          values$.pipe(
            toArray(),
            map((values) => `${key}: ${values.map(({ value }) => value).join(' ')}`),
          );
        const { values: ended } = recorded(
          source$.pipe(keyBy(({ key }) => key, project, { ...options, scheduler, side })),
        );
        for (const arrival of arrivals) {
          scheduler.maxFrames = arrival.at;
          scheduler.schedule(() => undefined, arrival.at - scheduler.frame);
          scheduler.flush();
          source$.next(arrival);
        }
        source$.complete();
        const naive = naiveKeyBy(arrivals, options);
        expect({ ended: ended.sort(), dropped }).toEqual({ ended: naive.ended.sort(), dropped: naive.dropped });
        const passed = ended.flatMap((text) => text.split(': ')[1]!.split(' '));
        expect(passed.length + dropped.length).toBe(steps.length);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it.each<[string, unknown, unknown, unknown, string]>([
    ['a key that is no function', 'key', joined, { idleMs: 1 }, 'keyBy.key must be a function, received "key"'],
    ['no projector', letter, undefined, { idleMs: 1 }, 'keyBy.project must be a function, received undefined'],
    ['no options', letter, joined, undefined, 'keyBy must be an object, received undefined'],
    [
      'no idle time',
      letter,
      joined,
      {},
      'keyBy.idleMs must be a finite number of milliseconds, 1 or more, received undefined',
    ],
    ['an endless idle time', letter, joined, { idleMs: Infinity }, 'keyBy.idleMs'],
    ['no keys', letter, joined, { idleMs: 1, maxKeys: 0 }, 'keyBy.maxKeys'],
    ['an unknown overflow', letter, joined, { idleMs: 1, overflow: 'drop' }, 'keyBy.overflow'],
    ['an unknown error policy', letter, joined, { idleMs: 1, onError: 'route' }, 'keyBy.onError'],
  ])('refuses %s when it is created', (_, key, project, options, message) => {
    expect(() => keyBy(key as never, project as never, options as never)).toThrow(message);
  });
});

describe('keyBy keeps the contract of an operator: it', () => {
  const failsAtB = (error: Error) => (value: string) => {
    if (value === 'b') throw error;
    return value;
  };
  const checks = conformanceChecks({
    create: (scheduler) => keyBy(identity<string>, (values$) => values$, { idleMs: 10, scheduler }),
    values: ['a', 'b', 'c'],
    throwing: {
      key: (error, options) => keyBy(failsAtB(error), (values$) => values$, { idleMs: 10, ...options }),
      project: (error, options) => {
        const check = failsAtB(error);
        const project = (values$: Observable<string>, key: string) => from(check(key) === key ? values$ : EMPTY);
        return keyBy(identity<string>, project, { idleMs: 10, ...options });
      },
    },
  });
  for (const { title, run } of checks) it(title, run);
});

describe('the memory of keyBy', () => {
  const keys = 20_000;
  const slack = 512 * 1024;

  function flooded(onBase: (base: number) => void = () => {}) {
    const scheduler = new VirtualTimeScheduler();
    const source$ = new Subject<string>();
    const subscription = source$.pipe(keyBy(identity<string>, joined, { idleMs: 10, scheduler })).subscribe();
    onBase(bytesInUse());
    for (let key = 0; key < keys; key += 1) source$.next(`key ${key}`);
    return { scheduler, source$, subscription };
  }

  // What the first run compiles stays, and is not what is measured.
  beforeAll(() => {
    const { scheduler, subscription } = flooded();
    scheduler.flush();
    subscription.unsubscribe();
  });

  it('returns to its base when all keys have ended, without another value', () => {
    let base = 0;
    const { scheduler, source$ } = flooded((bytes) => {
      base = bytes;
    });
    expect(bytesInUse() - base).toBeGreaterThan(40 * keys);
    scheduler.flush();
    expect(bytesInUse() - base).toBeLessThan(slack);
    expect(source$.observed).toBe(true);
  });

  it('returns to its base when it is unsubscribed', () => {
    let base = 0;
    const { subscription } = flooded((bytes) => {
      base = bytes;
    });
    subscription.unsubscribe();
    expect(bytesInUse() - base).toBeLessThan(slack);
    expect(subscription.closed).toBe(true);
  });
});
