import {
  from,
  type Observable,
  type ObservableInput,
  type Observer,
  type OperatorFunction,
  Subject,
  type Subscriber,
  Subscription,
  UnsubscriptionError,
} from 'rxjs';
import {
  type CommonOptions,
  Operation,
  type OperationOptions,
  operate,
  operationOptions,
} from './adapter/operation.js';
import { KeyByKernel } from './key-by-kernel.js';
import { checkKeyBy, type KeyByKernelOptions, type KeyBySide } from './key-by-options.js';
import { functionOption } from './options.js';
import { noSlot } from './parts/key-table.js';

export * from './key-by-kernel.js';
export type * from './key-by-options.js';

/** Most keys that one tick ends, so that a mass expiry never stalls the event loop. */
const mostPerTick = 250;

export interface KeyByOptions<T, K> extends KeyByKernelOptions, CommonOptions<KeyBySide<T, K>> {}

/**
 * Runs one inner stream for each key and merges what they emit; a key that is idle ends.
 *
 * ```text
 * source  a-a-b-------a-|      idleMs: 4, project: (group$) => group$.pipe(count())
 * output  ------2-1-----(1|)
 *
 * source  a-b-A-B-c-|          key: (value) => value.toLowerCase(), project: (group$) => group$.pipe(bufferCount(2))
 * output  ----x-y---(z|)       x: ['a', 'A'], y: ['b', 'B'], z: ['c']
 * ```
 *
 * `project` is called with the first value of a key and its result subscribed before that value arrives. The values of
 * a key that had none for `idleMs` complete: an inner stream that counts or batches emits what it holds, completes, and
 * the key is forgotten. The next value of that key starts anew. So it does when the inner stream completes by itself.
 *
 * The values of a key are handed to a projector, not emitted as an Observable as `groupBy` does, so that none can be
 * left without a subscriber, subscribed too late, or kept beyond the life of the output.
 *
 * | When | What happens |
 * |---|---|
 * | the source completes | the values of all keys complete; the output completes once all inner streams have |
 * | the source errors | the error is forwarded at once; the inner streams are unsubscribed |
 * | an inner stream errors | the output errors; with `onError: 'skip'`, `side` gets `failed` and only that key ends |
 * | `key` or `project` throws | the output errors; with `onError: 'skip'`, `side` gets `failed` and the value is dropped |
 * | a new key beyond `maxKeys` | `overflow`: the least recently used key ends as if idle, or the value is dropped, or the output errors |
 * | an inner stream goes on after its values completed | it is merged until it completes, and no longer counts for `maxKeys` |
 *
 * There is no `state` option: what an inner stream holds cannot be saved. One scheduler action at most, while a key is open.
 *
 * Cost: O(1) a value, a new key and an expiry, whatever the number of keys. Memory: about 830 bytes a key, and what its
 * inner stream takes.
 *
 * Replaces `groupBy(key, { duration: () => timer(ms) })` with `mergeMap`, which removes each finished group from an array
 * by searching it: 100,000 groups that expire together block the event loop for seconds, and the time grows with the
 * square of their number. Its timers also end busy groups, and nothing bounds how many groups there are.
 *
 * @param key what has a stream of its own: a string, a number, or any value with an identity.
 * @param project makes the inner stream of a key from its values. They are hot: subscribe to them at once.
 * @throws RangeError, TypeError for bad options, when the operator is created; they name the option.
 *
 * @example
 * // At most one value a second of each device.
 * readings$.pipe(keyBy((reading) => reading.device, (readings$) => readings$.pipe(throttleTime(1_000)), { idleMs: 60_000 }));
 *
 * @example
 * // One visit of each user, told when it is over; 10,000 users at most, and a broken one disturbs nobody.
 * const side = new Subject<KeyBySide<Click, string>>();
 * clicks$.pipe(
 *   keyBy((click) => click.user, (clicks$, user) => clicks$.pipe(toArray(), map((visit) => ({ user, visit }))), {
 *     idleMs: 1_800_000, maxKeys: 10_000, onError: 'skip', side,
 *   }),
 * );
 */
export function keyBy<T, K, R>(
  key: (value: T) => K,
  project: (group$: Observable<T>, key: K) => ObservableInput<R>,
  options: KeyByOptions<T, K>,
): OperatorFunction<T, R> {
  functionOption('keyBy.key', key);
  functionOption('keyBy.project', project);
  checkKeyBy('keyBy', options);
  const common = operationOptions('keyBy', options);
  return operate((out) => new KeyByOperation(out, common, key, project, options));
}

class KeyByOperation<T, K, R> extends Operation<T, R, KeyBySide<T, K>> {
  private readonly key: (value: T) => K;
  private readonly project: (group$: Observable<T>, key: K) => ObservableInput<R>;
  private readonly endsKeyOnly: boolean;
  private readonly kernel: KeyByKernel<K>;
  /** Those of open keys, by the slots of the kernel. */
  private inners: (Inner<T, K, R> | undefined)[] = [];
  /** Those whose values have completed. */
  private readonly draining = new Set<Inner<T, K, R>>();
  private sourceCompleted = false;
  private allEnded = false;

  constructor(
    out: Subscriber<R>,
    common: OperationOptions<KeyBySide<T, K>>,
    key: (value: T) => K,
    project: (group$: Observable<T>, key: K) => ObservableInput<R>,
    options: KeyByKernelOptions,
  ) {
    super(out, common);
    this.key = key;
    this.project = project;
    this.endsKeyOnly = common.onError === 'skip';
    this.kernel = new KeyByKernel(options);
    // One teardown for all: a subscription searches the list of its own for each that it is to forget.
    this.add(() => this.unsubscribeAll());
  }

