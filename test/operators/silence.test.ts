import { BehaviorSubject, of, Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  type Silence,
  type SilenceOptions,
  type SilenceSide,
  type SilenceSnapshot,
  silence,
} from '../../src/operators/silence.js';
import { StateHandle } from '../../src/operators/state-handle.js';
import {
  type ConformanceSubject,
  conformanceChecks,
  type ThrowingOptions,
} from '../../src/operators/testing/conformance.js';
import { checkDiagram } from '../../src/operators/testing/marbles.js';
import { bytesInUse } from '../support/heap.js';
import { diagrams } from './diagrams/silence.js';

type Options = SilenceOptions<string, string>;

const labels = (name: string) => ({ name });
const key = (name: string) => name;

function silenceOf(name: string, startsAt: number, endsAt: number): Silence {
  return { id: name, matchers: [{ label: 'name', op: '=', value: name }], startsAt, endsAt };
}

function collected(options: Partial<Options> = {}) {
  const scheduler = new VirtualTimeScheduler();
  scheduler.maxFrames = Infinity;
  const source$ = new Subject<string>();
  const passed: string[] = [];
  const notices: SilenceSide<string, string>[] = [];
  const errors: unknown[] = [];
  const side = { next: (notice: SilenceSide<string, string>) => void notices.push(notice) };
  const subscription = source$
    .pipe(silence<string, string>({ labels, silences: [], scheduler, side, ...options }))
    .subscribe({ next: (value) => passed.push(value), error: (error: unknown) => errors.push(error) });
  const goTo = (frame: number) => {
    scheduler.maxFrames = frame;
    scheduler.flush();
    scheduler.frame = frame;
  };
  return { scheduler, goTo, source$, passed, notices, errors, subscription };
}

