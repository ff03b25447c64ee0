/** Keeps values of many keys, each named by a slot, and tells figures of those in a window. */
export interface WindowStore {
  /** Work of a `fold`, roughly, in records that are looked at. */
  readonly foldCost: number;
  /** The earliest time, not before `time`, at which a window can start. */
  startFrom(time: number): number;
  /** False, without a trace, for a value that there is no place for: it is too old, or too many are kept. */
  add(slot: number, time: number, value: number): boolean;
  /** How many values lie in `[start, end)`. What `figure` says is about them, until anything else is called. */
  fold(slot: number, start: number, end: number): number;
  /** By its index in the list of figures that the store was made for. */
  figure(index: number): number;
  /** Forgets what is kept for a slot. */
  clear(slot: number): void;
  /** Forgets everything, and gives the memory back. */
  reset(): void;
  /** What is kept for a slot, as rows of finite numbers. */
  save(slot: number): readonly (readonly number[])[];
  /** The slot must be clear. */
  load(slot: number, rows: readonly (readonly number[])[]): void;
}
