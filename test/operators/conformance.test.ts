import {
  catchError,
  config,
  debounceTime,
  EMPTY,
  identity,
  type MonoTypeOperatorFunction,
  map,
  Observable,
  type OperatorFunction,
  type SchedulerLike,
  scan,
} from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { admit } from '../../src/operators/admit.js';
import { dedupe } from '../../src/operators/dedupe.js';
import { rateLimit } from '../../src/operators/rate-limit.js';
import {
  type ConformanceSubject,
  conformanceChecks,
  type ThrowingOptions,
} from '../../src/operators/testing/conformance.js';

const windows = [{ max: 1, perMs: 1_000 }];
const values = ['a', 'b', 'c'] as const;

function throwsAt(bad: string, error: Error): (value: string) => string {
  return (value) => {
    if (value === bad) throw error;
    return value;
  };
}

function throwingKey(
  make: (key: (value: string) => string, options: ThrowingOptions) => MonoTypeOperatorFunction<string>,
) {
  return (error: Error, options: ThrowingOptions) => make(throwsAt('b', error), options);
}

const subjects: Readonly<Record<string, ConformanceSubject<string, string>>> = {
  'rateLimit, exact': {
    create: (scheduler) => rateLimit(identity, { windows, cooldownMs: 500, scheduler }),
    values,
    throwing: { key: throwingKey((key, options) => rateLimit(key, { windows, ...options })) },
  },
  'rateLimit, gcra': {
    create: (scheduler) => rateLimit(identity, { windows, algorithm: 'gcra', scheduler }),
    values,
    throwing: { key: throwingKey((key, options) => rateLimit(key, { windows, algorithm: 'gcra', ...options })) },
  },
  dedupe: {
    create: (scheduler) => dedupe(identity, { windowMs: 1_000, scheduler }),
    values,
    throwing: { key: throwingKey((key, options) => dedupe(key, { windowMs: 1_000, ...options })) },
  },
  'dedupe, by event time': {
    create: (scheduler) => dedupe(identity, { windowMs: 1_000, timestamp: () => 0, scheduler }),
    values,
    throwing: {
      timestamp: throwingKey((timestamp, options) =>
        dedupe(identity, { windowMs: 1_000, timestamp: (value) => timestamp(value).length, ...options }),
      ),
    },
  },
  admit: {
    create: (scheduler) =>
      admit({ rateLimit: { key: identity, windows }, dedupe: { key: identity, windowMs: 1_000 }, scheduler }),
    values,
    throwing: {
      'the key of the rate limit': throwingKey((key, options) =>
        admit({ rateLimit: { key, windows }, dedupe: { key: identity, windowMs: 1_000 }, ...options }),
      ),
      'the key of dedupe': throwingKey((key, options) =>
        admit({ rateLimit: { key: identity, windows }, dedupe: { key, windowMs: 1_000 }, ...options }),
      ),
    },
  },
};

for (const [name, subject] of Object.entries(subjects)) {
  describe(`${name} keeps the contract of an operator: it`, () => {
    for (const { title, run } of conformanceChecks(subject)) it(title, run);
  });
}

/** Titles of the checks that an operator fails. */
function failures(
  create: ConformanceSubject<number, unknown>['create'],
  more: Partial<ConformanceSubject<number, unknown>> = {},
): string {
  const failed = conformanceChecks({ create, values: [1, 2, 3], ...more }).filter(({ run }) => {
    try {
      run();
      return false;
    } catch {
      return true;
    }
  });
  return failed.map(({ title }) => title).join('\n');
}

/** The usual hand-written operator. */
function handWritten<R>(project: (value: number, emit: (value: R) => void) => void): OperatorFunction<number, R> {
  return (source) =>
    new Observable((subscriber) =>
      source.subscribe({
        next: (value) => project(value, (result) => subscriber.next(result)),
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
}

function throwsAtTwo(error: Error): OperatorFunction<number, number> {
  return handWritten((value, emit) => {
    if (value === 2) throw error;
    emit(value);
  });
}

describe('the conformance checks', () => {
  // What a hand-written operator throws goes nowhere else.
  beforeAll(() => {
    config.onUnhandledError = () => {};
  });
  it('pass for operators of RxJS', () => {
    expect(failures(() => map((value) => value))).toBe('');
    expect(failures(() => scan((sum, value) => sum + value, 0))).toBe('');
    expect(failures((scheduler) => debounceTime(10, scheduler), { emits: 'later' })).toBe('');
  });

  it('catch state that is kept outside of the subscription', () => {
    let count = 0;
    const counting = map<number, number>(() => {
      count += 1;
      return count;
    });
    expect(failures(() => counting)).toContain('keeps its state in the subscription');
  });

  it('catch an operator that does not stop a synchronous source', () => {
    expect(failures(() => handWritten((value, emit) => emit(value)))).toContain('stops a synchronous source');
  });

  it('catch an operator that lets a callback throw past its subscriber', () => {
    const failed = failures(() => identity, { throwing: { project: throwsAtTwo } });
    expect(failed).toContain('sends what project throws to the error channel');
  });

  it('catch an operator that skips no value when told so', () => {
    const throwing = { project: (error: Error) => map((value: number) => throwAlways(value, error)) };
    expect(failures(() => identity, { throwing })).toContain('skips the value at which project throws');
  });

  it('catch an operator that reads the host clock', () => {
    expect(failures(() => map(() => Date.now() * 0))).toContain('reads the time from its scheduler only');
  });

  it('catch a timer that outlives its subscription', () => {
    const leaking = (scheduler: SchedulerLike) => (source: Observable<number>) => {
      scheduler.schedule(() => {}, 10);
      return source;
    };
    expect(failures(leaking)).toContain('releases its source and its timers');
  });

  it('catch an operator that loses what arrives while it emits', () => {
    const deaf = () => {
      let busy = false;
      return handWritten<number>((value, emit) => {
        if (busy) return;
        busy = true;
        emit(value);
        busy = false;
      });
    };
    expect(failures(deaf)).toContain('keeps the order of values that its consumer feeds to the source');
  });

  it('catch an operator that swallows an error of its source', () => {
    expect(failures(() => catchError(() => EMPTY))).toContain('forwards an error at once');
  });
});

function throwAlways(value: number, error: Error): number {
  if (value > 0) throw error;
  return value;
}