describe('silence', () => {
  it.each(diagrams)('$title', checkDiagram);

  it('names each silence that mutes a value', () => {
    const silences = [silenceOf('a', 0, 9), { ...silenceOf('a', 0, 9), id: 'also' }, silenceOf('b', 0, 9)];
    const { source$, passed, notices } = collected({ silences });
    source$.next('a');
    expect(passed).toEqual([]);
    expect(notices.at(-1)).toEqual({ kind: 'muted', value: 'a', silencedBy: ['a', 'also'] });
  });

  it('lets pass what comes before the first set, and starts with the set of a subject that has one', () => {
    const late$ = new Subject<readonly Silence[]>();
    const late = collected({ silences: late$ });
    late.source$.next('a');
    late$.next([silenceOf('a', 0, 9)]);
    late.source$.next('a');
    expect(late.passed).toEqual(['a']);
    const ready = collected({ silences: new BehaviorSubject([silenceOf('a', 0, 9)]) });
    ready.source$.next('a');
    expect(ready.passed).toEqual([]);
  });

  it('ends at once what a new set does not have, and releases what only that muted', () => {
    const sets$ = new BehaviorSubject<readonly Silence[]>([silenceOf('a', 0, 9), silenceOf('b', 0, 9)]);
    const { source$, passed, notices } = collected({ silences: sets$, key });
    source$.next('a');
    source$.next('b');
    sets$.next([silenceOf('b', 0, 9)]);
    expect(passed).toEqual(['a']);
    expect(notices.slice(-2)).toMatchObject([
      { kind: 'ended', reason: 'removed' },
      { kind: 'released', value: 'a' },
    ]);
  });

  it('keeps the last set when the stream of sets completes', () => {
    const { source$, passed } = collected({ silences: of([silenceOf('a', 0, 9)]) });
    source$.next('a');
    expect(passed).toEqual([]);
  });

  it('forwards an error of the stream of sets at once', () => {
    const sets$ = new Subject<readonly Silence[]>();
    const { source$, errors } = collected({ silences: sets$ });
    const error = new Error('of the sets');
    sets$.error(error);
    expect(errors).toEqual([error]);
    expect(source$.observed).toBe(false);
  });

  it('errors on a bad set of the stream, or keeps the set before when told to skip', () => {
    const bad = [silenceOf('b', 5, 5)];
    const sets$ = new BehaviorSubject<readonly Silence[]>([silenceOf('a', 0, 9)]);
    const erring = collected({ silences: sets$ });
    const skipping = collected({ silences: sets$, onError: 'skip' });
    sets$.next(bad);
    expect(erring.errors).toMatchObject([{ name: 'RangeError' }]);
    expect(skipping.notices.at(-1)).toMatchObject({ kind: 'failed', error: { name: 'RangeError' } });
    skipping.source$.next('a');
    expect(skipping.passed).toEqual([]);
  });

  it('lets pass what closes its key, and drops what is kept of it', () => {
    const open = (name: string) => name !== 'A';
    const options = { silences: [silenceOf('a', 0, 9)], key: (name: string) => name.toLowerCase(), open };
    const { source$, passed, notices, goTo } = collected(options);
    source$.next('a');
    source$.next('A');
    goTo(50);
    expect(passed).toEqual(['A']);
    expect(notices).toContainEqual({ kind: 'dropped', key: 'a', value: 'a', reason: 'resolved' });
  });

  it('keeps no more than `maxKeys` values, and says which it cannot keep', () => {
    const silences = [silenceOf('a', 0, 9), silenceOf('b', 0, 9)];
    const { source$, passed, notices, goTo } = collected({ silences, key, maxKeys: 1 });
    for (const name of ['a', 'b', 'a']) source$.next(name);
    expect(notices).toContainEqual({ kind: 'rejected', key: 'b', value: 'b', reason: 'max_keys' });
    goTo(10);
    expect(passed).toEqual(['a']);
  });

  it('errors beyond `maxKeys` when told so', () => {
    const silences = [silenceOf('a', 0, 9), silenceOf('b', 0, 9)];
    const { source$, errors } = collected({ silences, key, maxKeys: 1, overflow: 'error' });
    for (const name of ['a', 'b']) source$.next(name);
    expect(errors).toMatchObject([{ message: 'silence: more than 1 values kept (maxKeys)' }]);
  });

  it('drops what is kept when the source completes, because it is still muted', () => {
    const { source$, passed, notices } = collected({ silences: [silenceOf('a', 0, 9)], key });
    source$.next('a');
    source$.complete();
    expect(passed).toEqual([]);
    expect(notices.at(-1)).toEqual({ kind: 'dropped', key: 'a', value: 'a', reason: 'complete' });
  });

  it('goes on with what an earlier subscription kept', () => {
    const state = new StateHandle<SilenceSnapshot<string, string>>();
    const silences = [silenceOf('a', 0, 20)];
    collected({ silences, key, state }).source$.next('a');
    const saved = JSON.parse(JSON.stringify(state.snapshot())) as SilenceSnapshot<string, string>;
    const second = collected({ silences, key, state: new StateHandle(saved) });
    second.goTo(19);
    expect(second.passed).toEqual([]);
    second.goTo(20);
    expect(second.passed).toEqual(['a']);
  });

  it('B12 waits for forty days', () => {
    const end = 40 * 86_400_000;
    const { source$, passed, goTo } = collected({ silences: [silenceOf('a', 0, end)], key });
    source$.next('a');
    goTo(end - 1);
    expect(passed).toEqual([]);
    goTo(end);
    expect(passed).toEqual(['a']);
  });

  it('releases what ended before a value that comes after it, also when the timer is late', () => {
    const { source$, passed, scheduler } = collected({ silences: [silenceOf('a', 0, 5)], key });
    source$.next('a');
    scheduler.frame = 6;
    source$.next('b');
    expect(passed).toEqual(['a', 'b']);
  });

  it('emits what a released value brings about after all that is released with it', () => {
    const again$ = new Subject<string>();
    const passed: string[] = [];
    const sets$ = new BehaviorSubject<readonly Silence[]>([silenceOf('a', 0, 9), silenceOf('b', 0, 9)]);
    again$.pipe(silence({ labels, key, silences: sets$, scheduler: new VirtualTimeScheduler() })).subscribe((value) => {
      passed.push(value);
      if (value === 'a') again$.next('c');
    });
    for (const name of ['a', 'b']) again$.next(name);
    sets$.next([]);
    expect(passed).toEqual(['a', 'b', 'c']);
  });

  it('does not wait for a silence without end', () => {
    const { source$, passed, scheduler } = collected({ silences: [silenceOf('a', 0, Infinity)], key });
    source$.next('a');
    scheduler.flush();
    expect(passed).toEqual([]);
  });

  it.each([
    [{ labels: undefined }, 'silence.labels must be a function'],
    [{ key: 1 }, 'silence.key must be a function'],
    [{ open: 1 }, 'silence.open must be a function'],
    [{ maxKeys: 0 }, 'silence.maxKeys must be an integer'],
    [{ overflow: 'evict' }, 'silence.overflow must be one of'],
    [{ onError: 'x' }, 'silence.onError must be one of'],
    [{ silences: undefined }, 'silence.silences must be an object, received undefined'],
    [{ silences: [{}] }, 'silence.silences[0].startsAt must be a time'],
    [{ silences: [silenceOf('a', 5, 5)] }, 'silence.silences[0].endsAt must be later'],
    [{ silences: [silenceOf('a', 0, 5), silenceOf('a', 0, 5)] }, 'silence.silences[1].id must be unique'],
    [{ silences: [{ ...silenceOf('a', 0, 5), matchers: [] }] }, 'silence.silences[0].matchers must not be empty'],
    [
      { silences: [{ ...silenceOf('a', 0, 5), matchers: [{ label: 'a', op: '=~', value: '(' }] }] },
      'silence.silences[0].matchers[0].value must be a supported pattern',
    ],
  ])('refuses %j when it is created', (options, problem) => {
    expect(() => silence({ labels, silences: [], ...options } as never)).toThrow(problem);
  });

  it('blames `labels` for what is no map, and lives on when told so', () => {
    const broken = { labels: (name: string) => (name === 'b' ? undefined : { name }) as { name: string } };
    const { source$, passed, notices, errors } = collected({ ...broken, onError: 'skip' });
    for (const name of ['a', 'b', 'c']) source$.next(name);
    expect(passed).toEqual(['a', 'c']);
    expect(notices).toMatchObject([{ kind: 'failed', value: 'b' }]);
    expect(errors).toEqual([]);
    const strict = collected(broken);
    strict.source$.next('b');
    expect(String(strict.errors[0])).toContain('silence.labels(…) must be an object, received undefined');
  });

  const bytesAKey = 40;
  const keys = 50_000;

  it('gives its memory back when all was released, and when it is unsubscribed', () => {
    const set = [{ ...silenceOf('x', 0, 10), matchers: [{ label: 'name', op: '^=', value: 'key' } as const] }];
    const flood = (to$: Subject<string>) => {
      for (let at = 0; at < keys; at += 1) to$.next(`key ${at}`);
    };
    const run = () => {
      const scheduler = new VirtualTimeScheduler();
      const source$ = new Subject<string>();
      const subscription = source$.pipe(silence({ labels, key, silences: set, scheduler })).subscribe();
      return { scheduler, source$, subscription };
    };
    const warm = run();
    flood(warm.source$);
    warm.scheduler.flush();
    const base = bytesInUse();
    for (const end of [
      (one: typeof warm) => one.scheduler.flush(),
      (one: typeof warm) => one.subscription.unsubscribe(),
    ]) {
      const one = run();
      flood(one.source$);
      expect(bytesInUse() - base).toBeGreaterThan(bytesAKey * keys);
      end(one);
      expect(bytesInUse() - base).toBeLessThan(512 * 1024);
    }
  });

  function throwing(name: 'labels' | 'key' | 'open') {
    return (error: Error, options: ThrowingOptions) =>
      silence<string, string>({
        labels,
        silences: [],
        ...options,
        [name]: (value: string) => {
          if (value === 'b') throw error;
          return name === 'labels' ? { name: value } : value;
        },
      });
  }

  const subject: ConformanceSubject<string, string> = {
    create: (scheduler) => silence({ labels, key, silences: [silenceOf('z', 0, 9)], scheduler }),
    values: ['a', 'b', 'c'],
    throwing: { labels: throwing('labels'), key: throwing('key'), open: throwing('open') },
  };
  for (const { title, run } of conformanceChecks(subject)) it(title, run);
});
