import type { Cells } from './key-table.js';
import type { RateStore, RateWindow } from './rate-windows.js';

/**
 * The generic cell rate algorithm (ITU-T I.371): per key and window one number, the theoretical arrival time (TAT), up
 * to which its room is used up. Bursts of `max` pass, and on the long run `max` each `perMs`; within one `perMs` that
 * can be nearly twice `max`.
 *
 * A window counts in units of 1/`max` ms, in which all its terms are whole numbers: nothing drifts. Zero is an empty
 * window.
 */
export class Gcra implements RateStore {
  private readonly windows: readonly RateWindow[];
  private readonly tats: Cells;
  /** Times are counted from here, to keep them small. */
  private epoch: number | undefined;

  /** `tats` has a cell for each window. */
  constructor(windows: readonly RateWindow[], tats: Cells) {
    this.windows = windows;
    this.tats = tats;
  }

  roomAt(slot: number, now: number): number {
    let room = now;
    for (let index = 0; index < this.windows.length; index += 1) {
      const { max, perMs } = this.windows[index]!;
      const open = this.tats.cell(slot, index) - perMs * (max - 1);
      if (open > this.units(now, max)) room = Math.max(room, this.start(now) + Math.ceil(open / max));
    }
    return room;
  }

  record(slot: number, now: number): void {
    for (let index = 0; index < this.windows.length; index += 1) {
      const { max, perMs } = this.windows[index]!;
      this.tats.setCell(slot, index, Math.max(this.tats.cell(slot, index), this.units(now, max)) + perMs);
    }
  }

  before(slot: number): readonly number[] {
    return this.windows.map((_, index) => this.tats.cell(slot, index));
  }

  /**
   * Without a later item, the state from before is right. With one, the debt that this item made may have been worked
   * off meanwhile, up to the time since: that much is not given back.
   */
  undo(slot: number, at: number, now: number, before: readonly number[]): void {
    for (let index = 0; index < this.windows.length; index += 1) {
      const { max, perMs } = this.windows[index]!;
      const tat = this.tats.cell(slot, index);
      const isLast = tat === Math.max(before[index]!, this.units(at, max)) + perMs;
      const credit = Math.max(0, perMs - (now - at) * max);
      this.tats.setCell(slot, index, isLast ? before[index]! : tat - credit);
    }
  }

  clear(slot: number): void {
    for (let index = 0; index < this.windows.length; index += 1) this.tats.setCell(slot, index, 0);
  }

  reset(): void {}

  /** Per window: the debt in units of 1/`max` ms. */
  save(slot: number, now: number): number[] {
    return this.windows.map(({ max }, index) => Math.max(0, this.tats.cell(slot, index) - this.units(now, max)));
  }

  load(slot: number, now: number, debts: readonly number[]): void {
    for (let index = 0; index < this.windows.length; index += 1) {
      const debt = debts[index] ?? 0;
      this.tats.setCell(slot, index, debt === 0 ? 0 : debt + this.units(now, this.windows[index]!.max));
    }
  }

  private units(now: number, max: number): number {
    return (now - this.start(now)) * max;
  }

  private start(now: number): number {
    this.epoch ??= now;
    return this.epoch;
  }
}
