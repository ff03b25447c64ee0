import { choiceOption, defaultMaxKeys, durationOption, functionOption, maxKeysOption } from './options.js';
import { notBefore } from './parts/kernel-time.js';
import { noSlot } from './parts/key-table.js';
import { type OverflowPolicy, overflowPolicies } from './side.js';
import { requireVersion } from './state-handle.js';
import { ThresholdIndex } from './threshold-index.js';
import { ThresholdMachine } from './threshold-machine.js';
import { checkRules, type SeriesIdentity, type ThresholdRule } from './threshold-rule.js';
import { ThresholdSeries } from './threshold-series.js';
import { noState } from './threshold-states.js';
import type {
  ThresholdEntry,
  ThresholdPhase,
  ThresholdRejected,
  ThresholdResolved,
  ThresholdSnapshot,
  ThresholdTransition,
} from './threshold-transition.js';

export interface ThresholdKernelOptions<T, K, R extends ThresholdRule = ThresholdRule> {
  readonly rules: readonly R[];
  /** What the series of a value is called; asked when the series is new. `undefined` leaves the value unevaluated. */
  readonly identify: (item: T) => SeriesIdentity | undefined;
  /** Series known at a time. Default 100,000. */
  readonly maxKeys?: number;
  /** A series at rest is forgotten after so long without a value; nothing is lost by that. Default one hour. */
  readonly idleMs?: number;
  /**
   * A new series beyond `maxKeys`. Default `evict`: the series at rest that was unused for longest is forgotten; when
   * all are in use the value is rejected. A series that fires, is about to or cools down is never forgotten.
   */
  readonly overflow?: OverflowPolicy;
  /** Hears of every value that was not evaluated. It must not call the kernel. */
  readonly onReject?: (rejected: ThresholdRejected<T, K>) => void;
}

/** Expiries in one `advance`, so that no turn of the loop grows long. */
const expiriesPerAdvance = 1_000;
/** Idle series that one `advance` forgets at most. */
const sweptPerAdvance = 4_000;
const snapshotVersion = 1;
const defaultIdleMs = 3_600_000;

/**
 * Evaluates rules without RxJS: feed it by `process`, call `advance` when `nextDue()` has come, and act on the
 * transitions that all of its methods return. All state is settled before they return.
 *
 * A value costs one look-up of its series and one comparison for each rule of that series, however many rules there are
 * besides. Memory: about 100 bytes a series and its identity, 60 more for each rule that is not at rest.
 */
export class ThresholdKernel<T, K, R extends ThresholdRule = ThresholdRule> {
  private index: ThresholdIndex<R>;
  private now = -Infinity;
  private readonly series: ThresholdSeries<K, R>;
  private readonly machine: ThresholdMachine<T, K, R>;
  private readonly identify: (item: T) => SeriesIdentity | undefined;
  private readonly idleMs: number;
  private readonly overflow: OverflowPolicy;
  private readonly onReject: ((rejected: ThresholdRejected<T, K>) => void) | undefined;

  /** Throws `RangeError` or `TypeError` for a bad option. */
  constructor(options: ThresholdKernelOptions<T, K, R>) {
    checkThreshold('threshold', options);
    this.index = new ThresholdIndex(options.rules);
    this.series = new ThresholdSeries(options.maxKeys ?? defaultMaxKeys);
    this.machine = new ThresholdMachine(this.series);
    this.identify = options.identify;
    this.idleMs = options.idleMs ?? defaultIdleMs;
    this.overflow = options.overflow ?? 'evict';
    this.onReject = options.onReject;
  }

  /** How many series are known. */
  get size(): number {
    return this.series.size;
  }

  /** Evaluates `value` for the series `key`. `at` is the value's own time; the future, or none, counts as `now`. */
  process(item: T, key: K, value: number, now: number, at?: number): readonly ThresholdTransition<T, K, R>[] {
    this.now = notBefore(this.now, now);
    const time = at !== undefined && at < this.now ? at : this.now;
    const series = this.seriesFor(item, key, value, time);
    if (series !== noSlot) this.evaluate(series, item, value, time);
    return this.machine.take();
  }

  /** Lets come about what is due by `now`: a bounded amount, so ask `nextDue()` again. */
  advance(now: number): readonly ThresholdTransition<T, K, R>[] {
    this.now = notBefore(this.now, now);
    this.machine.advance(this.now, expiriesPerAdvance);
    this.series.sweep(this.now, this.idleMs, sweptPerAdvance);
    return this.machine.take();
  }

  /** `advance` has nothing to do before this moment; `Infinity` when nothing is pending and no series can be forgotten. */
  nextDue(): number {
    const due = this.machine.nextDue();
    if (this.machine.states.seriesInUse === this.series.size) return due;
    return Math.min(due, this.series.nextSweep(this.idleMs));
  }

  /**
   * Replaces the rules. A rule with the same id keeps its states where it still matches the series; where it decides
   * differently now, what was pending or clearing waits for the next value. Every other state ends. Throws `RangeError`
   * or `TypeError` for bad rules, and keeps the ones before.
   */
  setRules(rules: readonly R[], now: number): readonly ThresholdTransition<T, K, R>[] {
    checkRules('threshold.rules', rules);
    this.now = notBefore(this.now, now);
    const { machine, series } = this;
    this.index = new ThresholdIndex(rules);
    series.forgetRules();
    for (const state of [...machine.states]) this.carryOver(state);
    machine.states.relink(series.heads);
    return machine.take();
  }

