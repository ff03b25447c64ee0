import { defaultMaxKeys } from './options.js';
import { notBefore } from './parts/kernel-time.js';
import { noSlot } from './parts/key-table.js';
import { Watermark } from './parts/watermark.js';
import type { OverflowPolicy } from './side.js';
import { requireVersion } from './state-handle.js';
import type { CompiledRule } from './threshold-compiled.js';
import type { FlapDetector } from './threshold-flap.js';
import { ThresholdIndex } from './threshold-index.js';
import { isOpen, ThresholdMachine } from './threshold-machine.js';
import { ThresholdMemory, undecided } from './threshold-memory.js';
import { checkThreshold, defaultIdleMs, type ThresholdKernelOptions } from './threshold-options.js';
import type { SeriesIdentity, ThresholdRule } from './threshold-rule.js';
import { checkRules } from './threshold-rule-check.js';
import { ThresholdSeries } from './threshold-series.js';
import { entriesOf, memoriesOf } from './threshold-snapshot.js';
import { noState } from './threshold-states.js';
import type {
  ThresholdEntry,
  ThresholdMemoryEntry,
  ThresholdNotice,
  ThresholdPart,
  ThresholdRejected,
  ThresholdResolved,
  ThresholdSnapshot,
  ThresholdTransition,
} from './threshold-transition.js';

/** Expiries in one `advance`, so that no turn of the loop grows long. */
const expiriesPerAdvance = 1_000;
/** Idle series that one `advance` forgets at most. */
const sweptPerAdvance = 4_000;
/** States that one `advance` puts under new rules. */
const carriedPerAdvance = 500;
const snapshotVersion = 2;

/**
 * Evaluates rules without RxJS: feed it by `process`, call `advance` when `nextDue()` has come, and act on the
 * transitions that all of its methods return. All state is settled before they return.
 *
 * A value costs one look-up of its series and one comparison for each rule of that series, however many rules there are
 * besides. Memory: about 110 bytes a series and its identity, 80 to 100 more for each rule that is not at rest.
 */
export class ThresholdKernel<T, K, R extends ThresholdRule = ThresholdRule> {
  private index: ThresholdIndex<R>;
  /** Of the clock. */
  private now = -Infinity;
  /** Time of the present rule set. */
  private rulesSetAt = -Infinity;
  /** First state that may still be under rules that were replaced; none is while it is `noState`. */
  private carried = noState;
  private readonly watermark: Watermark | undefined;
  private readonly memory: ThresholdMemory<R>;
  private readonly series: ThresholdSeries<K, R>;
  private readonly machine: ThresholdMachine<T, K, R>;
  private readonly identify: (item: T) => SeriesIdentity | undefined;
  private readonly idleMs: number;
  private readonly overflow: OverflowPolicy;
  private readonly countsLate: boolean;
  private readonly onNotice: ((notice: ThresholdNotice<T, K, R>) => void) | undefined;

  /** Throws `RangeError` or `TypeError` for a bad option. */
  constructor(options: ThresholdKernelOptions<T, K, R>) {
    checkThreshold('threshold', options);
    this.index = new ThresholdIndex(options.rules);
    this.watermark = options.eventTime && new Watermark(options.eventTime);
    this.memory = new ThresholdMemory((series, rule, flap, at) => this.sayFlapping(series, rule, flap, at));
    this.series = new ThresholdSeries(options.maxKeys ?? defaultMaxKeys, this.memory, (key) => {
      this.onNotice?.({ kind: 'evicted', key, reason: 'max_keys' });
    });
    this.machine = new ThresholdMachine(this.series, (series) => this.renew(series));
    this.identify = options.identify;
    this.idleMs = options.idleMs ?? defaultIdleMs;
    this.overflow = options.overflow ?? 'evict';
    // By the clock only a restored value can be newer, and time stands still until then.
    this.countsLate = options.eventTime === undefined || options.onLate === 'arrival';
    this.onNotice = options.onNotice;
  }

  /** How many series are known. */
  get size(): number {
    return this.series.size;
  }

  /**
   * Evaluates `value` for the series `key`. `at` is the value's own time, and means something with `eventTime` only;
   * what else is due by event time then comes first.
   */
  process(item: T, key: K, value: number, now: number, at: number = now): readonly ThresholdTransition<T, K, R>[] {
    this.now = notBefore(this.now, now);
    if (!Number.isFinite(value)) this.reject('not_finite', item, key);
    else if (this.watermark !== undefined) this.processAt(this.watermark, item, key, value, at);
    else this.accept(item, key, value, this.tick());
    return this.machine.outbox.take();
  }

  /** Lets come about what is due by `now`: a bounded amount, so ask `nextDue()` again. */
  advance(now: number): readonly ThresholdTransition<T, K, R>[] {
    const time = this.goOn(now);
    this.carryOn(carriedPerAdvance);
    this.machine.advance(time, expiriesPerAdvance);
    this.series.sweep(this.now, this.idleMs, sweptPerAdvance);
    return this.machine.outbox.take();
  }

