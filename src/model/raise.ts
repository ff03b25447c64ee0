import type { AlertContent } from './alert.js';

/**
 * An alert that was made elsewhere, checked and completed with defaults.
 * `firing` opens or counts up, `resolved` closes, `event` happened once and is never open.
 */
export interface Raise extends AlertContent {
  /** Identity; absent: the hash of title, message and category. */
  readonly key?: string;
  readonly status: 'firing' | 'resolved' | 'event';
  readonly resolveAfterMs: number;
  /** Event time, epoch milliseconds. */
  readonly time: number;
  readonly warnings: readonly RaiseWarning[];
}

/** What may be used otherwise than given, without being refused. */
export const raiseWarningCodes = [
  'field_unknown',
  'truncated',
  'time_skewed',
  'template_unknown',
  'template_variable_missing',
] as const;

export type RaiseWarningCode = (typeof raiseWarningCodes)[number];

export interface RaiseWarning {
  readonly code: RaiseWarningCode;
  readonly field?: string;
  readonly variable?: string;
}
