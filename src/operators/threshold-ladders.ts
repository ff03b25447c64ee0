import { getOrCreate } from './parts/get-or-create.js';

/**
 * Since when each level is reached, for states that wait to rise and could do so by more than one level. Each level has
 * to be held by itself: a value that goes higher does not make the higher level older.
 */
export class Ladders {
  private readonly byState = new Map<number, Float64Array>();

  /** A value at time `at` reaches `reached` of `top` levels. */
  note(state: number, top: number, reached: number, at: number): void {
    const ladder = getOrCreate(this.byState, state, () => new Float64Array(top).fill(Infinity));
    for (let level = 1; level <= top; level += 1) {
      if (level > reached) ladder[level - 1] = Infinity;
      else if (ladder[level - 1] === Infinity) ladder[level - 1] = at;
    }
  }

  /** `Infinity` when the level is not reached, `-Infinity` when nothing is known of the state. */
  since(state: number, level: number): number {
    return this.byState.get(state)?.[level - 1] ?? -Infinity;
  }

  delete(state: number): void {
    if (this.byState.size > 0) this.byState.delete(state);
  }

  /** From the lowest level; `undefined` when nothing is known. */
  save(state: number): (number | null)[] | undefined {
    const ladder = this.byState.get(state);
    return ladder && Array.from(ladder, (since) => (since === Infinity ? null : since));
  }

  load(state: number, saved: readonly (number | null)[]): void {
    this.byState.set(
      state,
      Float64Array.from(saved, (since) => since ?? Infinity),
    );
  }
}
