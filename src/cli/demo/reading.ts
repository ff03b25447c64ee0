/** One measurement of a publisher. */
export interface Reading {
  readonly name: string;
  readonly value: number;
  /** Empty for a plain number. */
  readonly unit: string;
}
