import {
  type InteropObservable,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  of,
  type Subscriber,
} from 'rxjs';
import { AbsenceKernel } from './absence-kernel.js';
import {
  type AbsenceKernelOptions,
  type AbsenceSide,
  type AbsenceSnapshot,
  type AbsenceTransition,
  checkAbsence,
} from './absence-options.js';
import {
  type CommonOptions,
  Operation,
  type OperationOptions,
  operate,
  operationOptions,
} from './adapter/operation.js';
import { checkEventTime, type EventTimeOptions } from './event-time.js';
import { functionOption, objectOption } from './options.js';
import type { StateHandle } from './state-handle.js';

export * from './absence-kernel.js';
export type * from './absence-options.js';

/** The keys that must live, given once; or a stream of such sets, each in place of the one before. */
export type ExpectedKeys<K> =
  | Iterable<K>
  | Observable<Iterable<K>>
  | InteropObservable<Iterable<K>>
  | AsyncIterable<Iterable<K>>
  | PromiseLike<Iterable<K>>;

export interface AbsenceOptions<T, K>
  extends Omit<AbsenceKernelOptions, 'eventTime'>,
    EventTimeOptions<T>,
    CommonOptions<AbsenceSide<T, K>> {
  /** Keys that must live even if they were never seen. Default: none; a key is watched from its first value on. */
  readonly expected?: ExpectedKeys<K>;
  /** Ends the watch over a key, until it is seen or expected again. What is not watched is ignored. Default: never. */
  readonly forget?: ObservableInput<K>;
  /**
   * `true` while the source itself is known to be away, and no key can be heard of: none is declared absent until it is
   * `false` again, nor for one `absentMs` after that. Default: never.
   */
  readonly pause?: ObservableInput<boolean>;
  /** State to start from, and its snapshot while subscribed. The time between is a pause. */
  readonly state?: StateHandle<AbsenceSnapshot<K>>;
}

/**
 * Says which keys fall silent, and which come back.
 *
 * ```text
 * source  a-a-a---------a-|    absentMs: 4
 * output  --------A-----P-|    A: { kind: 'absent', key: 'a', at: 8, lastSeenAt: 4, reason: 'silent' }
 *                              P: { kind: 'present', key: 'a', at: 14, gapMs: 10, lastSeenAt: 4, absentAt: 8 }
 *
 * source  a---a---a---a-|      absentMs: 5, expected: ['a', 'b'], graceMs: 7
 * output  -------N------|      N: { kind: 'absent', key: 'b', at: 7, lastSeenAt: undefined, reason: 'never_seen' }
 *
 * source  a-----------b-|      absentMs: 4
 * pause   --t-----f-----       t: true, f: false
 * output  ------------A-|      A: { kind: 'absent', key: 'a', at: 12, lastSeenAt: 0, reason: 'silent' }
 * ```
 *
 * A key is watched from its first value on, or from when it is expected. It is `absent` once `now − t >= absentMs`, where
 * `t` is when it was last seen; said once, however long it lasts. Each `absent` is followed by `present` or `forgotten`,
 * or by the end of the stream.
 *
 * With `timestamp` silence is measured in event time: a key is absent when no value that is still allowed to come can
 * show that it lived, and a gap that such a value fills in time is never told. Event time starts with the first value,
 * or, when none came for `idleTimeoutMs`, with the clock, so that a source that is dead from the start is noticed.
 *
 * | When | What happens |
 * |---|---|
 * | the source completes | the output completes; keys whose time has not come are discarded: an absence is never invented |
 * | the source, or an input of the options, errors | the error is forwarded at once |
 * | `key` or `timestamp` throws, or a set of expected keys does | the output errors; with `onError: 'skip'`, `side` gets `failed` |
 * | a new key beyond `maxKeys` | `overflow`: its value goes to `side` as `rejected`, an expected key as `unwatched`, or the output errors |
 * | an expected key leaves the set | never seen: it is forgotten; seen: it is watched on, as any other |
 * | a value is late, too far ahead, or has no time | `side` gets `rejected`, and it does not count |
 *
 * Cost: O(1) a value, which only overwrites a time; one move of a timer for each key and `absentMs`. A set of expected
 * keys costs its size and the number of keys watched, in one turn. Memory: about 110 bytes a key. One scheduler action at
 * most, while a key is watched; many absences at one moment are spread over turns of the loop.
 *
 * Replaces `groupBy(key).pipe(mergeMap((group$) => group$.pipe(debounceTime(ms))))`, which knows no key that was never
 * seen, keeps 2.7 kB and a timer for each that ever was, and fires for all of them when the source is cut off.
 *
 * @param key what falls silent by itself: a string, a number, or any value with an identity.
 * @throws RangeError, TypeError for bad options, when the operator is created; they name the option.
 *
 * @example
 * heartbeats$.pipe(absence((beat) => beat.host, { absentMs: 30_000 })).subscribe((change) => {
 *   if (change.kind === 'absent') page(`${change.key} is silent since ${change.lastSeenAt}`);
 * });
 *
 * @example
 * // Hosts that must exist, seen or not; nothing is said while the broker is away.
 * const inventory$ = new BehaviorSubject<readonly string[]>(['db-1', 'db-2']);
 * heartbeats$.pipe(
 *   absence((beat) => beat.host, {
 *     absentMs: 30_000, graceMs: 120_000, expected: inventory$, forget: retired$, pause: disconnected$,
 *   }),
 * );
 */
