import { NEVER, type Observable, of, type SchedulerLike, Subject, throwError, VirtualTimeScheduler } from 'rxjs';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  type Aggregated,
  type AggregateFn,
  type AggregateOptions,
  type AggregateSide,
  type AggregateSnapshot,
  aggregate,
} from '../../src/operators/aggregate.js';
import { StateHandle } from '../../src/operators/state-handle.js';
import { type ConformanceSubject, conformanceChecks } from '../../src/operators/testing/conformance.js';
import { checkDiagram } from '../../src/operators/testing/marbles.js';
import { recorded } from '../../src/operators/testing/recording.js';
import { bytesInUse } from '../support/heap.js';
import { diagrams } from './diagrams/aggregate.js';

interface Sample {
  readonly key: string;
  readonly value: number;
  readonly at?: number;
}

type Options = Omit<AggregateOptions<Sample, string, 'sum'>, 'value' | 'fns' | 'scheduler' | 'side'>;

/** Feeds samples at their times, in virtual time. */
function fed(options: Options, samples: readonly (Sample & { readonly on: number })[]) {
  const scheduler = new VirtualTimeScheduler();
  const notices: AggregateSide<Sample, string, 'sum'>[] = [];
  const source$ = new Subject<Sample>();
  const side = { next: (notice: AggregateSide<Sample, string, 'sum'>) => void notices.push(notice) };
  const sum$ = source$.pipe(
    aggregate(({ key }) => key, { value: ({ value }) => value, fns: ['sum'], ...options, scheduler, side }),
  );
  const output = recorded(sum$);
  for (const sample of samples) scheduler.schedule(() => source$.next(sample), sample.on);
  return { scheduler, notices, output, source$ };
}

function brief(windows: readonly Aggregated<string, 'sum'>[]): string[] {
  return windows.map(
    ({ key, start, end, values, partial }) => `${key} ${start}-${end} ${values.sum}${partial ? ' …' : ''}`,
  );
}

