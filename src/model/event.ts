import type { AlertRecord } from './alert.js';

export const alertEventTypes = [
  'opened',
  'updated',
  'duplicate',
  'rate_limited',
  'acknowledged',
  'unacknowledged',
  'escalated',
  'suppressed',
  'unsuppressed',
  'silenced',
  'unsilenced',
  'inhibited',
  'uninhibited',
  'repeated',
  'resolved',
] as const;
export type AlertEventType = (typeof alertEventTypes)[number];

export const deliveryEventTypes = ['sending', 'delivered', 'delivery_failed'] as const;
export type DeliveryEventType = (typeof deliveryEventTypes)[number];

/** When a piece of data passed each stage: epoch milliseconds, fractions allowed. */
export interface Marks {
  readonly published?: number;
  readonly received?: number;
  readonly evaluated?: number;
  readonly stored?: number;
  readonly sent?: number;
}

/** One transition as the event log stores it. Everything was decided before it was written. */
export interface StoredEvent {
  readonly v: 1;
  readonly type: AlertEventType;
  /** Wall time of the decision. */
  readonly time: number;
  /** Why, in stable words. */
  readonly reason: string;
  readonly by?: string;
  readonly onBehalfOf?: string;
  /** On which way a person or a program asked for it, with the address where there is one: `http 10.0.0.7`. */
  readonly via?: string;
  /** Channels that this transition notifies; empty or absent when it notifies nobody. */
  readonly notify?: readonly string[];
  readonly marks?: Marks;
  readonly alert: AlertRecord;
}
