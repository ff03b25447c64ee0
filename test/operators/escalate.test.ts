import { of, Subject, throwError, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  type EscalateAcknowledgement,
  type EscalateOptions,
  type EscalateSide,
  type EscalateSnapshot,
  type EscalateStep,
  type EscalationLadder,
  escalate,
} from '../../src/operators/escalate.js';
import { StateHandle } from '../../src/operators/state-handle.js';
import {
  type ConformanceSubject,
  conformanceChecks,
  type ThrowingOptions,
} from '../../src/operators/testing/conformance.js';
import { testScheduler } from '../support/marbles.js';

type Options = EscalateOptions<string, string>;

const identity = (item: string) => item;
const ladder: EscalationLadder = { steps: [{ afterMs: 3 }, { afterMs: 5 }], max: 3 };

interface Drawing {
  readonly source: string;
  readonly acknowledge?: string;
  readonly resume?: string;
  readonly resolve?: string;
  readonly output: string;
}

/** Draws the level of each step. */
function expectSteps(plan: EscalationLadder, drawing: Drawing, until?: number): void {
  testScheduler().run(({ hot, expectObservable }) => {
    const inputs = {
      acknowledge: hot(drawing.acknowledge ?? '', {
        a: { key: 'a', ...(until !== undefined && { until }) },
      }),
      resume: hot(drawing.resume ?? ''),
      resolve: hot(drawing.resolve ?? ''),
    };
    const levels$ = new Subject<string>();
    hot(drawing.source)
      .pipe(escalate(identity, { ladder: () => plan, ...inputs }))
      .subscribe({
        next: ({ level }) => levels$.next(String(level)),
        error: (error: unknown) => levels$.error(error),
        complete: () => levels$.complete(),
      });
    expectObservable(levels$).toBe(drawing.output);
  });
}

function collected(options: Partial<Options> = {}) {
  const scheduler = new VirtualTimeScheduler();
  scheduler.maxFrames = Infinity;
  const source$ = new Subject<string>();
  const steps: EscalateStep<string, string>[] = [];
  const notices: EscalateSide<string, string>[] = [];
  const errors: unknown[] = [];
  const side = { next: (notice: EscalateSide<string, string>) => void notices.push(notice) };
  const subscription = source$
    .pipe(escalate(identity, { ladder: () => ladder, scheduler, side, ...options }))
    .subscribe({ next: (step) => steps.push(step), error: (error: unknown) => errors.push(error) });
  return { scheduler, source$, steps, notices, errors, subscription };
}

