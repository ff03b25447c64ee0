/** How often windows were told again, by slot and end. Windows that never were cost nothing. */
export class Revisions {
  private readonly bySlot = new Map<number, Map<number, number>>();

  /** The number of the next telling of a window that was told before. */
  next(slot: number, end: number): number {
    const ofSlot = this.bySlot.get(slot) ?? new Map<number, number>();
    const revision = (ofSlot.get(end) ?? 0) + 1;
    this.bySlot.set(slot, ofSlot.set(end, revision));
    return revision;
  }

  /** Forgets the windows that ended at `until` or before. */
  forget(slot: number, until: number): void {
    const ofSlot = this.bySlot.get(slot);
    if (ofSlot === undefined) return;
    for (const end of ofSlot.keys()) if (end <= until) ofSlot.delete(end);
    if (ofSlot.size === 0) this.bySlot.delete(slot);
  }

  clear(slot: number): void {
    this.bySlot.delete(slot);
  }

  save(slot: number): readonly (readonly [end: number, revision: number])[] {
    return [...(this.bySlot.get(slot) ?? [])];
  }

  load(slot: number, rows: readonly (readonly [end: number, revision: number])[]): void {
    if (rows.length > 0) this.bySlot.set(slot, new Map(rows));
  }
}