export function absence<T, K>(
  key: (value: T) => K,
  options: AbsenceOptions<T, K>,
): OperatorFunction<T, AbsenceTransition<K>> {
  functionOption('absence.key', key);
  checkAbsence('absence', options);
  checkEventTime('absence', options);
  for (const name of ['expected', 'forget', 'pause'] as const) {
    if (options[name] !== undefined) objectOption(`absence.${name}`, options[name]);
  }
  const common = operationOptions('absence', options);
  return operate((out) => new AbsenceOperation(out, common, key, options));
}

class AbsenceOperation<T, K> extends Operation<T, AbsenceTransition<K>, AbsenceSide<T, K>> {
  private readonly kernel: AbsenceKernel<K>;
  private readonly key: (value: T) => K;
  private readonly timestamp: ((value: T) => number) | undefined;

  constructor(
    out: Subscriber<AbsenceTransition<K>>,
    common: OperationOptions<AbsenceSide<T, K>>,
    key: (value: T) => K,
    options: AbsenceOptions<T, K>,
  ) {
    super(out, common);
    this.key = key;
    this.timestamp = options.timestamp;
    this.kernel = this.restored(options.state, (initial) => this.create(options, initial));
    this.follow(options.expected && expectedSets(options.expected), (keys) =>
      this.act((now) => this.expect(keys, now)),
    );
    this.follow(options.forget, (gone) => this.act((now) => this.kernel.forget(gone, now)));
    this.follow(options.pause, (paused) =>
      this.act((now) => (paused ? this.kernel.pause(now) : this.kernel.resume(now))),
    );
    this.inTurn(() => this.onTick(this.scheduler.now()));
  }

  protected override onNext(value: T): void {
    const now = this.scheduler.now();
    let key: K;
    let at: number;
    try {
      key = this.key(value);
      at = this.timestamp === undefined ? now : this.timestamp(value);
    } catch (error) {
      this.callbackFailed(error, value);
      return;
    }
    const reason = this.kernel.process(key, now, at);
    this.tell();
    if (reason !== 'seen' && !this.closed) this.side?.next({ kind: 'rejected', key, value, reason });
  }

  protected override onTick(now: number): void {
    this.emit(this.kernel.advance(now));
    this.timer.armAt(this.kernel.nextDue());
  }

  protected override onComplete(): void {
    this.emit(this.kernel.flush(this.scheduler.now()));
  }

  /** Nobody listened between two subscriptions, so that was a pause. */
  private create(options: AbsenceOptions<T, K>, initial: AbsenceSnapshot<K> | undefined): AbsenceKernel<K> {
    const eventTime = options.timestamp === undefined ? undefined : options;
    const kernel = new AbsenceKernel<K>({ ...options, eventTime }, initial && { ...initial, paused: true });
    kernel.resume(this.scheduler.now());
    return kernel;
  }

  private expect(keys: Iterable<K>, now: number): void {
    let wanted: Set<K>;
    try {
      wanted = new Set(keys);
    } catch (error) {
      this.callbackFailed(error);
      return;
    }
    for (const key of this.kernel.expect(wanted, now)) this.side?.next({ kind: 'unwatched', key, reason: 'max_keys' });
  }

  private act(work: (now: number) => void): void {
    work(this.scheduler.now());
    this.tell();
  }

  private tell(): void {
    this.emit(this.kernel.take());
    this.timer.armAt(this.kernel.nextDue());
  }

  private emit(transitions: readonly AbsenceTransition<K>[]): void {
    for (const transition of transitions) {
      if (this.closed) return;
      this.out.next(transition);
    }
  }
}

function expectedSets<K>(expected: ExpectedKeys<K>): ObservableInput<Iterable<K>> {
  return isIterable(expected) ? of(expected) : expected;
}

function isIterable<V>(input: object): input is Iterable<V> {
  return Symbol.iterator in input;
}
