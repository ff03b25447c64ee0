import type { Series } from './series.js';

/** One value of one series. Times are epoch milliseconds and may have fractions. */
export interface Sample {
  readonly series: Series;
  readonly value: number;
  /** Event time: what the publisher said, or the arrival time when it said nothing or something impossible. */
  readonly time: number;
  /** Arrival time at this engine. */
  readonly received: number;
}

/** A part of an input that could not be used. */
export interface Rejection {
  readonly subject: string;
  /** Position in the array, when the message held one. */
  readonly index?: number;
  readonly code: string;
  /** What went wrong, for a person. */
  readonly reason: string;
  readonly field?: string;
  /** Beginning of the offending input, at most 200 characters. */
  readonly excerpt: string;
}

/** A sample as a program gives it: see "Metrics" in PROTOCOL.md. */
export interface SampleFields {
  readonly name: string;
  readonly source: string;
  readonly value: number;
  /** Epoch milliseconds, ISO 8601, or a date. Default: now. */
  readonly time?: number | string | Date;
  readonly labels?: Readonly<Record<string, string>>;
  readonly unit?: string;
}

/** What became of samples. */
export interface SampleAnswer {
  /** Nothing was rejected. */
  readonly ok: boolean;
  readonly accepted: number;
  /** The first 1,000; `index` is the position in the list. */
  readonly rejected: readonly { readonly index: number; readonly code: string; readonly field?: string }[];
}
