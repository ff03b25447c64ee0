import type { ObservableInput, OperatorFunction, Subscriber } from 'rxjs';
import {
  type CommonOptions,
  Operation,
  type OperationOptions,
  operate,
  operationOptions,
  setsOf,
} from './adapter/operation.js';
import { checkEventTime, type EventTimeOptions } from './event-time.js';
import { functionOption, objectOption } from './options.js';
import type { StateHandle } from './state-handle.js';
import { ThresholdKernel } from './threshold-kernel.js';
import { checkThreshold, type ThresholdLimits } from './threshold-options.js';
import type { SeriesIdentity, ThresholdRule } from './threshold-rule.js';
import type {
  ThresholdEntry,
  ThresholdPart,
  ThresholdSide,
  ThresholdSnapshot,
  ThresholdTransition,
} from './threshold-transition.js';

export type { FlapState } from './threshold-flap.js';
export * from './threshold-kernel.js';
export type { SeriesMemoryState } from './threshold-memory.js';
export type { ThresholdKernelOptions, ThresholdLimits } from './threshold-options.js';
export type * from './threshold-rule.js';
export * from './threshold-state.js';
export type * from './threshold-transition.js';
export type { SavedWindow } from './threshold-window.js';

export interface ThresholdOptions<T, K, R extends ThresholdRule = ThresholdRule>
  extends ThresholdLimits,
    EventTimeOptions<T>,
    CommonOptions<ThresholdSide<T, K, R>> {
  /** The rules, or a stream of rule sets of which each replaces the one before; nothing fires before the first. */
  readonly rules: readonly R[] | ObservableInput<readonly R[]>;
  /** Metric name of a series; read once a series, like `source` and `labels`. */
  readonly metric: (value: T) => string;
  /** Who measures the series; a rule matches it by the label `source`. */
  readonly source: (value: T) => string;
  /** Labels of the series, for rules to match. Default: none. */
  readonly labels?: (value: T) => Readonly<Record<string, string>>;
  /** The number that is compared. What is not finite is rejected. */
  readonly value: (value: T) => number;
  /**
   * `true` while the source itself is known to be away, and no value can be heard of: `noData` neither fires nor resolves
   * anything until it is `false` again, nor for one `staleAfterMs` after that. Default: never.
   */
  readonly pause?: ObservableInput<boolean>;
  /** Starts from a snapshot, as soon as the first rules are known. */
  readonly state?: StateHandle<ThresholdSnapshot<K>>;
}