describe('aggregate', () => {
  for (const diagram of diagrams) it(diagram.title, () => checkDiagram(diagram));

  it('knows by its type which figures a window has', () => {
    const sample$: Observable<Sample> = NEVER;
    const window$ = sample$.pipe(
      aggregate((sample) => sample.key, { value: (sample) => sample.value, fns: ['avg', 'p99'], windowMs: 1 }),
    );
    expectTypeOf(window$).toEqualTypeOf<Observable<Aggregated<string, 'avg' | 'p99'>>>();
    expectTypeOf<Aggregated<string, 'p99'>['values']>().toEqualTypeOf<Readonly<Record<'p99', number>>>();
  });

  it('tells each key by itself, and forgets it when it stays idle, without another value', () => {
    const { scheduler, output } = fed({ windowMs: 100 }, [
      { on: 10, key: 'a', value: 1 },
      { on: 20, key: 'b', value: 2 },
      { on: 110, key: 'a', value: 4 },
    ]);
    scheduler.flush();
    expect(brief(output.values)).toEqual(['a 0-100 1', 'b 0-100 2', 'a 100-200 4']);
    expect(scheduler.actions).toHaveLength(0);
  });

  it('tells open windows as partial ones on completion, and none on an error', () => {
    const options = { value: () => 1, fns: ['sum'], windowMs: 100, scheduler: new VirtualTimeScheduler() } as const;
    const completed = recorded(of('a', 'a', 'b').pipe(aggregate((key: string) => key, options)));
    expect(brief(completed.values)).toEqual(['a 0-100 2 …', 'b 0-100 1 …']);
    const source$ = new Subject<string>();
    const failed = recorded(source$.pipe(aggregate((key) => key, options)));
    source$.next('a');
    source$.error(new Error('of the source'));
    expect(failed.log()).toEqual(['error']);
  });

  it('says what it rejects, and why', () => {
    const timed = {
      windowMs: 100,
      timestamp: ({ at }: Sample) => at!,
      maxFutureMs: 50,
      maxKeys: 1,
      overflow: 'reject',
    } as const;
    const { scheduler, notices } = fed(timed, [
      { on: 1_000, key: 'a', value: 1, at: 1_000 },
      { on: 1_001, key: 'a', value: 1, at: 899 },
      { on: 1_001, key: 'a', value: 1, at: 1_052 },
      { on: 1_001, key: 'a', value: 1, at: Number.NaN },
      { on: 1_001, key: 'a', value: Number.NaN, at: 1_001 },
      { on: 1_001, key: 'b', value: 1, at: 1_001 },
    ]);
    scheduler.maxFrames = 1_010;
    scheduler.flush();
    const reasons = notices.map((notice) => notice.kind === 'rejected' && `${notice.key} ${notice.reason}`);
    expect(reasons).toEqual(['a late', 'a future', 'a not_a_time', 'a not_finite', 'b max_keys']);
  });

  it('F7 a flood of new keys is bounded, and every window that it pushes out is told on the side', () => {
    const flood = Array.from({ length: 1_000 }, (_, n) => ({ on: 0, key: `key ${n}`, value: 1 }));
    const { scheduler, notices, output } = fed({ windowMs: 100, maxKeys: 100 }, flood);
    scheduler.flush();
    const evicted = notices.flatMap((notice) => (notice.kind === 'evicted' ? notice.windows : []));
    expect(evicted).toHaveLength(900);
    expect(output.values).toHaveLength(100);
  });

  it('F7 errors beyond maxKeys, when told so', () => {
    const { scheduler, output } = fed({ windowMs: 100, maxKeys: 1, overflow: 'error' }, [
      { on: 0, key: 'a', value: 1 },
      { on: 0, key: 'b', value: 1 },
    ]);
    scheduler.flush();
    expect(output.error).toBeInstanceOf(RangeError);
  });

  it('B12 tells a window of 60 days at its end', () => {
    const days = 86_400_000;
    const { scheduler, output } = fed({ windowMs: 60 * days }, [{ on: 1, key: 'a', value: 1 }]);
    scheduler.maxFrames = 60 * days - 1;
    scheduler.flush();
    expect(output.values).toEqual([]);
    scheduler.maxFrames = 60 * days;
    scheduler.flush();
    expect(output.values).toHaveLength(1);
  });

  it('closes a window of timed values after a silence', () => {
    const { scheduler, output } = fed({ windowMs: 100, timestamp: ({ at }) => at!, idleTimeoutMs: 500 }, [
      { on: 1_000, key: 'a', value: 1, at: 950 },
    ]);
    scheduler.maxFrames = 1_499;
    scheduler.flush();
    expect(output.values).toEqual([]);
    scheduler.maxFrames = 1_500;
    scheduler.flush();
    expect(brief(output.values)).toEqual(['a 900-1000 1']);
  });

  it('goes on from the state of an earlier subscription', () => {
    const saved = new StateHandle<AggregateSnapshot<string, 'sum'>>();
    const first = fed({ windowMs: 100, state: saved }, [{ on: 10, key: 'a', value: 1 }]);
    first.scheduler.maxFrames = 10;
    first.scheduler.flush();
    const initial: AggregateSnapshot<string, 'sum'> = JSON.parse(JSON.stringify(saved.snapshot()));
    const second = fed({ windowMs: 100, state: new StateHandle(initial) }, [{ on: 50, key: 'a', value: 2 }]);
    second.scheduler.flush();
    expect(brief(second.output.values)).toEqual(['a 0-100 3']);
  });

  it('tells many keys at one moment in many turns, each bounded', () => {
    const keys = 3_000;
    const samples = Array.from({ length: keys }, (_, n) => ({ on: 0, key: `${n}`, value: 1 }));
    const { scheduler, output } = fed({ windowMs: 100 }, samples);
    const perTurn: number[] = [];
    const schedule = scheduler.schedule.bind(scheduler);
    scheduler.schedule = (work, delay, state) =>
      schedule(
        function (given) {
          const before = output.values.length;
          work.call(this, given);
          perTurn.push(output.values.length - before);
        },
        delay,
        state,
      );
    scheduler.flush();
    expect(output.values).toHaveLength(keys);
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(500);
  });

  it.each<[string, Partial<Record<keyof AggregateOptions<Sample, string>, unknown>>, RegExp]>([
    ['no window', { windowMs: undefined }, /aggregate\.windowMs must be an integer/],
    ['a window of nothing', { windowMs: 0 }, /aggregate\.windowMs/],
    ['half a millisecond', { windowMs: 0.5 }, /aggregate\.windowMs/],
    ['gaps between windows', { everyMs: 101 }, /aggregate\.everyMs must be an integer from 1 to 100, received 101/],
    [
      'too many panes',
      { windowMs: 60_001, everyMs: 60_000 },
      /aggregate\.windowMs.*60001 panes of 1 ms.*common divisor/,
    ],
    ['no figures', { fns: [] }, /aggregate\.fns must not be empty/],
    ['an unknown figure', { fns: ['median'] }, /aggregate\.fns\[0\] must be .* received "median"/],
    ['a figure twice', { fns: ['sum', 'sum'] }, /aggregate\.fns\[1\] must be another one/],
    ['no value', { value: undefined }, /aggregate\.value must be a function/],
    ['an unknown emit', { emit: 'now' }, /aggregate\.emit must be one of 'tick', 'change', 'event'/],
    ['an unknown mode', { mode: 'rough' }, /aggregate\.mode/],
    ['no events', { maxEvents: 0 }, /aggregate\.maxEvents/],
    ['no panes', { panes: 0 }, /aggregate\.panes/],
    ['a policy that it does not know', { onLate: 'arrival' }, /aggregate\.onLate must be one of 'drop', 'update'/],
    ['revisions of what has no end', { emit: 'event', onLate: 'update' }, /aggregate\.onLate must be 'drop'/],
    ['a grid of what has no end', { emit: 'event', everyMs: 50 }, /aggregate\.everyMs must be left out/],
    ['keys that are forgotten too early', { idleMs: 99 }, /aggregate\.idleMs .* 100 or more/],
    ['no keys', { maxKeys: 0 }, /aggregate\.maxKeys/],
    ['a timestamp that is none', { timestamp: 5 }, /aggregate\.timestamp must be a function/],
    ['negative lateness', { latenessMs: -1 }, /aggregate\.latenessMs/],
  ])('refuses %s when it is created', (_, options, message) => {
    const all = { value: () => 1, fns: ['sum'], windowMs: 100, ...options } as unknown as AggregateOptions<
      Sample,
      string
    >;
    expect(() => aggregate(({ key }: Sample) => key, all)).toThrow(message);
  });
});

