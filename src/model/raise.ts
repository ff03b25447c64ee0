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

export interface RaiseWarning {
  readonly code: string;
  readonly field?: string;
  readonly variable?: string;
}
