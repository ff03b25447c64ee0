import { BehaviorSubject, Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  type InhibitOptions,
  type InhibitRule,
  type InhibitSide,
  type InhibitSnapshot,
  inhibit,
} from '../../src/operators/inhibit.js';
import { StateHandle } from '../../src/operators/state-handle.js';
import {
  type ConformanceSubject,
  conformanceChecks,
  type ThrowingOptions,
} from '../../src/operators/testing/conformance.js';
import { checkDiagram } from '../../src/operators/testing/marbles.js';
import { bytesInUse } from '../support/heap.js';
import { diagrams } from './diagrams/inhibit.js';

type Options = InhibitOptions<string, string>;

const rule: InhibitRule = {
  id: 'switch',
  source: [{ label: 'name', op: '=', value: 's' }],
  target: [{ label: 'name', op: '=~', value: '[tu]' }],
  equal: [],
};

/** A capital closes what its small letter opens. */
const key = (name: string) => name.toLowerCase();
const labels = (name: string) => ({ name: key(name) });
const open = (name: string) => name === key(name);
const common = { rules: [rule], labels, open };

function collected(options: Partial<Options> = {}) {
  const scheduler = new VirtualTimeScheduler();
  scheduler.maxFrames = Infinity;
  const source$ = new Subject<string>();
  const passed: string[] = [];
  const notices: InhibitSide<string, string>[] = [];
  const errors: unknown[] = [];
  const side = { next: (notice: InhibitSide<string, string>) => void notices.push(notice) };
  const subscription = source$
    .pipe(inhibit(key, { ...common, scheduler, side, ...options }))
    .subscribe({ next: (value) => passed.push(value), error: (error: unknown) => errors.push(error) });
  const feed = (names: string) => {
    for (const name of names) source$.next(name);
  };
  return { scheduler, source$, feed, passed, notices, errors, subscription };
}