  /** The state as plain data. */
  snapshot(): ThresholdSnapshot<K> {
    const entries = [...this.machine.states].map((state) => this.entryOf(state));
    return { version: snapshotVersion, entries };
  }

  /**
   * Takes over the states of a snapshot, before the first value. What had fired under a rule that is gone, or no longer
   * matches, resolves. Throws `RangeError` for a snapshot of another version.
   */
  restore(snapshot: ThresholdSnapshot<K>, now: number): readonly ThresholdTransition<T, K, R>[] {
    requireVersion('threshold', snapshot, snapshotVersion);
    this.now = notBefore(this.now, now);
    const gone = snapshot.entries.filter((entry) => !this.takeOver(entry) && isOpen(entry));
    return gone.map((entry) => this.goneWith(entry));
  }

  /** 0 when the value is refused. */
  private seriesFor(item: T, key: K, value: number, time: number): number {
    if (!Number.isFinite(value)) return this.reject('not_finite', item, key);
    const series = this.series.find(key);
    if (series === noSlot) return this.newSeries(item, key, time);
    if (time < this.series.lastAt[series]!) return this.reject('late', item, key);
    this.series.lastAt[series] = time;
    this.series.touch(series, this.now);
    return series;
  }

  private newSeries(item: T, key: K, time: number): number {
    const identity = this.identify(item);
    if (identity === undefined) return noSlot;
    const series = this.series.add(key, identity, this.now, this.overflow === 'evict');
    if (series === noSlot) return this.beyondMaxKeys(item, key);
    this.series.lastAt[series] = time;
    return series;
  }

  private beyondMaxKeys(item: T, key: K): number {
    if (this.overflow === 'error') throw new RangeError(`threshold: more than ${this.series.maxKeys} series (maxKeys)`);
    return this.reject('max_keys', item, key);
  }

  private reject(reason: ThresholdRejected<T, K>['reason'], value: T, key: K): number {
    this.onReject?.({ kind: 'rejected', key, value, reason });
    return noSlot;
  }

  /** Rules and states of a series are in the same order. */
  private evaluate(series: number, item: T, value: number, at: number): void {
    const { machine } = this;
    const { states } = machine;
    let state = this.series.heads[series]!;
    for (const rule of this.series.rulesOf(series, this.index)) {
      let resting = true;
      if (state !== noState && states.rules[state] === rule) {
        const next = states.nexts[state]!;
        resting = !machine.catchUp(state, at);
        if (!resting) machine.onValue(state, rule, item, value, at);
        state = next;
      }
      if (resting && rule.fires(value)) machine.start(series, rule, item, value, at);
    }
  }

  private carryOver(state: number): void {
    const { machine } = this;
    const rule = this.index.get(machine.states.rules[state]!.rule.id);
    const identity = this.series.identityOf(machine.states.series[state]!);
    if (rule?.matches(identity)) machine.adopt(state, rule, this.now);
    else machine.retire(state, this.now);
  }

  private entryOf(state: number): ThresholdEntry<K> {
    const { states } = this.machine;
    const series = states.series[state]!;
    const due = this.machine.dueOf(state);
    const coolUntil = states.coolUntil[state]!;
    return {
      ruleId: states.rules[state]!.rule.id,
      key: this.series.keyOf(series),
      ...this.series.identityOf(series),
      phase: states.phases[state]!,
      since: states.since[state]!,
      value: states.values[state]!,
      ...(due !== Infinity && { due }),
      ...(coolUntil !== -Infinity && { coolUntil }),
    };
  }

  private takeOver(entry: ThresholdEntry<K>): boolean {
    const rule = this.index.get(entry.ruleId);
    if (!rule?.matches(entry)) return false;
    this.machine.restore(this.seriesOf(entry), rule, entry, this.now);
    return true;
  }

  private seriesOf({ key, metric, source, labels }: ThresholdEntry<K>): number {
    const known = this.series.find(key);
    if (known !== noSlot) return known;
    const added = this.series.add(key, { metric, source, labels }, this.now, false);
    if (added === noSlot)
      throw new RangeError(`threshold: a state of more than ${this.series.maxKeys} series (maxKeys)`);
    return added;
  }

  private goneWith({ ruleId, key, value, since }: ThresholdEntry<K>): ThresholdResolved<T, K, R> {
    const rule = this.index.get(ruleId)?.rule;
    return { kind: 'resolved', ruleId, rule, key, value, at: this.now, since, reason: 'rule_removed', item: undefined };
  }
}

/** Throws `RangeError` or `TypeError`, naming the option, its value and what is allowed. */
export function checkThreshold<T, K>(name: string, options: ThresholdKernelOptions<T, K>): void {
  checkRules(`${name}.rules`, options.rules);
  functionOption(`${name}.identify`, options.identify);
  maxKeysOption(`${name}.maxKeys`, options.maxKeys);
  durationOption(`${name}.idleMs`, options.idleMs ?? defaultIdleMs, 1);
  choiceOption(`${name}.overflow`, options.overflow ?? 'evict', overflowPolicies);
}

function isOpen({ phase }: { readonly phase: ThresholdPhase }): boolean {
  return phase === 'firing' || phase === 'clearing';
}
