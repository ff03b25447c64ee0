import {
  EMPTY,
  NEVER,
  Observable,
  type OperatorFunction,
  of,
  type SchedulerAction,
  type SchedulerLike,
  Subject,
  type Subscription,
  take,
  throwError,
  VirtualTimeScheduler,
} from 'rxjs';
import { CheckFailed, equal, recorded } from './recording.js';

/** An operator to check, and how to make it speak. */
export interface ConformanceSubject<T, R> {
  /** Makes the operator; all its time is that of `scheduler`. Called once for each check. */
  readonly create: (scheduler: SchedulerLike) => OperatorFunction<T, R>;
  /** Values that each make at least one output of their own. */
  readonly values: readonly [T, T, T];
  /** Whether the outputs come inside `next` (default), or on a timer. */
  readonly emits?: 'at_once' | 'later';
  /** For each user callback: the operator whose callback throws `error` at the second value, and else does as above. */
  readonly throwing?: Readonly<Record<string, (error: Error, options: ThrowingOptions) => OperatorFunction<T, R>>>;
}

export interface ThrowingOptions {
  readonly scheduler: SchedulerLike;
  readonly onError: 'error' | 'skip';
}

/** One rule of the contract that every operator keeps. `run` throws when it is broken. */
export interface ConformanceCheck {
  readonly title: string;
  readonly run: () => void;
}

/**
 * The contract of an operator, as checks for any test runner: what RxJS calls its core semantics, and time that is
 * read from the scheduler alone.
 *
 * @example
 * const subject: ConformanceSubject<number, number> = {
 *   create: (scheduler) => debounceTime(50, scheduler),
 *   values: [1, 2, 3],
 *   emits: 'later',
 * };
 * for (const { title, run } of conformanceChecks(subject)) it(title, run);
 */
export function conformanceChecks<T, R>(subject: ConformanceSubject<T, R>): readonly ConformanceCheck[] {
  const atOnce = subject.emits === 'later' ? [] : reentrancyChecks(subject);
  return [...lifeChecks(subject), ...teardownChecks(subject), ...atOnce, ...throwingChecks(subject)];
}

function lifeChecks<T, R>({ create, values }: ConformanceSubject<T, R>): ConformanceCheck[] {
  return [
    check('subscribes to its source only when it is subscribed, and once each time', (clock) => {
      let subscriptions = 0;
      const counted$ = new Observable<T>(() => {
        subscriptions += 1;
      });
      const result$ = counted$.pipe(create(clock));
      expectEqual(subscriptions, 0, 'subscriptions before');
      recorded(result$);
      recorded(result$);
      expectEqual(subscriptions, 2, 'subscriptions after two');
    }),
    check('keeps its state in the subscription, so that two of them do not disturb each other', (clock) => {
      const operator = create(clock);
      const source$ = new Subject<T>();
      const one = recorded(source$.pipe(operator));
      const other = recorded(source$.pipe(operator));
      for (const value of values) source$.next(value);
      clock.flush();
      expectSome(one.values);
      expectEqual(other.values, one.values, 'outputs of the second subscription');
    }),
    check('gives the same outputs when it is subscribed again', (clock) => {
      const operator = create(clock);
      const first = recorded(of(...values).pipe(operator));
      const second = recorded(of(...values).pipe(operator));
      expectEqual(second.values, first.values, 'outputs of the second subscription');
    }),
    check('completes when an empty source does, without a value', (clock) => {
      expectEqual(recorded(EMPTY.pipe(create(clock))).log(), ['complete'], 'notifications');
    }),
    check('stays silent on a silent source', (clock) => {
      const recording = recorded(NEVER.pipe(create(clock)));
      clock.flush();
      expectEqual(recording.log(), [], 'notifications');
    }),
    check('completes once, on a synchronous source that completes inside subscribe', (clock) => {
      const recording = recorded(of(...values).pipe(create(clock)));
      clock.flush();
      expectEqual(recording.log().filter(isEnd), ['complete'], 'ends');
      expectEqual(recording.log().at(-1), 'complete', 'last notification');
    }),
    check('forwards an error at once and as it is, and nothing after it', (clock) => {
      const error = new Error('of the source');
      const source$ = new Subject<T>();
      const recording = recorded(source$.pipe(create(clock)));
      source$.next(values[0]);
      const before = recording.log().length;
      source$.error(error);
      clock.flush();
      expectEqual(recording.log().slice(before), ['error'], 'notifications from the error on');
      expectSame(recording.error, error, 'error');
    }),
    check('forwards an error that comes inside subscribe', (clock) => {
      const error = new Error('of the source');
      expectSame(recorded(throwError(() => error).pipe(create(clock))).error, error, 'error');
    }),
    check('reads the time from its scheduler only', (clock) => {
      const reads = countingClockReads(() => {
        recorded(of(...values).pipe(create(clock)));
        clock.flush();
      });
      expectEqual(reads, 0, 'reads of the host clock');
    }),
  ];
}