/**
 * Says when a rule begins to hold for a series, at which level, and when it ends: transitions only, one at most open per
 * rule and key.
 *
 * ```text
 * source  9--1--9------1-----|     when: > 5, forMs: 4
 * output  ----------F--R-----|     F firing, exactly 4 after the value that crossed; R resolved
 *
 * source  9--4--1-4--1-------|     when: > 5, clear: < 3, keepFiringForMs: 3
 * output  F-------------R----|
 *
 * source  6-7-6-8-6-5-4-|          levels: I when >= 6, clear < 5; W when >= 7, clear < 6; C when >= 8, clear < 7
 * output  I-W---C-I---R-|          rises to the highest level that holds; falls when its own `clear` does
 *
 * source  1-1-1-------1--|         when: > 5, staleAfterMs: 4, noData: 'alert'
 * output  --------F---R--|
 * ```
 *
 * Rules are data, found by metric and labels once a series, and replaced while running. A value passes through what its
 * rule asks for, in this order: `window` (an aggregate in its place), `when` and `clear` of each level, `nOf` (they hold
 * when n of the last m samples say so), `flap` (nothing is said while that changes too often).
 *
 * `forMs` applies to the opening and to each rise, and each level has to be held for it; `keepFiringForMs` applies to each
 * fall and to the end. Both run on timers while the last value holds, until it is stale (`staleAfterMs`); then `noData`
 * decides. `cooldownMs`, counted from the firing, delays the next one: what still holds at its end fires then.
 *
 * With `timestamp` all of that goes by the times of the values, so that a replay says what was said live: what is due
 * comes about when event time has come so far, or a value of the same series is newer. Without it, by the scheduler's
 * clock; a clock that is set back stands still.
 *
 * | When | What happens |
 * |---|---|
 * | a rule set replaces another | rules with the same id keep their states; what no longer applies resolves as `rule_removed`; a mass of states takes several turns, and every one is right meanwhile |
 * | a rule decides differently in the new set | what fires goes on; what was pending, and what was counted, begins anew |
 * | a value is no finite number, or its time is none, or in the future | it is rejected: `not_finite`, `not_a_time`, `future` |
 * | a value is older than the last of its series, or than event time | it is rejected as `late`; with `onLate: 'arrival'` it counts as new |
 * | a rule flaps | `side` gets `flapping`, what is pending ends, what fires stays; when it is over, the present value decides |
 * | the source completes | what has come about is said, what is pending or clearing is discarded: nothing is invented |
 * | the source, or the stream of rules, errors | the error is forwarded at once |
 * | a selector throws | the output errors; with `onError: 'skip'`, `side` gets `failed` and the stream lives on |
 * | a rule set breaks the contract | the same; with `'skip'` the set before stays |
 * | a new series beyond `maxKeys` | `overflow`; a series that fires, is about to, cools down or is watched for `noData: 'alert'` is never forgotten |
 *
 * Cost: about 0.2 µs a value, whatever the number of rules that do not match; hardly more with levels, `nOf` or `flap`, 1 µs
 * with a window, 7 with a percentile. Memory: 110 bytes a series and its name, 80 more for each rule that fires and 100 for
 * one that waits; 0.5 kB for `nOf` or `flap`, 2 kB for a window. One scheduler action at most, while a deadline or a series
 * at rest is known.
 *
 * Replaces one pipeline a rule, which costs 35 µs a value at 1,000 rules, and a timer for each edge:
 * `merge(...rules.map((r) => samples$.pipe(filter(matches(r)), map(fires(r)), distinctUntilChanged(), switchMap(wait(r)))))`.
 *
 * @param key identity of a series: a number is the fastest, any value with an identity will do.
 * @throws RangeError, TypeError for bad options, when the operator is created; they name the option.
 *
 * @example
 * const rules = [{ id: 'hot', metric: 'cpu.usage', when: { op: '>', value: 80 }, forMs: 30_000 }] as const;
 * const key = (s: Sample) => `${s.host} ${s.name}`; // one series, one key
 * samples$
 *   .pipe(threshold(key, { rules, metric: (s) => s.name, source: (s) => s.host, value: (s) => s.value }))
 *   .subscribe(({ kind, key, value }) => console.log(kind, key, value));
 *
 * @example
 * // Levels of an average, by the times that the samples bring with them:
 * const load: ThresholdRule = {
 *   id: 'load', metric: 'cpu.usage', window: { fn: 'avg', overMs: 60_000 },
 *   levels: [
 *     { name: 'warning', when: { op: '>', value: 70 }, clear: { op: '<', value: 60 } },
 *     { name: 'critical', when: { op: '>', value: 90 }, clear: { op: '<', value: 80 } },
 *   ],
 * };
 * const readers = { metric: () => 'cpu.usage', source: (s: Sample) => s.host, value: (s: Sample) => s.value };
 * samples$.pipe(threshold((s) => s.host, { ...readers, rules: [load], timestamp: (s) => s.time, latenessMs: 5_000 }));
 */
export function threshold<T, K, R extends ThresholdRule>(
  key: (value: T) => K,
  options: ThresholdOptions<T, K, R>,
): OperatorFunction<T, ThresholdTransition<T, K, R>> {
  functionOption('threshold.key', key);
  objectOption('threshold', options);
  for (const name of ['metric', 'source', 'value'] as const) functionOption(`threshold.${name}`, options[name]);
  if (options.labels !== undefined) functionOption('threshold.labels', options.labels);
  objectOption('threshold.rules', options.rules);
  checkEventTime('threshold', options);
  const rules = Array.isArray(options.rules) ? (options.rules as readonly R[]) : [];
  checkThreshold('threshold', { ...options, rules, identify: noIdentity });
  const operation = operationOptions('threshold', options);
  return operate((out) => new ThresholdOperation(out, key, options, operation));
}