  /** From now on silence means nothing: the source is known to be away. What is pending goes on, and goes stale. */
  pause(now: number): void {
    this.goOn(now);
    this.machine.pause(true);
  }

  /** Silence counts again, from now on: nobody is missed before `staleAfterMs` from now. */
  resume(now: number): void {
    this.goOn(now);
    this.machine.pause(false);
  }

  /** `advance` has nothing to do before this moment; `Infinity` when nothing is pending and no series can be forgotten. */
  nextDue(): number {
    if (this.carried !== noState) return this.now;
    const due = this.machine.nextDue();
    const first = this.watermark === undefined ? due : this.watermark.reaches(due);
    if (this.machine.states.seriesInUse === this.series.size) return first;
    return Math.min(first, this.series.nextSweep(this.idleMs));
  }

  /**
   * Replaces the rules. A rule with the same id keeps its states where it still matches the series; where it decides
   * differently now, what was pending or clearing waits for the next value. Every other state ends. That happens when a
   * series has its next value or deadline, and in the following `advance` calls, but always as of now; states that did
   * not come to it see only the newest rules. Throws `RangeError` or `TypeError` for bad rules, and keeps the ones before.
   */
  setRules(rules: readonly R[], now: number): readonly ThresholdTransition<T, K, R>[] {
    checkRules('threshold.rules', rules);
    this.goOn(now);
    this.index = new ThresholdIndex(rules);
    this.rulesSetAt = this.time();
    this.series.forgetRules();
    this.carried = 1;
    this.carryOn(carriedPerAdvance);
    return this.machine.outbox.take();
  }

  /** What has come about by the end of the stream. What is still waited for is left out: nothing is invented. */
  flush(now: number): readonly ThresholdTransition<T, K, R>[] {
    this.now = notBefore(this.now, now);
    const transitions: ThresholdTransition<T, K, R>[] = [];
    while (this.nextDue() <= this.now) transitions.push(...this.advance(now));
    return transitions;
  }

  /** The states of one series that are not at rest, in the order of the rules. */
  statesOf(key: K): readonly ThresholdEntry<K>[] {
    const { series } = this;
    const { states } = this.machine;
    return [...entriesOf(states, series, states.of(series.heads, series.find(key)))];
  }

  /**
   * The state as plain data, one state or memory at a time. Time may pass and values may come meanwhile: each is right at
   * the moment when it is taken.
   */
  *parts(): IterableIterator<ThresholdPart<K>> {
    for (const entry of entriesOf(this.machine.states, this.series)) yield { entry };
    for (const memory of memoriesOf(this.series)) yield { memory };
  }

  /** The state as plain data. */
  snapshot(): ThresholdSnapshot<K> {
    const memories = [...memoriesOf(this.series)];
    return {
      version: snapshotVersion,
      entries: [...entriesOf(this.machine.states, this.series)],
      ...(memories.length > 0 && { memories }),
      ...(this.watermark && { watermark: this.watermark.save() }),
    };
  }

  /**
   * Takes over the states of a snapshot, before the first value. What had fired under a rule that is gone, or no longer
   * matches, resolves. Throws `RangeError` for a snapshot of another version.
   */
  restore(snapshot: ThresholdSnapshot<K>, now: number): readonly ThresholdTransition<T, K, R>[] {
    if (snapshot.version !== 1) requireVersion('threshold', snapshot, snapshotVersion);
    this.now = notBefore(this.now, now);
    if (snapshot.watermark !== undefined) this.watermark?.load(snapshot.watermark);
    this.tick();
    for (const memory of snapshot.memories ?? []) this.recall(memory);
    const gone = snapshot.entries.filter((entry) => !this.takeOver(entry) && isOpen(entry.phase));
    return gone.map((entry) => this.goneWith(entry));
  }

  private goOn(now: number): number {
    this.now = notBefore(this.now, now);
    return this.tick();
  }

  /** Brings the machine's clock up to date. With event time, that is how far it has come. */
  private tick(): number {
    this.machine.clock = this.watermark === undefined ? this.now : this.watermark.at(this.now);
    return this.machine.clock;
  }

  /** Of what no value and no timer brings about. */
  private time(): number {
    return this.machine.clock === -Infinity ? this.now : this.machine.clock;
  }

  private processAt(watermark: Watermark, item: T, key: K, value: number, at: number): void {
    const verdict = watermark.observe(at, this.now);
    if (verdict === 'future' || verdict === 'not_a_time') {
      this.reject(verdict, item, key);
      return;
    }
    const mark = this.tick();
    this.machine.advance(mark, expiriesPerAdvance);
    if (at >= mark || this.countsLate) this.accept(item, key, value, Math.max(at, mark));
    else this.reject('late', item, key);
  }

  private accept(item: T, key: K, value: number, at: number): void {
    const known = this.series.find(key);
    const series = known === noSlot ? this.newSeries(item, key) : known;
    if (series === noSlot) return;
    const last = this.series.lastAt[series]!;
    if (at < last && !this.countsLate) {
      this.reject('late', item, key);
      return;
    }
    this.series.touch(series, this.now);
    this.evaluate(series, item, value, Math.max(at, last));
  }