describe('inhibit', () => {
  it.each(diagrams)('$title', checkDiagram);

  it('names the rule and the source that hold a value back', () => {
    const { feed, passed, notices } = collected();
    feed('st');
    expect(passed).toEqual(['s']);
    expect(notices).toEqual([{ kind: 'inhibited', key: 't', value: 't', by: [{ rule: 'switch', source: 's' }] }]);
  });

  it('lets pass what comes before the first rules, which opens no source', () => {
    const rules$ = new Subject<readonly InhibitRule[]>();
    const { feed, passed } = collected({ rules: rules$ });
    feed('s');
    rules$.next([rule]);
    feed('tst');
    expect(passed).toEqual(['s', 't', 's']);
  });

  it('keeps its sources when the rules are replaced, and emits what nothing mutes any more', () => {
    const rules$ = new BehaviorSubject<readonly InhibitRule[]>([rule]);
    const { feed, passed, notices } = collected({ rules: rules$ });
    feed('stu');
    rules$.next([{ ...rule, target: [{ label: 'name', op: '=', value: 'u' }] }]);
    expect(passed).toEqual(['s', 't']);
    expect(notices.at(-1)).toEqual({ kind: 'released', key: 't', value: 't' });
    feed('u');
    expect(notices.slice(-2)).toMatchObject([
      { kind: 'inhibited', key: 'u' },
      { kind: 'dropped', key: 'u', reason: 'superseded' },
    ]);
  });

  it('errors on bad rules of the stream, or keeps those before when told to skip', () => {
    const rules$ = new BehaviorSubject<readonly InhibitRule[]>([rule]);
    const erring = collected({ rules: rules$ });
    const skipping = collected({ rules: rules$, onError: 'skip' });
    rules$.next([rule, rule]);
    expect(erring.errors).toMatchObject([{ name: 'RangeError' }]);
    expect(skipping.notices.at(-1)).toMatchObject({ kind: 'failed', error: { name: 'RangeError' } });
    skipping.feed('st');
    expect(skipping.passed).toEqual(['s']);
  });

  it('forwards an error of the stream of rules at once', () => {
    const rules$ = new Subject<readonly InhibitRule[]>();
    const { source$, errors } = collected({ rules: rules$ });
    const error = new Error('of the rules');
    rules$.error(error);
    expect(errors).toEqual([error]);
    expect(source$.observed).toBe(false);
  });

  it('lets what is muted itself mute, while it is open', () => {
    const chain: InhibitRule = {
      id: 'chain',
      source: [{ label: 'name', op: '=', value: 't' }],
      target: [{ label: 'name', op: '=', value: 'v' }],
      equal: [],
    };
    const { feed, passed } = collected({ rules: [rule, chain] });
    feed('stv');
    expect(passed).toEqual(['s']);
    feed('T');
    expect(passed).toEqual(['s', 'T', 'v']);
  });

  it('decides what waits when the source completes, and drops what is muted', () => {
    const { feed, source$, passed, notices } = collected({ settleMs: 5 });
    feed('ts');
    source$.complete();
    expect(passed).toEqual(['s']);
    expect(notices.map(({ kind }) => kind)).toEqual(['inhibited', 'dropped']);
    const quiet = collected({ settleMs: 5 });
    quiet.feed('t');
    quiet.source$.complete();
    expect(quiet.passed).toEqual(['t']);
  });

  it('says which sources and which targets found no room', () => {
    const sources = [{ ...rule, source: [{ label: 'name', op: '=~', value: '[sv]' } as const] }];
    const { feed, passed, notices } = collected({ rules: sources, maxKeys: 1 });
    feed('svtu');
    expect(passed).toEqual(['s', 'v']);
    expect(notices.filter(({ kind }) => kind !== 'inhibited')).toEqual([
      { kind: 'unremembered', key: 'v', value: 'v', reason: 'max_keys' },
      { kind: 'rejected', key: 'u', value: 'u', reason: 'max_keys' },
    ]);
  });

  it('errors beyond `maxKeys` when told so', () => {
    const { feed, errors } = collected({ maxKeys: 1, overflow: 'error' });
    feed('stu');
    expect(errors).toMatchObject([{ message: 'inhibit: more than 1 values kept (maxKeys)' }]);
  });

  it('forgets a source of which nothing is heard for `idleMs`', () => {
    const { feed, passed, notices, scheduler } = collected({ idleMs: 30 });
    feed('st');
    scheduler.flush();
    expect(passed).toEqual(['s', 't']);
    expect(notices).toContainEqual({ kind: 'expired', key: 's', at: 30 });
  });

  it('goes on from the state of an earlier subscription', () => {
    const state = new StateHandle<InhibitSnapshot<string, string>>();
    collected({ state }).feed('st');
    const saved = JSON.parse(JSON.stringify(state.snapshot())) as InhibitSnapshot<string, string>;
    const second = collected({ state: new StateHandle(saved) });
    second.feed('uS');
    expect(second.passed).toEqual(['S', 't', 'u']);
  });

  it('emits what a released value brings about after all that is released with it', () => {
    const source$ = new Subject<string>();
    const passed: string[] = [];
    source$.pipe(inhibit(key, { ...common, scheduler: new VirtualTimeScheduler() })).subscribe((value) => {
      passed.push(value);
      if (value === 't') source$.next('x');
    });
    for (const name of 'stuS') source$.next(name);
    expect(passed).toEqual(['s', 'S', 't', 'u', 'x']);
  });

  it('says nothing more when what a late timer emits has ended the subscription', () => {
    const matcher = (value: string) => [{ label: 'name', op: '=', value }] as const;
    const rules = [rule, { id: 'other', source: matcher('z'), target: matcher('y'), equal: [] }];
    const scheduler = new VirtualTimeScheduler();
    const source$ = new Subject<string>();
    const said: string[] = [];
    const side = { next: ({ kind }: InhibitSide<string, string>) => void said.push(kind) };
    const subscription = source$
      .pipe(inhibit(key, { ...common, rules, idleMs: 10, scheduler, side }))
      .subscribe((value) => value === 't' && subscription.unsubscribe());
    for (const name of 'st') source$.next(name);
    scheduler.frame = 9;
    source$.next('z');
    scheduler.frame = 12;
    source$.next('y');
    expect(said).toEqual(['inhibited', 'expired', 'released']);
  });

  it.each([
    [{ labels: undefined }, 'inhibit.labels must be a function'],
    [{ open: undefined }, 'inhibit.open must be a function'],
    [{ settleMs: Number.NaN }, 'inhibit.settleMs must be a finite number'],
    [{ idleMs: '5m' }, 'inhibit.idleMs must be a finite number'],
    [{ maxKeys: 1.5 }, 'inhibit.maxKeys must be an integer'],
    [{ overflow: 'evict' }, 'inhibit.overflow must be one of'],
    [{ rules: undefined }, 'inhibit.rules must be an object, received undefined'],
    [{ rules: [{ ...rule, id: '' }] }, 'inhibit.rules[0].id must not be empty'],
    [{ rules: [rule, rule] }, 'inhibit.rules[1].id must be unique'],
    [{ rules: [{ ...rule, equal: [1] }] }, 'inhibit.rules[0].equal[0] must be a string'],
    [
      { rules: [{ ...rule, target: [{ label: 'a', op: '=~', value: '[' }] }] },
      'inhibit.rules[0].target[0].value must be a supported pattern',
    ],
  ])('refuses %j when it is created', (options, problem) => {
    expect(() => inhibit(key, { ...common, ...options } as never)).toThrow(problem);
    expect(() => inhibit(undefined as never, common)).toThrow('inhibit.key must be a function');
  });

  const keys = 50_000;

  it('gives its memory back when all was closed, and when it is unsubscribed', () => {
    const rules = [{ ...rule, source: [{ label: 'name', op: '^=', value: 'key' } as const] }];
    const flood = (to$: Subject<string>, name: string) => {
      for (let at = 0; at < keys; at += 1) to$.next(`${name} ${at}`);
    };
    const run = () => {
      const source$ = new Subject<string>();
      const scheduler = new VirtualTimeScheduler();
      const subscription = source$.pipe(inhibit(key, { ...common, rules, scheduler })).subscribe();
      return { source$, subscription };
    };
    const warm = run();
    flood(warm.source$, 'key');
    flood(warm.source$, 'KEY');
    const base = bytesInUse();
    const ends = [
      (one: typeof warm) => flood(one.source$, 'KEY'),
      (one: typeof warm) => one.subscription.unsubscribe(),
    ];
    for (const end of ends) {
      const one = run();
      flood(one.source$, 'key');
      expect(bytesInUse() - base).toBeGreaterThan(100 * keys);
      end(one);
      expect(bytesInUse() - base).toBeLessThan(512 * 1024);
    }
  });

  function throwing(name: 'key' | 'labels' | 'open') {
    return (error: Error, options: ThrowingOptions) => {
      const broken =
        <R>(callback: (value: string) => R) =>
        (value: string) => {
          if (value === 'b') throw error;
          return callback(value);
        };
      const all = { key, labels, open, [name]: broken<unknown>({ key, labels, open }[name]) };
      return inhibit(all.key, { ...common, labels: all.labels, open: all.open, ...options });
    };
  }

  const subject: ConformanceSubject<string, string> = {
    create: (scheduler) => inhibit(key, { ...common, scheduler }),
    values: ['a', 'b', 'c'],
    throwing: { key: throwing('key'), labels: throwing('labels'), open: throwing('open') },
  };
  for (const { title, run } of conformanceChecks(subject)) it(title, run);

  const settling: ConformanceSubject<string, string> = {
    create: (scheduler) => inhibit(key, { ...common, settleMs: 5, scheduler }),
    values: ['t', 'u', 't'],
    emits: 'later',
  };
  for (const { title, run } of conformanceChecks(settling)) it(`with settleMs, ${title}`, run);
});
