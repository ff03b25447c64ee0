import { from, NEVER, of, Subject, throwError, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { StateHandle } from '../../src/operators/state-handle.js';
import {
  type ConformanceSubject,
  conformanceChecks,
  type ThrowingOptions,
} from '../../src/operators/testing/conformance.js';
import { checkDiagram } from '../../src/operators/testing/marbles.js';
import {
  type ThresholdOptions,
  type ThresholdRule,
  type ThresholdSide,
  type ThresholdSnapshot,
  ThresholdState,
  type ThresholdTransition,
  threshold,
} from '../../src/operators/threshold.js';
import { testScheduler } from '../support/marbles.js';
import { diagrams } from './diagrams/threshold.js';

type Options = ThresholdOptions<number, string, ThresholdRule>;
type Transition = ThresholdTransition<number, string>;

const hot: ThresholdRule = { id: 'hot', metric: 'cpu', when: { op: '>', value: 5 } };
const readers = { metric: () => 'cpu', source: () => 'web-1', value: (value: number) => value };

/** Draws transitions: `F` firing, `R` resolved. */
function expectTransitions(
  options: Partial<Options>,
  { source, output, rules, unsubscribe }: { source: string; output: string; rules?: string; unsubscribe?: string },
  sets: Record<string, readonly ThresholdRule[]> = {},
): void {
  testScheduler().run(({ hot: hotSource, expectObservable }) => {
    const values = Object.fromEntries([...'0123456789'].map((digit) => [digit, Number(digit)]));
    const given = rules === undefined ? { rules: [hot], ...options } : { ...options, rules: hotSource(rules, sets) };
    const letters$ = new Subject<string>();
    const output$ = hotSource(source, values).pipe(threshold(() => 'key', { ...readers, ...given }));
    output$.subscribe({
      next: ({ kind }) => letters$.next(kind === 'firing' ? 'F' : 'R'),
      error: (error: unknown) => letters$.error(error),
      complete: () => letters$.complete(),
    });
    expectObservable(letters$, unsubscribe).toBe(output);
  });
}

function collected(options: Partial<Options> = {}) {
  const scheduler = new VirtualTimeScheduler();
  const source$ = new Subject<number>();
  const transitions: Transition[] = [];
  const notices: ThresholdSide<number, string>[] = [];
  const errors: unknown[] = [];
  const side = { next: (notice: ThresholdSide<number, string>) => void notices.push(notice) };
  const subscription = source$
    .pipe(threshold((value) => `key ${value % 10}`, { ...readers, rules: [hot], scheduler, side, ...options }))
    .subscribe({ next: (transition) => transitions.push(transition), error: (error: unknown) => errors.push(error) });
  return { scheduler, source$, transitions, notices, errors, subscription };
}

describe('threshold, as drawn,', () => {
  for (const diagram of diagrams) it(diagram.title, () => checkDiagram(diagram));
});

describe('threshold', () => {
  it('P31 emits transitions only', () => {
    expectTransitions({}, { source: '1-9-8-7-2-3-9-|', output: '--F-----R---F-|' });
  });

  it('P31 a level is crossed for less than `for` and nothing fires', () => {
    expectTransitions({ rules: [{ ...hot, forMs: 5 }] }, { source: '-9--1------|', output: '-----------|' });
  });

  it('P31 fires at the exact end of `for` while the last value holds, without another one', () => {
    expectTransitions({ rules: [{ ...hot, forMs: 5 }] }, { source: '-9-8------2--|', output: '------F---R--|' });
  });

  it('P31 resolves only at the clear level', () => {
    const rules = [{ ...hot, clear: { op: '<', value: 3 } } as const];
    expectTransitions({ rules }, { source: '9-4-9-4-2-4-|', output: 'F-------R---|' });
  });

  it('P39 keeps firing until the condition was clear for `keepFiringFor`', () => {
    const rules = [{ ...hot, keepFiringForMs: 4 }];
    expectTransitions({ rules }, { source: '9-1-9-1-------|', output: 'F---------R---|' });
  });

  it('P35 opens again at the end of the cooldown when the condition still holds', () => {
    expectTransitions({ rules: [{ ...hot, cooldownMs: 8 }] }, { source: '9-1-9--------|', output: 'F-R-----F----|' });
  });

  it('tells the states of one series, and none while nothing is subscribed', () => {
    const state = new ThresholdState<string>();
    const { source$, subscription } = collected({ rules: [{ ...hot, forMs: 5 }], state });
    source$.next(9);
    expect(state.of('key 9')).toMatchObject([{ ruleId: hot.id, phase: 'pending', since: 0, due: 5 }]);
    expect(state.of('key 1')).toEqual([]);
    subscription.unsubscribe();
    expect(state.of('key 9')).toEqual([]);
  });

  it('discards what is pending when the source completes: it never invents an alert', () => {
    expectTransitions({ rules: [{ ...hot, forMs: 5 }] }, { source: '-9-|', output: '---|' });
  });

  it('discards what is pending when the source errors, and forwards the error at once', () => {
    expectTransitions({ rules: [{ ...hot, forMs: 5 }] }, { source: '-9-#', output: '---#' });
  });

  it('B12 waits for forty days', () => {
    const { scheduler, source$, transitions } = collected({
      rules: [{ ...hot, forMs: 40 * 86_400_000, staleAfterMs: Infinity }],
    });
    scheduler.maxFrames = Infinity;
    source$.next(9);
    scheduler.flush();
    expect(transitions).toMatchObject([{ kind: 'firing', at: 40 * 86_400_000, reason: 'held', item: undefined }]);
  });

  it('P33 takes rules from a stream: nothing fires before the first, and a removed one resolves', () => {
    expectTransitions(
      {},
      { rules: '-----a----b', source: '9-------8-----|', output: '--------F-R---|' },
      { a: [hot], b: [] },
    );
  });

  it('stays with the rules that it has when their stream completes', () => {
    const { source$, transitions } = collected({ rules: of([hot]) });
    source$.next(9);
    expect(transitions).toHaveLength(1);
  });

  it('errors when the stream of rules does', () => {
    const error = new Error('of the rules');
    expect(collected({ rules: throwError(() => error) }).errors).toEqual([error]);
  });

  it('errors on rules that break the contract, or keeps those before and says so', () => {
    const rules$ = new Subject<readonly ThresholdRule[]>();
    const strict = collected({ rules: rules$ });
    const lenient = collected({ rules: rules$, onError: 'skip' });
    rules$.next([hot]);
    rules$.next([hot, hot]);
    expect(strict.errors).toEqual([expect.objectContaining({ name: 'RangeError' })]);
    expect(lenient.notices).toEqual([{ kind: 'failed', value: undefined, error: expect.any(RangeError) }]);
    lenient.source$.next(9);
    expect(lenient.transitions).toHaveLength(1);
  });

  it.each(['metric', 'source'] as const)('blames a %s that is no text on its selector', (name) => {
    const options = { [name]: () => undefined as never, rules: [{ ...hot, metric: '*', match: { source: '*' } }] };
    const strict = collected(options);
    strict.source$.next(9);
    expect(strict.errors).toEqual([new TypeError(`threshold.${name} must return a string, returned undefined`)]);
    const lenient = collected({ ...options, onError: 'skip' });
    lenient.source$.next(9);
    expect(lenient.notices).toEqual([{ kind: 'failed', value: 9, error: expect.any(TypeError) }]);
    expect(lenient.errors).toEqual([]);
  });

  it('takes a label that is undefined for one that is missing', () => {
    const labels = () => ({ region: undefined as never });
    const { source$, transitions, errors } = collected({ labels, rules: [{ ...hot, match: { region: '*' } }] });
    source$.next(9);
    expect(transitions).toMatchObject([{ kind: 'firing' }]);
    expect(errors).toEqual([]);
  });

  it('names what it did not evaluate on the side', () => {
    const { source$, notices } = collected({
      maxKeys: 1,
      overflow: 'reject',
      timestamp: (value) => -Math.floor(value / 10),
    });
    for (const value of [1, Number.NaN, 11, 2]) source$.next(value);
    expect(notices).toMatchObject([
      { kind: 'rejected', reason: 'not_finite', value: Number.NaN },
      { kind: 'rejected', reason: 'late', value: 11, key: 'key 1' },
      { kind: 'rejected', reason: 'max_keys', value: 2, key: 'key 2' },
    ]);
  });

  it('says that a rule flaps, on the side', () => {
    const flap = { window: 3, high: 0.6, low: 0.3 };
    const { source$, notices } = collected({ rules: [{ ...hot, flap }] });
    source$.next(19);
    expect(notices).toMatchObject([{ kind: 'flapping', key: 'key 9', state: 'started' }]);
  });

  it('goes by the times of the values in a replay at full speed, and completes with what they say', () => {
    const values = [9, 9, 1, 9, 9, 9];
    let time = 0;
    const timestamp = () => (time += 10);
    const seen: unknown[] = [];
    from(values)
      .pipe(threshold(() => 'key', { ...readers, rules: [{ ...hot, forMs: 15 }], timestamp, maxFutureMs: Infinity }))
      .subscribe(({ kind, at }) => seen.push([kind, at]));
    expect(seen).toEqual([
      ['firing', 25],
      ['resolved', 30],
      ['firing', 55],
    ]);
  });

  it('says before it completes what new rules ended', () => {
    const rules$ = new Subject<readonly ThresholdRule[]>();
    const source$ = new Subject<number>();
    const kinds: string[] = [];
    source$.pipe(threshold((value) => value, { ...readers, rules: rules$ })).subscribe(({ kind }) => kinds.push(kind));
    rules$.next([hot]);
    for (let value = 10; value < 2_010; value += 1) source$.next(value);
    rules$.next([]);
    source$.complete();
    expect(kinds.filter((kind) => kind === 'resolved')).toHaveLength(2_000);
  });

  it('errors beyond `maxKeys` when told so', () => {
    const { source$, errors } = collected({ maxKeys: 1, overflow: 'error' });
    source$.next(1);
    source$.next(2);
    expect(errors).toEqual([expect.objectContaining({ message: 'threshold: more than 1 series (maxKeys)' })]);
  });

  it('P39 starts from the state of an earlier run as soon as the rules are known', () => {
    const state = new StateHandle<ThresholdSnapshot<string>>();
    const first = collected({ state });
    first.source$.next(9);
    const saved = JSON.parse(JSON.stringify(state.snapshot())) as ThresholdSnapshot<string>;
    first.subscription.unsubscribe();
    const rules$ = new Subject<readonly ThresholdRule[]>();
    const next = new StateHandle(saved);
    const second = collected({ state: next, rules: rules$ });
    expect(next.snapshot()).toEqual(saved);
    rules$.next([hot]);
    second.source$.next(9);
    expect(second.transitions).toEqual([]);
    rules$.next([]);
    expect(second.transitions).toMatchObject([{ kind: 'resolved', key: 'key 9', reason: 'rule_removed' }]);
  });

  it('P39 resolves at once what was open under a rule that is gone after a restart', () => {
    const entry = { ...{ metric: 'cpu', source: 'web-1', labels: {} }, phase: 'firing', since: 0, value: 9 } as const;
    const state = new StateHandle<ThresholdSnapshot<string>>({
      version: 1,
      entries: [{ ...entry, ruleId: 'gone', key: 'key 9' }],
    });
    const { transitions } = collected({ state });
    expect(transitions).toMatchObject([{ kind: 'resolved', ruleId: 'gone', rule: undefined, reason: 'rule_removed' }]);
  });

  it('leaves nothing on the scheduler when it is unsubscribed with pending states', () => {
    const { scheduler, source$, subscription, transitions } = collected({ rules: [{ ...hot, forMs: 5 }] });
    source$.next(9);
    subscription.unsubscribe();
    scheduler.flush();
    expect(transitions).toEqual([]);
    expect(scheduler.frame).toBe(0);
  });

  it.each<[string, Partial<Options>, string]>([
    [
      'threshold.rules[0].when',
      { rules: [{ ...hot, when: { op: '>', value: Number.NaN } }] },
      'when.value must be a finite',
    ],
    [
      'an unknown operator',
      { rules: [{ ...hot, when: { op: '~' } as never }] },
      'threshold.rules[0].when.op must be one of',
    ],
    [
      'bounds in the wrong order',
      { rules: [{ ...hot, when: { op: 'between', low: 2, high: 1 } }] },
      'low must not be above',
    ],
    ['a negative duration', { rules: [{ ...hot, forMs: -1 }] }, 'threshold.rules[0].forMs'],
    ['an empty id', { rules: [{ ...hot, id: '' }] }, 'threshold.rules[0].id must not be empty'],
    [
      'a pattern that is no text',
      { rules: [{ ...hot, match: { region: 5 as never } }] },
      'match.region must be a string',
    ],
    ['matchers that are no object', { rules: [{ ...hot, match: 'eu' as never }] }, 'match must be an object'],
    ['a switch that is no switch', { rules: [{ ...hot, enabled: 'no' as never }] }, 'enabled must be true or false'],
    ['no value selector', { value: undefined as never }, 'threshold.value must be a function'],
    ['labels that cannot be read', { labels: 5 as never }, 'threshold.labels must be a function'],
    ['no rules', { rules: undefined as never }, 'threshold.rules must be an object'],
    ['a time that cannot be read', { timestamp: 5 as never }, 'threshold.timestamp must be a function'],
    ['a negative lateness', { timestamp: Number, latenessMs: -1 }, 'threshold.latenessMs'],
    ['a revision of what was said', { onLate: 'update' as never }, "threshold.onLate must be one of 'drop', 'arrival'"],
    ['no keys', { maxKeys: 0 }, 'threshold.maxKeys'],
    ['no idle time', { idleMs: 0 }, 'threshold.idleMs'],
  ])('refuses %s when it is created', (_, options, message) => {
    expect(() => threshold(() => 'key', { ...readers, rules: [hot], ...options })).toThrow(message);
  });

  it('gives back the rule as it was given, with all its fields', () => {
    const rules = [{ ...hot, severity: 'high', labels: { team: 'a' } }];
    const seen: unknown[] = [];
    of(9)
      .pipe(threshold(() => 'key', { ...readers, rules }))
      .subscribe(({ rule }) => seen.push(rule?.severity));
    expect(seen).toEqual(['high']);
  });

  it('arms no timer before it knows a series', () => {
    const scheduler = new VirtualTimeScheduler();
    NEVER.pipe(threshold(() => 'key', { ...readers, rules: [hot], scheduler })).subscribe();
    expect(scheduler.actions).toEqual([]);
  });
});

/** Each value is a series of its own that fires at once. */
function eachFires(
  options: (Partial<ThresholdOptions<string, string>> & ThrowingOptions) | { scheduler: ThrowingOptions['scheduler'] },
) {
  return threshold<string, string, ThresholdRule>((value) => value, {
    rules: [hot],
    metric: () => 'cpu',
    source: () => '',
    value: () => 9,
    ...options,
  });
}

const throwing = Object.fromEntries(
  (['metric', 'source', 'labels', 'value', 'timestamp'] as const).map((name) => [
    name,
    (error: Error, options: ThrowingOptions) => {
      const usual = { metric: 'cpu', source: '', labels: {}, value: 9, timestamp: 0 }[name];
      const callback = (value: string) => {
        if (value === 'b') throw error;
        return usual;
      };
      return eachFires({ ...options, [name]: callback });
    },
  ]),
);

const subjects: Readonly<Record<string, ConformanceSubject<string, unknown>>> = {
  'threshold that fires at once': {
    create: (scheduler) => eachFires({ scheduler }),
    values: ['a', 'b', 'c'],
    throwing,
  },
  'threshold that fires later': {
    create: (scheduler) => eachFires({ scheduler, rules: of([{ ...hot, forMs: 10 }]), onError: 'error' }),
    values: ['a', 'b', 'c'],
    emits: 'later',
  },
};

for (const [name, subject] of Object.entries(subjects)) {
  describe(`${name} keeps the contract of an operator: it`, () => {
    for (const { title, run } of conformanceChecks(subject)) it(title, run);
  });
}
