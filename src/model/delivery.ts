import type { StoredEvent } from './event.js';

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
  readonly event: StoredEvent;
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