describe('escalate', () => {
  it('P41 takes each level after its own delay and repeats the last up to `max`', () => {
    expectSteps(ladder, { source: 'a', output: '---1----2----3' });
  });

  it('P41 pauses while acknowledged and goes on with the time that was left', () => {
    expectSteps(ladder, {
      source: '     a------------------',
      acknowledge: '------a------------',
      resume: '     -----------a-------',
      output: '     ---1---------2----3',
    });
  });

  it('P41 goes on by itself when the acknowledgement ends', () => {
    expectSteps(ladder, { source: 'a', acknowledge: '-a', output: '-----------1----2----3' }, 9);
  });

  it('P41 resolving ends it, at once and for good', () => {
    expectSteps(ladder, { source: 'a', resolve: '----a', output: '---1' });
  });

  it('P41 an item without a ladder takes its key off the one that it is on', () => {
    const ladders = [ladder, undefined];
    const { source$, scheduler, steps } = collected({ ladder: () => ladders.shift() });
    source$.next('a');
    source$.next('a');
    scheduler.flush();
    expect(steps).toEqual([]);
  });

  it('discards what is open when the source completes: a step is never invented', () => {
    expectSteps(ladder, { source: 'a---|', output: '---1|' });
  });

  it('forwards an error at once', () => {
    expectSteps(ladder, { source: 'a---#', output: '---1#' });
  });

  it('P41 hands the item back with each step, and what its owner has put on the step', () => {
    const onCall = { afterMs: 3, channels: ['pager'], severity: 'high' };
    const { source$, scheduler, steps } = collected({ ladder: () => ({ steps: [onCall], max: 2 }) });
    source$.next('a');
    scheduler.flush();
    expect(steps).toEqual([
      { kind: 'step', key: 'a', item: 'a', level: 1, step: onCall, dueAt: 3, at: 3 },
      { kind: 'step', key: 'a', item: 'a', level: 2, step: onCall, dueAt: 6, at: 6 },
    ]);
  });

  it('B12 waits for forty days', () => {
    const { source$, scheduler, steps } = collected({ ladder: () => ({ steps: [{ afterMs: 40 * 86_400_000 }] }) });
    source$.next('a');
    scheduler.flush();
    expect(steps).toMatchObject([{ at: 40 * 86_400_000 }]);
  });

  it('B12 an acknowledgement lasts for forty days, if it is to', () => {
    const until = 40 * 86_400_000;
    const later$ = new Subject<EscalateAcknowledgement<string>>();
    const paused = collected({ acknowledge: later$ });
    paused.source$.next('a');
    later$.next({ key: 'a', until });
    paused.scheduler.flush();
    expect(paused.steps[0]).toMatchObject({ level: 1, at: until + 3 });
  });

  it('P41 an overdue level fires at once after a restart, and later ones keep their own delay', () => {
    const late: EscalationLadder = { ...ladder, position: { level: 1, nextAt: -1_000 } };
    const { source$, scheduler, steps } = collected({ ladder: () => late });
    source$.next('a');
    expect(steps).toMatchObject([{ level: 2, dueAt: -1_000, at: 0 }]);
    scheduler.flush();
    expect(steps[1]).toMatchObject({ level: 3, dueAt: 5, at: 5 });
  });

  it('P41 goes on from the state of an earlier subscription', () => {
    const state = new StateHandle<EscalateSnapshot<string>>();
    const first = collected({ state });
    first.source$.next('a');
    first.scheduler.maxFrames = 4;
    first.scheduler.flush();
    const saved = JSON.parse(JSON.stringify(state.snapshot())) as EscalateSnapshot<string>;
    const second = collected({ state: new StateHandle(saved) });
    second.scheduler.flush();
    expect(second.steps).toMatchObject([
      { key: 'a', level: 2, at: 8, item: undefined },
      { key: 'a', level: 3, at: 13 },
    ]);
  });

  it('takes a step that is due before an acknowledgement that comes after it, also when the timer is late', () => {
    const acknowledge = new Subject<EscalateAcknowledgement<string>>();
    const { source$, scheduler, steps } = collected({ acknowledge });
    source$.next('a');
    scheduler.frame = 4;
    acknowledge.next({ key: 'a' });
    expect(steps).toMatchObject([{ level: 1, dueAt: 3, at: 4 }]);
  });

  it('ignores acknowledgements, resumptions and resolutions of what is not open', () => {
    const { errors, steps } = collected({ acknowledge: of({ key: 'b' }), resume: of('b'), resolve: of('b') });
    expect([errors, steps]).toEqual([[], []]);
  });

  it('errors when an input of its options does', () => {
    const error = new Error('of the input');
    expect(collected({ resolve: throwError(() => error) }).errors).toEqual([error]);
  });

  it('never forgets what is open: an opening beyond `maxKeys` is named on the side, or errors', () => {
    const lenient = collected({ maxKeys: 1 });
    const strict = collected({ maxKeys: 1, overflow: 'error' });
    for (const { source$ } of [lenient, strict]) for (const key of ['a', 'b']) source$.next(key);
    expect(lenient.notices).toEqual([{ kind: 'rejected', key: 'b', value: 'b', reason: 'max_keys' }]);
    expect(strict.errors).toEqual([expect.objectContaining({ message: 'escalate: more than 1 open (maxKeys)' })]);
    lenient.scheduler.flush();
    expect(lenient.steps.map(({ key }) => key)).toEqual(['a', 'a', 'a']);
  });

  it('treats a bad ladder like a callback that throws', () => {
    const bad = { ladder: () => ({ steps: [] }) };
    const lenient = collected({ ...bad, onError: 'skip' });
    const strict = collected(bad);
    for (const { source$ } of [lenient, strict]) source$.next('a');
    expect(lenient.notices).toMatchObject([{ kind: 'failed', value: 'a' }]);
    expect(strict.errors).toEqual([expect.objectContaining({ name: 'RangeError' })]);
  });

  it('leaves nothing on the scheduler when it is unsubscribed', () => {
    const { source$, scheduler, subscription, steps } = collected();
    source$.next('a');
    subscription.unsubscribe();
    scheduler.flush();
    expect([steps, scheduler.frame]).toEqual([[], 0]);
  });

  it.each<[string, Partial<Options>, string]>([
    ['no ladder', { ladder: undefined as never }, 'escalate.ladder must be a function'],
    ['an unknown catchUp', { catchUp: 'soon' as never }, 'escalate.catchUp must be one of'],
    ['no keys', { maxKeys: 0 }, 'escalate.maxKeys'],
    ['eviction', { overflow: 'evict' as never }, 'escalate.overflow must be one of'],
  ])('refuses %s when it is created', (_, options, message) => {
    expect(() => escalate(identity, { ladder: () => ladder, ...options })).toThrow(message);
  });
});

const subjects: Readonly<Record<string, ConformanceSubject<string, unknown>>> = {
  'escalate, with a step at once': {
    create: (scheduler) =>
      escalate(identity, { ladder: () => ({ ...ladder, position: { level: 0, nextAt: 0 } }), scheduler }),
    values: ['a', 'b', 'c'],
    throwing: Object.fromEntries(
      (['key', 'ladder'] as const).map((name) => [
        name,
        (error: Error, options: ThrowingOptions) => throwingAtB(name, error, options),
      ]),
    ),
  },
  'escalate, later': {
    create: (scheduler) => escalate(identity, { ladder: () => ladder, scheduler }),
    values: ['a', 'b', 'c'],
    emits: 'later',
  },
};

function throwingAtB(name: 'key' | 'ladder', error: Error, options: ThrowingOptions) {
  const plan = { ...ladder, position: { level: 0, nextAt: 0 } };
  const check = (item: string) => {
    if (item === 'b') throw error;
  };
  const key = (item: string) => {
    if (name === 'key') check(item);
    return item;
  };
  const ladderOf = (item: string) => {
    if (name === 'ladder') check(item);
    return plan;
  };
  return escalate(key, { ladder: ladderOf, ...options });
}

for (const [name, subject] of Object.entries(subjects)) {
  describe(`${name} keeps the contract of an operator: it`, () => {
    for (const { title, run } of conformanceChecks(subject)) it(title, run);
  });
}