  /** 0 when there is none. */
  private newSeries(item: T, key: K): number {
    const identity = this.identify(item);
    if (identity === undefined) return noSlot;
    const series = this.series.meet(key, identity, this.now, this.overflow === 'evict');
    if (series !== noSlot) return series;
    if (this.overflow === 'error') throw new RangeError(`threshold: more than ${this.series.maxKeys} series (maxKeys)`);
    this.reject('max_keys', item, key);
    return noSlot;
  }

  private reject(reason: ThresholdRejected<T, K>['reason'], value: T, key: K): void {
    this.onNotice?.({ kind: 'rejected', key, value, reason });
  }

  /** Rules and states of a series are in the same order. */
  private evaluate(series: number, item: T, value: number, at: number): void {
    if (this.series.staysAtRest(series, value)) {
      this.series.lastAt[series] = at;
      return;
    }
    const { machine } = this;
    const { states } = machine;
    const rules = this.series.rulesOf(series) ?? this.renew(series);
    machine.catchUp(series, at);
    this.series.lastAt[series] = at;
    this.memory.nextTurn();
    let next = this.series.heads[series]!;
    for (const rule of rules) {
      let state = noState;
      if (next !== noState && states.rules[next] === rule) {
        state = next;
        next = states.nexts[state]!;
      }
      if (!rule.plain) this.judge(series, state, rule, item, value, at);
      else if (state !== noState) machine.onValue(state, rule, item, value, at, rule.holds(value) ? 1 : 0);
      else if (rule.holds(value)) machine.start(series, rule, item, value, at, 1);
    }
  }

  private judge(series: number, state: number, rule: CompiledRule<R>, item: T, value: number, at: number): void {
    const { machine, memory } = this;
    const reached = memory.judge(series, rule, value, at);
    const level = reached === undecided ? 0 : reached;
    if (state === noState) {
      if (level > 0 || rule.noData === 'alert') machine.start(series, rule, item, memory.compared, at, level);
    } else if (reached === undecided) {
      machine.hold(state, at);
    } else {
      machine.onValue(state, rule, item, memory.compared, at, level, memory.votes);
    }
  }

  private sayFlapping(series: number, { rule }: CompiledRule<R>, flap: FlapDetector, at: number): void {
    const state = flap.flapping ? 'started' : 'ended';
    const key = this.series.keyOf(series);
    this.onNotice?.({ kind: 'flapping', rule, key, state, share: flap.share(), at });
  }

  /** Looks up the rules of a series that is new, or was seen under other rules, and puts its states under them. */
  private renew(series: number): readonly CompiledRule<R>[] {
    const identity = this.series.identityOf(series);
    const rules = this.index.match(identity);
    this.series.setRules(series, rules);
    if (this.series.heads[series] !== noState) {
      // By event time, values of the series may be ahead of it.
      const at = Math.max(this.rulesSetAt, this.series.lastAt[series]!);
      this.machine.carryOver(series, (id) => this.ruleOf(id, identity), at);
    }
    this.memory.retain(series, rules);
    return rules;
  }

  private carryOn(most: number): void {
    if (this.carried === noState) return;
    const { states } = this.machine;
    const end = this.carried + most;
    for (; this.carried < end && this.carried <= states.last; this.carried += 1) {
      if (states.rules[this.carried] === undefined) continue;
      const series = states.series[this.carried]!;
      if (this.series.rulesOf(series) === undefined) this.renew(series);
    }
    if (this.carried > states.last) this.carried = noState;
  }

  private ruleOf(id: string, identity: SeriesIdentity): CompiledRule<R> | undefined {
    const rule = this.index.get(id);
    return rule?.matches(identity) ? rule : undefined;
  }

  private recall(entry: ThresholdMemoryEntry<K>): void {
    this.memory.load(this.seriesOf(entry, entry.seenAt), entry, (id) => this.ruleOf(id, entry));
  }

  private takeOver(entry: ThresholdEntry<K>): boolean {
    const rule = this.ruleOf(entry.ruleId, entry);
    if (rule === undefined) return false;
    const series = this.seriesOf(entry, entry.seenAt ?? entry.since);
    this.machine.restore(series, rule, entry, this.memory.votesOf(series, entry.ruleId), this.time());
    return true;
  }

  private seriesOf({ key, metric, source, labels }: SeriesIdentity & { readonly key: K }, seenAt: number): number {
    const known = this.series.find(key);
    const series = known === noSlot ? this.series.meet(key, { metric, source, labels }, this.now, false) : known;
    if (series === noSlot)
      throw new RangeError(`threshold: a state of more than ${this.series.maxKeys} series (maxKeys)`);
    if (seenAt > this.series.lastAt[series]!) this.series.lastAt[series] = seenAt;
    return series;
  }

  private goneWith({ ruleId, key, value, since }: ThresholdEntry<K>): ThresholdResolved<T, K, R> {
    const rule = this.index.get(ruleId)?.rule;
    const at = this.time();
    const last = value ?? Number.NaN;
    return { kind: 'resolved', ruleId, rule, key, value: last, at, since, reason: 'rule_removed', item: undefined };
  }
}
