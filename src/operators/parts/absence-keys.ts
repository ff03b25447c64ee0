import type { AbsenceEntry } from '../absence-options.js';
import { KeyTable } from './key-table.js';

/** What is known of a key; added up. */
export const seenFlag = 1;
export const expectedFlag = 2;
export const absentFlag = 4;

const sinceCell = 0;
const absentAtCell = 1;
const flagsCell = 2;
const cells = 3;

/** The keys that are watched. */
export class AbsenceKeys<K> extends KeyTable<K> {
  constructor(maxKeys: number) {
    super(maxKeys, cells);
  }

  /** The key must be absent from the table, and the table not full. */
  watch(key: K, since: number, flags: number): number {
    const slot = this.add(key, 0);
    this.setSince(slot, since);
    this.setFlags(slot, flags);
    return slot;
  }

  /** When the key was last seen, or expected if it never was. */
  sinceOf(slot: number): number {
    return this.cell(slot, sinceCell);
  }

  setSince(slot: number, since: number): void {
    this.setCell(slot, sinceCell, since);
  }

  /** Means something for an absent key only. */
  absentAtOf(slot: number): number {
    return this.cell(slot, absentAtCell);
  }

  setAbsent(slot: number, at: number): void {
    this.setCell(slot, absentAtCell, at);
    this.setFlags(slot, this.flagsOf(slot) | absentFlag);
  }

  flagsOf(slot: number): number {
    return this.cell(slot, flagsCell);
  }

  setFlags(slot: number, flags: number): void {
    this.setCell(slot, flagsCell, flags);
  }

  has(slot: number, flag: number): boolean {
    return (this.flagsOf(slot) & flag) !== 0;
  }

  lastSeenAt(slot: number): number | undefined {
    return this.has(slot, seenFlag) ? this.sinceOf(slot) : undefined;
  }

  save(slot: number): AbsenceEntry<K> {
    return {
      key: this.keyOf(slot),
      since: finiteOrNull(this.sinceOf(slot)),
      seen: this.has(slot, seenFlag),
      expected: this.has(slot, expectedFlag),
      ...(this.has(slot, absentFlag) && { absentAt: this.absentAtOf(slot) }),
    };
  }

  load({ key, since, seen, expected, absentAt }: AbsenceEntry<K>): number {
    const slot = this.watch(key, since ?? -Infinity, (seen ? seenFlag : 0) | (expected ? expectedFlag : 0));
    if (absentAt !== undefined) this.setAbsent(slot, absentAt);
    return slot;
  }
}

/** JSON knows no infinity. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