describe('aggregate keeps the contract of an operator: it', () => {
  type Callback = (text: string) => string;
  const throwsAtB =
    (error: Error): Callback =>
    (text) => {
      if (text === 'b') throw error;
      return text;
    };
  const create = (more: Partial<AggregateOptions<string, string, AggregateFn>>, key: Callback = (text) => text) =>
    aggregate(key, { value: () => 1, fns: ['count', 'p50'], windowMs: 100, emit: 'event', ...more });
  const values = ['a', 'b', 'c'] as const;
  const timestamp = () => 1;
  const subjects: Readonly<Record<string, ConformanceSubject<string, unknown>>> = {
    'at each value': {
      create: (scheduler) => create({ scheduler }),
      values,
      throwing: {
        key: (error, options) => create(options, throwsAtB(error)),
        value: (error, options) => create({ ...options, value: (text) => throwsAtB(error)(text).length }),
      },
    },
    'at each value, exact': { create: (scheduler) => create({ scheduler, mode: 'exact' }), values },
    'at the end of a window': {
      create: (scheduler) => create({ scheduler, emit: 'tick' }),
      values,
      emits: 'later',
    },
    'by the times of values': {
      create: (scheduler) => create({ scheduler, timestamp }),
      values,
      throwing: {
        timestamp: (error, options) =>
          create({ ...options, timestamp: (text) => throwsAtB(error)(text).length * timestamp() }),
      },
    },
  };
  for (const [name, subject] of Object.entries(subjects)) {
    for (const { title, run } of conformanceChecks(subject)) it(`${title} (${name})`, run);
  }

  it('forwards an error at once, whatever is open', () => {
    const error = new Error('of the source');
    expect(recorded(throwError(() => error).pipe(create({}))).error).toBe(error);
  });
});

describe.each<[string, Partial<AggregateOptions<string, string, 'sum' | 'p90'>>]>([
  ['panes', { fns: ['sum'] }],
  ['panes with percentiles', { fns: ['sum', 'p90'] }],
  ['exact', { mode: 'exact' }],
])('the memory of aggregate, %s,', (_, more) => {
  const keys = 10_000;
  const slack = 512 * 1024;
  const run = (scheduler: SchedulerLike, source$: Subject<string>) =>
    source$
      .pipe(
        aggregate((key) => key, { value: () => 1, fns: ['sum'], windowMs: 1_000, everyMs: 200, ...more, scheduler }),
      )
      .subscribe();
  const flood = (source$: Subject<string>) => {
    for (let key = 0; key < keys; key += 1) source$.next(`key ${key}`);
  };

  // What the first run compiles stays, and is not what is measured.
  beforeAll(() => {
    const source$ = new Subject<string>();
    const subscription = run(new VirtualTimeScheduler(), source$);
    flood(source$);
    subscription.unsubscribe();
  });

  it('returns to its base when all keys have expired, without another value', () => {
    const scheduler = new VirtualTimeScheduler();
    const source$ = new Subject<string>();
    run(scheduler, source$);
    const base = bytesInUse();
    flood(source$);
    expect(bytesInUse() - base).toBeGreaterThan(40 * keys);
    scheduler.flush();
    expect(bytesInUse() - base).toBeLessThan(slack);
    expect(source$.observed).toBe(true);
  });

  it('returns to its base when it is unsubscribed', () => {
    const source$ = new Subject<string>();
    const base = bytesInUse();
    const subscription = run(new VirtualTimeScheduler(), source$);
    flood(source$);
    expect(bytesInUse() - base).toBeGreaterThan(40 * keys);
    subscription.unsubscribe();
    expect(bytesInUse() - base).toBeLessThan(slack);
    expect(subscription.closed).toBe(true);
  });
});
