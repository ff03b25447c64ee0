import type { StoredEvent } from './event.js';
import type { Severity } from './severity.js';

/** `dead` is a dead letter: kept, listed, re-sendable. `failed` could not even be tried. */
export type DeliveryStatus = 'pending' | 'sending' | 'delivered' | 'failed' | 'dead';

/** State of one notification on one channel; the last one stands under its own subject in the event log. */
export interface DeliveryRecord {
  readonly v: 1;
  readonly alertId: string;
  /** Number `n` of the transition that is notified. */
  readonly transition: number;
  readonly channel: string;
  readonly status: DeliveryStatus;
  /** Attempts that counted. */
  readonly attempts: number;
  /** Wall time, epoch milliseconds. */
  readonly at: number;
  readonly providerId?: string;
  readonly error?: string;
  /** Duration of the last attempt. */
  readonly ms?: number;
  readonly resend?: Resend;
  /** Why this channel was told, where it was not routed: `fallback of <channel>`. */
  readonly reason?: string;
  /** Id of the message that told it together with others. */
  readonly batch?: string;
}

/** Somebody wanted a dead letter to be sent once more. */
export interface Resend {
  /** How often, this time included. */
  readonly count: number;
  readonly by: string;
}

/** One notification on its way to one channel. `id` is its idempotency key, the same in every attempt. */
export interface OutboxMessage {
  readonly v: 1;
  readonly id: string;
  readonly channel: string;
  /** Wall time at which it was put into the outbox. */
  readonly at: number;
  /** Of a batch: the first that it tells. */
  readonly event: StoredEvent;
  readonly batch?: Batch;
  /** The channel that does not take it. */
  readonly fallbackOf?: string;
  readonly resend?: Resend;
}

/** Names one way of a message through the outbox: a dead letter that is sent again takes another one. */
export function wayId({ id, resend }: Pick<OutboxMessage, 'id' | 'resend'>): string {
  return resend === undefined ? id : `${id}~${resend.count}`;
}

/** Alert id + transition + channel. */
export function outboxId(alertId: string, transition: number, channel: string): string {
  return `${alertId}.${transition}.${channel}`;
}

/** Channel of an {@link outboxId}; its other parts hold no dot. */
export function outboxChannel(id: string): string {
  return id.split('.').slice(2).join('.');
}

/** Dispatch: a pure, idempotent function from a stored event to what has to be sent. */
export function outboxMessages(event: StoredEvent, at: number): OutboxMessage[] {
  return (event.notify ?? []).map((channel) => ({
    v: 1,
    id: outboxId(event.alert.id, event.alert.n, channel),
    channel,
    at,
    event,
  }));
}

/** One transition, as what somebody was told of its alert. */
export interface Told {
  readonly alertId: string;
  readonly keyHash: string;
  readonly transition: number;
}

/** What a message tells besides its event: the others of a group. */
export interface Batch {
  /** What the alerts have in common: the fields that they are grouped by. */
  readonly group: Readonly<Record<string, string>>;
  /** Identity of the group; `order` is a place among its batches. */
  readonly groupHash: string;
  readonly order: number;
  readonly reason: BatchReason;
  /** Told after the first, in the order in which they happened. */
  readonly others: readonly StoredEvent[];
  /** Beyond what one message holds: only counted. */
  readonly untold: readonly Told[];
  readonly counts: BatchCounts;
}

/** Why a batch is sent now: see docs/grouping.md. `full`: more waits than is held. */
export type BatchReason = 'wait' | 'interval' | 'urgent' | 'full';

/** Of the alerts of a batch, each as it stood at its last transition in it. */
export interface BatchCounts {
  readonly alerts: number;
  readonly open: number;
  /** Happened once, and were never open. */
  readonly events: number;
  /** It was told that they are over. */
  readonly resolved: number;
  /** Of those that are open and those that happened. */
  readonly bySeverity: Readonly<Record<Severity, number>>;
}

/** Everything that a message tells, in the order in which it happened. */
export function eventsOf({ event, batch }: Pick<OutboxMessage, 'event' | 'batch'>): readonly StoredEvent[] {
  return batch === undefined ? [event] : [event, ...batch.others];
}

/** The last transition of each alert that a message tells or counts; that of its first event comes first. */
export function toldBy(message: Pick<OutboxMessage, 'event' | 'batch'>): readonly Told[] {
  if (message.batch === undefined) return [told(message.event)];
  const last = new Map<string, Told>();
  for (const next of [...eventsOf(message).map(told), ...message.batch.untold]) {
    if (next.transition >= (last.get(next.alertId)?.transition ?? 0)) last.set(next.alertId, next);
  }
  return [...last.values()];
}

export function told({ alert }: StoredEvent): Told {
  return { alertId: alert.id, keyHash: alert.keyHash, transition: alert.n };
}