const noLabels = {};
const noIdentity = () => undefined;

/** A series without a name is the fault of the callback, and not of the rules that look at it. */
function textOf(name: string, text: unknown): string {
  if (typeof text === 'string') return text;
  throw new TypeError(`threshold.${name} must return a string, returned ${typeof text}`);
}

class ThresholdOperation<T, K, R extends ThresholdRule> extends Operation<
  T,
  ThresholdTransition<T, K, R>,
  ThresholdSide<T, K, R>
> {
  private readonly kernel: ThresholdKernel<T, K, R>;
  private readonly key: (value: T) => K;
  private readonly options: ThresholdOptions<T, K, R>;
  /** Waits for the first rules. */
  private initial: ThresholdSnapshot<K> | undefined;

  constructor(
    out: Subscriber<ThresholdTransition<T, K, R>>,
    key: (value: T) => K,
    options: ThresholdOptions<T, K, R>,
    operation: OperationOptions<ThresholdSide<T, K, R>>,
  ) {
    super(out, operation);
    this.key = key;
    this.options = options;
    this.kernel = new ThresholdKernel<T, K, R>({
      ...options,
      rules: [],
      eventTime: options.timestamp && options,
      identify: (value) => this.identify(value),
      onNotice: (notice) => this.side?.next(notice),
    });
    this.restored(options.state, (initial) => {
      this.initial = initial;
      return this;
    });
    this.follow(options.pause, (paused) => this.onPause(paused));
    this.follow(setsOf(options.rules), (set) => this.onRules(set));
  }

  /** For the {@link StateHandle}. */
  snapshot(): ThresholdSnapshot<K> {
    return this.initial ?? this.kernel.snapshot();
  }

  /** For the {@link ThresholdState}. */
  statesOf(key: K): readonly ThresholdEntry<K>[] {
    return this.kernel.statesOf(key);
  }

  /** For the {@link ThresholdState}. */
  *parts(): IterableIterator<ThresholdPart<K>> {
    for (const entry of this.initial?.entries ?? []) yield { entry };
    for (const memory of this.initial?.memories ?? []) yield { memory };
    if (this.initial === undefined) yield* this.kernel.parts();
  }

  protected onNext(item: T): void {
    const now = this.scheduler.now();
    let key: K;
    let value: number;
    let at: number | undefined;
    try {
      key = this.key(item);
      value = this.options.value(item);
      at = this.options.timestamp?.(item);
    } catch (error) {
      this.callbackFailed(error, item);
      return;
    }
    this.emit(this.kernel.process(item, key, value, now, at));
  }

  protected onTick(now: number): void {
    this.emit(this.kernel.advance(now));
  }

  protected override onComplete(): void {
    this.emit(this.kernel.flush(this.scheduler.now()));
  }

  /** What was due before comes first. */
  private onPause(paused: boolean): void {
    const now = this.scheduler.now();
    this.emit(this.kernel.advance(now));
    if (paused) this.kernel.pause(now);
    else this.kernel.resume(now);
    this.timer.armAt(this.kernel.nextDue());
  }

  private onRules(rules: readonly R[]): void {
    const now = this.scheduler.now();
    let transitions: readonly ThresholdTransition<T, K, R>[];
    try {
      transitions = this.kernel.setRules(rules, now);
    } catch (error) {
      this.callbackFailed(error);
      return;
    }
    this.emit(transitions);
    this.restore(now);
  }

  private restore(now: number): void {
    const { initial } = this;
    if (initial === undefined) return;
    this.initial = undefined;
    this.emit(this.kernel.restore(initial, now));
  }

  private identify(item: T): SeriesIdentity | undefined {
    const { metric, source, labels } = this.options;
    try {
      return {
        metric: textOf('metric', metric(item)),
        source: textOf('source', source(item)),
        labels: labels?.(item) ?? noLabels,
      };
    } catch (error) {
      this.callbackFailed(error, item);
      return undefined;
    }
  }

  private emit(transitions: readonly ThresholdTransition<T, K, R>[]): void {
    for (const transition of transitions) this.out.next(transition);
    this.timer.armAt(this.kernel.nextDue());
  }
}
