import { percentOf } from './parts/aggregate-fn.js';
import { NumberPool } from './parts/number-pool.js';
import { WindowAggregate, type WindowAggregateState } from './parts/window-aggregate.js';
import type { ThresholdWindow } from './threshold-rule.js';

/** In so many steps a window moves on; those of percentiles are dearer to put together. */
const panes = 60;
const percentilePanes = 12;

const leastCoverage = 0.5;

/** What a {@link SeriesWindow} holds, as plain data. */
export interface SavedWindow extends ThresholdWindow {
  readonly state: WindowAggregateState;
}

/** All windows of one function and length, a slot a series. */
export class WindowKind {
  readonly window: ThresholdWindow;
  readonly aggregate: WindowAggregate;
  private readonly slots = new NumberPool();
  private used = 0;

  constructor({ fn, overMs }: ThresholdWindow) {
    this.window = { fn, overMs };
    this.aggregate = new WindowAggregate(fn, overMs, percentOf(fn) === undefined ? panes : percentilePanes);
  }

  /** No series has such a window. */
  get unused(): boolean {
    return this.used === 0;
  }

  take(): number {
    this.used += 1;
    return this.slots.take();
  }

  giveBack(slot: number): void {
    this.aggregate.clear(slot);
    this.slots.giveBack(slot);
    this.used -= 1;
  }
}

/** The last values of one series: at least one. */
export class SeriesWindow {
  readonly kind: WindowKind;
  private readonly slot: number;
  private turn = -1;
  private figure = Number.NaN;

  constructor(kind: WindowKind, saved?: SavedWindow) {
    this.kind = kind;
    this.slot = kind.take();
    if (saved !== undefined) kind.aggregate.load(this.slot, saved.state);
  }

  is({ fn, overMs }: ThresholdWindow): boolean {
    const { window } = this.kind;
    return window.overMs === overMs && window.fn === fn;
  }

  /**
   * The aggregate with `value`, not finite while it does not count. `turn` numbers the values, so that each is added
   * once, whatever the number of rules that ask.
   */
  with(value: number, at: number, turn: number): number {
    if (this.turn !== turn) {
      this.turn = turn;
      this.figure = this.add(value, Math.floor(at));
    }
    return this.figure;
  }

  save(): SavedWindow {
    const { window, aggregate } = this.kind;
    return { ...window, state: aggregate.save(this.slot)! };
  }

  release(): void {
    this.kind.giveBack(this.slot);
  }

  private add(value: number, at: number): number {
    const { aggregate } = this.kind;
    aggregate.add(this.slot, at, value);
    return aggregate.coverage(this.slot, at) < leastCoverage ? Number.NaN : aggregate.value(this.slot, at);
  }
}