function teardownChecks<T, R>({ create, values }: ConformanceSubject<T, R>): ConformanceCheck[] {
  const ends: Readonly<Record<string, (source$: Subject<T>, subscription: Subscription) => void>> = {
    'is unsubscribed': (_, subscription) => subscription.unsubscribe(),
    completes: (source$) => source$.complete(),
    errors: (source$) => source$.error(new Error('of the source')),
  };
  return Object.entries(ends).map(([what, end]) =>
    check(`releases its source and its timers synchronously when it ${what}, and emits no more`, (clock) => {
      const source$ = new Subject<T>();
      const recording = recorded(source$.pipe(create(clock)));
      source$.next(values[0]);
      source$.next(values[1]);
      end(source$, recording.subscription);
      expectEqual(source$.observed, false, 'source is observed');
      const before = recording.log().length;
      source$.next(values[2]);
      expectEqual(clock.runs(), 0, 'actions left on the scheduler');
      expectEqual(recording.log().length, before, 'notifications');
    }),
  );
}

function reentrancyChecks<T, R>({ create, values }: ConformanceSubject<T, R>): ConformanceCheck[] {
  return [
    check('stops a synchronous source when it is unsubscribed inside next', (clock) => {
      let produced = 0;
      const source$ = new Observable<T>((subscriber) => {
        for (const value of values) {
          if (subscriber.closed) return;
          produced += 1;
          subscriber.next(value);
        }
      });
      recorded(source$.pipe(create(clock), take(1)));
      expectEqual(produced, 1, 'values produced');
    }),
    check('emits no more when it is unsubscribed inside next', (clock) => {
      const source$ = new Subject<T>();
      const recording = recorded(source$.pipe(create(clock)), (_, { subscription }) => subscription.unsubscribe());
      for (const value of values) source$.next(value);
      clock.flush();
      expectEqual(recording.values.length, 1, 'outputs');
      expectEqual(source$.observed, false, 'source is observed');
    }),
    check('keeps the order of values that its consumer feeds to the source inside next', (clock) => {
      const straight = recorded(of(...values).pipe(create(clock))).values;
      const source$ = new Subject<T>();
      const rest = values.slice(1);
      const nested = recorded(source$.pipe(create(clock)), () => {
        const value = rest.shift();
        if (value !== undefined) source$.next(value);
      });
      source$.next(values[0]);
      source$.complete();
      expectEqual(nested.values, straight, 'outputs');
    }),
    check('completes after what it was given, when the source completes inside next', (clock) => {
      const source$ = new Subject<T>();
      const recording = recorded(source$.pipe(create(clock)), (_, { values: seen }) => {
        if (seen.length > 1) return;
        source$.next(values[1]);
        source$.complete();
      });
      source$.next(values[0]);
      expectEqual(recording.log().filter(isEnd), ['complete'], 'ends');
      expectEqual(recording.log().at(-1), 'complete', 'last notification');
      if (recording.values.length < 2) throw new CheckFailed('the value given inside next was lost');
    }),
  ];
}

function throwingChecks<T, R>({ throwing = {}, values, create }: ConformanceSubject<T, R>): ConformanceCheck[] {
  return Object.entries(throwing).flatMap(([callback, make]) => [
    check(`sends what ${callback} throws to the error channel, and releases its source`, (clock) => {
      const error = new Error(`of ${callback}`);
      const source$ = new Subject<T>();
      const recording = recorded(source$.pipe(make(error, { scheduler: clock, onError: 'error' })));
      for (const value of values) source$.next(value);
      clock.flush();
      expectSame(recording.error, error, 'error');
      expectEqual(source$.observed, false, 'source is observed');
    }),
    check(`skips the value at which ${callback} throws, when told so, and lives on`, (clock) => {
      const source$ = new Subject<T>();
      const skipped = make(new Error(`of ${callback}`), { scheduler: clock, onError: 'skip' });
      const recording = recorded(source$.pipe(skipped));
      const others$ = new Subject<T>();
      const others = recorded(others$.pipe(create(clock)));
      for (const value of values) source$.next(value);
      for (const value of [values[0], values[2]]) others$.next(value);
      clock.flush();
      expectSome(recording.values);
      expectEqual(recording.values, others.values, 'outputs');
      expectEqual(recording.log().filter(isEnd), [], 'ends');
    }),
  ]);
}

/** Virtual time that counts what still runs. */
class CheckClock extends VirtualTimeScheduler {
  private ran = 0;

  override schedule<S>(work: (this: SchedulerAction<S>, state?: S) => void, delay?: number, state?: S): Subscription {
    const count = () => {
      this.ran += 1;
    };
    const counted = function (this: SchedulerAction<S>, given?: S): void {
      count();
      work.call(this, given);
    };
    return super.schedule(counted, delay, state);
  }

  /** Lets time pass until nothing is scheduled; how many actions ran. */
  runs(): number {
    const before = this.ran;
    this.flush();
    return this.ran - before;
  }
}

function check(title: string, run: (clock: CheckClock) => void): ConformanceCheck {
  return { title, run: () => run(new CheckClock()) };
}

function countingClockReads(run: () => void): number {
  let reads = 0;
  const hosts = [Date, performance] as const;
  const originals = hosts.map((host) => host.now);
  for (const [index, host] of hosts.entries()) {
    host.now = () => {
      reads += 1;
      return originals[index]!.call(host);
    };
  }
  try {
    run();
  } finally {
    for (const [index, host] of hosts.entries()) host.now = originals[index]!;
  }
  return reads;
}

function isEnd(notification: string): boolean {
  return notification !== 'next';
}

function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (!equal(actual, expected)) throw new CheckFailed(what, actual, expected);
}

function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new CheckFailed(what, actual, expected);
}

function expectSome(values: readonly unknown[]): void {
  if (values.length === 0) throw new CheckFailed('the values of the subject made no output');
}
