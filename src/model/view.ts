import type { AlertRecord } from './alert.js';
import type { DeliveryRecord, DeliveryStatus, Resend } from './delivery.js';
import type { AlertEventType, DeliveryEventType, Marks, StoredEvent } from './event.js';

/** One transition or delivery change as readers see it: see PROTOCOL.md, "Alert event". */
export interface AlertEvent {
  readonly seq: number;
  readonly type: AlertEventType | DeliveryEventType;
  readonly time: number;
  readonly reason: string;
  readonly by?: string;
  readonly onBehalfOf?: string;
  readonly via?: string;
  readonly marks?: Marks;
  readonly alert: AlertView;
}

export type AlertStatus = 'pending' | 'sending' | 'delivered' | 'failed' | 'rate_limited' | 'suppressed';

export interface DeliveryView {
  readonly channel: string;
  readonly transition: number;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly at: number;
  /** Why this channel was told, where it was not routed. */
  readonly reason?: string;
  readonly error?: string;
  readonly ms?: number;
  /** Id of the message that told it together with others. */
  readonly batch?: string;
}

/** What people and programs see of an alert: the record joined with its deliveries. */
export interface AlertView {
  readonly id: string;
  readonly key: string;
  readonly previous?: string;
  readonly rule?: string;
  readonly metric?: string;
  readonly condition?: string;
  readonly title: string;
  readonly message: string;
  readonly severity: AlertRecord['severity'];
  readonly category: string;
  readonly source: string;
  readonly labels: AlertRecord['labels'];
  readonly tags: readonly string[];
  readonly data: AlertRecord['data'];
  readonly value?: number;
  readonly state: AlertRecord['state'];
  readonly status: AlertStatus;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly acknowledged?: AlertRecord['acknowledged'];
  readonly suppressed?: AlertRecord['suppressed'];
  readonly resolvedAt?: number;
  readonly resolvedBy?: string;
  /** `max`: how many rungs the ladder has, where there is one. */
  readonly escalation: AlertRecord['escalation'] & { readonly max?: number };
  readonly count: number;
  readonly channels: readonly string[];
  readonly channelsSent: readonly string[];
  readonly deliveryAttempts: number;
  readonly lastError?: string;
  readonly deliveries: readonly DeliveryView[];
  readonly silencedBy?: readonly string[];
  readonly inhibitedBy?: readonly string[];
  readonly admission: AlertRecord['admission'];
  /** The event log refused this transition: it is told without being recorded. */
  readonly unrecorded?: true;
}

/** A notification that was given up. */
export interface DeadLetterView {
  /** Alert id, transition and channel: the idempotency key. */
  readonly id: string;
  readonly channel: string;
  readonly status: 'dead';
  readonly alertId: string;
  readonly transition: number;
  /** Of the event that was to be told. */
  readonly type: AlertEventType;
  readonly title: string;
  readonly severity: AlertRecord['severity'];
  /** How many alerts it was to tell, when these are several; the other fields are of the first. */
  readonly alerts?: number;
  /** When it was given up. */
  readonly at: number;
  readonly error: string;
  readonly resend?: Resend;
}

/** The one join of a record with its deliveries. */
export function alertView(record: AlertRecord, deliveries: readonly DeliveryRecord[]): AlertView {
  const { v, keyHash, n, origin, series, resolved, notified, chain, routes, ownChannels, template, ...shown } = record;
  const { level, missing, overrides, lastNotifiedAt, repeatMs, cooldownUntil, resolveAfterMs, expiresAt, ...facts } =
    shown;
  const lastError = deliveries.reduce<string | undefined>((last, d) => d.error ?? last, undefined);
  return {
    ...facts,
    escalation: chain === undefined ? record.escalation : { ...record.escalation, max: chain.max },
    status: alertStatus(record, deliveries),
    ...(resolved === undefined ? {} : { resolvedAt: resolved.at, resolvedBy: resolved.by }),
    channelsSent: [...new Set(deliveries.filter((d) => d.status === 'delivered').map((d) => d.channel))],
    deliveryAttempts: deliveries.reduce((sum, d) => sum + d.attempts, 0),
    ...(lastError === undefined ? {} : { lastError }),
    deliveries: deliveries.map(deliveryView),
  };
}

function deliveryView({ alertId, v, ...shown }: DeliveryRecord): DeliveryView {
  return shown;
}

/** P03: any success is `delivered`; all ended without one is `failed`. */
function alertStatus(record: AlertRecord, deliveries: readonly DeliveryRecord[]): AlertStatus {
  if (deliveries.some((d) => d.status === 'delivered')) return 'delivered';
  if (deliveries.length > 0) {
    if (deliveries.every((d) => d.status === 'failed' || d.status === 'dead')) return 'failed';
    return deliveries.some((d) => d.status === 'sending') ? 'sending' : 'pending';
  }
  if (record.admission.verdict === 'rate_limited') return 'rate_limited';
  if (record.admission.verdict === 'duplicate') return 'suppressed';
  if (record.silencedBy !== undefined || record.inhibitedBy !== undefined) return 'suppressed';
  return 'pending';
}

/** The event that readers see for a stored transition. */
export function transitionEvent(seq: number, stored: StoredEvent, deliveries: readonly DeliveryRecord[]): AlertEvent {
  const { v, notify, alert, ...head } = stored;
  return { seq, ...head, alert: alertView(alert, deliveries) };
}