  override next(value: T): void {
    if (!this.sourceCompleted) super.next(value);
  }

  /** The output completes later, with the last inner stream. */
  override complete(): void {
    if (this.sourceCompleted) return;
    this.sourceCompleted = true;
    this.inTurn(() => this.endAll());
  }

  emit(value: R): void {
    this.out.next(value);
  }

  /** An inner stream completed. */
  finished(inner: Inner<T, K, R>): void {
    this.drop(inner);
    this.completeWhenDone();
  }

  /** An inner stream errored. */
  failed(inner: Inner<T, K, R>, error: unknown): void {
    if (!this.endsKeyOnly) {
      this.error(error);
      return;
    }
    this.drop(inner);
    this.inTurn(() => {
      this.side?.next({ kind: 'failed', key: inner.key, value: undefined, error });
      this.completeWhenDone();
    });
  }

  protected override onNext(value: T): void {
    let key: K;
    try {
      key = this.key(value);
    } catch (error) {
      this.callbackFailed(error, value);
      return;
    }
    const now = this.scheduler.now();
    const slot = this.kernel.process(key, now);
    if (slot !== noSlot && !this.kernel.isIdle(slot)) {
      this.inners[slot]!.values$.next(value);
      return;
    }
    if (slot !== noSlot) this.end(slot);
    this.makeRoom(now);
    if (!this.closed) this.begin(key, value, now);
  }

  protected override onTick(now: number): void {
    for (let left = mostPerTick; left > 0 && !this.closed; left -= 1) {
      const slot = this.kernel.advance(now);
      if (slot === noSlot) break;
      this.end(slot);
    }
    this.timer.armAt(this.kernel.nextDue());
  }

  private begin(key: K, value: T, now: number): void {
    const slot = this.kernel.open(key, now);
    if (slot === noSlot) {
      this.side?.next({ kind: 'rejected', key, value, reason: 'max_keys' });
      return;
    }
    const inner = new Inner(this, slot, key);
    this.inners[slot] = inner;
    this.timer.armAt(this.kernel.nextDue());
    if (this.connect(inner, value)) inner.values$.next(value);
  }

  /** The timer may be late: a key that is idle goes before one that is not. */
  private makeRoom(now: number): void {
    if (this.closed) return;
    const idle = this.kernel.advance(now);
    if (idle !== noSlot) this.end(idle);
    const surplus = this.kernel.surplus();
    if (surplus !== noSlot) this.evict(surplus);
  }

  private connect(inner: Inner<T, K, R>, value: T): boolean {
    let results$: Observable<R>;
    try {
      results$ = from(this.project(inner.values$, inner.key));
    } catch (error) {
      this.drop(inner);
      this.callbackFailed(error, value);
      return false;
    }
    results$.subscribe(inner);
    return true;
  }

  private evict(slot: number): void {
    const notice = { kind: 'evicted', key: this.kernel.keyOf(slot), seenAt: this.kernel.seenAt(slot) } as const;
    this.end(slot);
    if (!this.closed) this.side?.next(notice);
  }

  /** The values of a key complete. Its inner stream, as a rule, does too, and says what it still held. */
  private end(slot: number): void {
    const inner = this.inners[slot]!;
    this.free(slot);
    this.draining.add(inner);
    inner.values$.complete();
  }

  private endAll(): void {
    for (const inner of this.inners) {
      if (this.closed) return;
      if (inner !== undefined) this.end(inner.slot);
    }
    this.allEnded = true;
    this.completeWhenDone();
  }

  private completeWhenDone(): void {
    if (this.allEnded && this.draining.size === 0) super.complete();
  }

  /** Its result has ended, so its values do: somebody else may have subscribed to them. */
  private drop(inner: Inner<T, K, R>): void {
    if (this.draining.delete(inner)) return;
    if (this.inners[inner.slot] === inner) this.free(inner.slot);
    inner.values$.complete();
  }

  private free(slot: number): void {
    this.kernel.close(slot);
    this.inners[slot] = undefined;
    if (this.kernel.size === 0) this.inners = [];
  }

  private unsubscribeAll(): void {
    const inners = [...this.inners, ...this.draining];
    this.inners = [];
    this.draining.clear();
    const errors = inners.flatMap((inner) => errorsOf(() => inner?.unsubscribe()));
    if (errors.length > 0) throw new UnsubscriptionError(errors);
  }
}

/**
 * The stream of one key: observer of what `project` made of its values. Like {@link Operation} it is a subscription
 * itself, so that RxJS takes it as it is.
 */
class Inner<T, K, R> extends Subscription implements Observer<R> {
  readonly values$ = new Subject<T>();
  readonly slot: number;
  readonly key: K;
  private readonly owner: KeyByOperation<T, K, R>;

  constructor(owner: KeyByOperation<T, K, R>, slot: number, key: K) {
    super();
    this.owner = owner;
    this.slot = slot;
    this.key = key;
  }

  next(value: R): void {
    if (!this.closed) this.owner.emit(value);
  }

  error(error: unknown): void {
    if (this.closed) return;
    try {
      this.unsubscribe();
    } finally {
      this.owner.failed(this, error);
    }
  }

  complete(): void {
    if (this.closed) return;
    try {
      this.unsubscribe();
    } finally {
      this.owner.finished(this);
    }
  }
}

/** A teardown that throws must not keep the others from running. */
function errorsOf(work: () => void): unknown[] {
  try {
    work();
    return [];
  } catch (error) {
    return [error];
  }
}
