import { getOrCreate } from './parts/get-or-create.js';
import type { CompiledRule } from './threshold-compiled.js';
import { FlapDetector, type FlapState } from './threshold-flap.js';
import type { ThresholdRule, ThresholdWindow } from './threshold-rule.js';
import { Votes } from './threshold-votes.js';
import { type SavedWindow, SeriesWindow, WindowKind } from './threshold-window.js';

/** In place of a level: what is known does not decide now. */
export const undecided = -1;

/** What rules that look further back than the last value remember of one series, as plain data. */
export interface SeriesMemoryState {
  readonly rules: readonly { readonly ruleId: string; readonly votes?: readonly number[]; readonly flap?: FlapState }[];
  readonly windows: readonly SavedWindow[];
}

interface History {
  /** The one that it was begun under. */
  readonly rule: CompiledRule;
  readonly votes: Votes | undefined;
  readonly flap: FlapDetector | undefined;
}

interface SeriesMemory {
  readonly histories: Map<string, History>;
  /** Few: one for each function and length that the rules of the series name. */
  windows: SeriesWindow[];
}

/** A rule began or ceased to flap for the series that is looked at. */
type FlapListener<R extends ThresholdRule> = (
  series: number,
  rule: CompiledRule<R>,
  flap: FlapDetector,
  at: number,
) => void;

/**
 * The memory of rules that look further back than the last value: windows, the samples of `nOf`, and how often a level
 * changed. Other rules cost nothing here.
 */
export class ThresholdMemory<R extends ThresholdRule> {
  /** The number that the last `judge` compared. */
  compared = 0;
  /** The votes that it went by, if any. */
  votes: Votes | undefined;
  private readonly ofSeries = new Map<number, SeriesMemory>();
  private readonly kinds = new Map<string, WindowKind>();
  private readonly onFlap: FlapListener<R>;
  private turn = 0;

  constructor(onFlap: FlapListener<R>) {
    this.onFlap = onFlap;
  }

  has(series: number): boolean {
    return this.ofSeries.has(series);
  }

  /** What a rule with `nOf` goes by. */
  votesOf(series: number, id: string): Votes | undefined {
    return this.ofSeries.get(series)?.histories.get(id)?.votes;
  }

  /** Before the rules look at another value. */
  nextTurn(): void {
    this.turn += 1;
  }

  /** The highest level that holds, or {@link undecided}. */
  judge(series: number, rule: CompiledRule<R>, value: number, at: number): number {
    this.compared = value;
    this.votes = undefined;
    if (!rule.looksBack) return rule.levelOf(value);
    const memory = this.memoryOf(series);
    const { window } = rule.rule;
    if (window !== undefined) this.compared = this.aggregate(memory, window, value, at);
    if (!Number.isFinite(this.compared)) return undecided;
    const { votes, flap } = this.historyOf(memory, rule);
    this.votes = votes;
    votes?.note(this.compared);
    const level = (votes ?? rule).levelOf(this.compared);
    if (flap === undefined) return level;
    if (flap.note(this.steady(rule, flap.level, level))) this.onFlap(series, rule, flap, at);
    return flap.flapping ? undecided : level;
  }

  /** Forgets what none of `rules`, those that apply to the series now, goes on with. */
  retain(series: number, rules: readonly CompiledRule<R>[]): void {
    const memory = this.ofSeries.get(series);
    if (memory === undefined) return;
    const byId = new Map(rules.map((rule) => [rule.rule.id, rule]));
    for (const [id, history] of memory.histories) {
      if (!byId.get(id)?.decidesLike(history.rule)) memory.histories.delete(id);
    }
    memory.windows = memory.windows.filter((window) => {
      const kept = rules.some(({ rule }) => rule.window !== undefined && window.is(rule.window));
      if (!kept) this.drop(window);
      return kept;
    });
    if (memory.windows.length === 0 && memory.histories.size === 0) this.ofSeries.delete(series);
  }

  /** The series is forgotten. */
  forget(series: number): void {
    const memory = this.ofSeries.get(series);
    if (memory === undefined) return;
    for (const window of memory.windows) this.drop(window);
    this.ofSeries.delete(series);
  }

  *save(): IterableIterator<readonly [series: number, state: SeriesMemoryState]> {
    for (const [series, { histories, windows }] of this.ofSeries) {
      const rules = Array.from(histories, ([ruleId, { votes, flap }]) => ({
        ruleId,
        ...(votes !== undefined && { votes: votes.save() }),
        ...(flap !== undefined && { flap: flap.save() }),
      }));
      yield [series, { rules, windows: windows.map((window) => window.save()) }];
    }
  }

  /** `ruleOf`: the rule of this id, if it applies to the series. */
  load(series: number, state: SeriesMemoryState, ruleOf: (id: string) => CompiledRule<R> | undefined): void {
    const memory = this.memoryOf(series);
    for (const { ruleId, votes, flap } of state.rules) {
      const rule = ruleOf(ruleId);
      if (rule !== undefined) memory.histories.set(ruleId, historyOf(rule, votes, flap));
    }
    for (const saved of state.windows) {
      memory.windows.push(new SeriesWindow(this.kindOf(saved), saved));
    }
  }

  /** Where hysteresis leads to from `before`, without any delay. */
  private steady(rule: CompiledRule<R>, before: number, reached: number): number {
    if (reached > before) return reached;
    const clears = (this.votes ?? rule).clears(before, this.compared);
    return clears && before > 0 ? Math.min(reached, before - 1) : before;
  }

  private aggregate(memory: SeriesMemory, window: ThresholdWindow, value: number, at: number): number {
    for (const known of memory.windows) if (known.is(window)) return known.with(value, at, this.turn);
    const added = new SeriesWindow(this.kindOf(window));
    memory.windows.push(added);
    return added.with(value, at, this.turn);
  }

  private memoryOf(series: number): SeriesMemory {
    return getOrCreate(this.ofSeries, series, emptyMemory);
  }

  private historyOf(memory: SeriesMemory, rule: CompiledRule<R>): History {
    // No closure for each value.
    const known = memory.histories.get(rule.rule.id);
    return known ?? getOrCreate(memory.histories, rule.rule.id, () => historyOf(rule));
  }

  private kindOf(window: ThresholdWindow): WindowKind {
    return getOrCreate(this.kinds, nameOf(window), () => new WindowKind(window));
  }

  private drop(window: SeriesWindow): void {
    window.release();
    if (window.kind.unused) this.kinds.delete(nameOf(window.kind.window));
  }
}

function emptyMemory(): SeriesMemory {
  return { histories: new Map(), windows: [] };
}

function historyOf(rule: CompiledRule, votes?: readonly number[], flap?: FlapState): History {
  const { nOf, flap: damping } = rule.rule;
  return {
    rule,
    votes: nOf && new Votes(rule, votes),
    flap: damping && new FlapDetector(damping, flap),
  };
}

function nameOf({ fn, overMs }: ThresholdWindow): string {
  return `${fn} ${overMs}`;
}
