import type { BatchCounts, BatchReason } from './delivery.js';
import type { AlertEventType, StoredEvent } from './event.js';
import type { ChannelOverride } from './override.js';
import type { AlertView } from './view.js';

/** Body of a notification, as the webhook channel posts it. */
export interface Notification {
  /** The idempotency key. */
  readonly id: string;
  readonly type: AlertEventType;
  /** Wall time of the transition, ISO 8601. */
  readonly timestamp: string;
  readonly data: { readonly reason: string; readonly transition: number; readonly alert: AlertView };
}

/** Body of a notification that tells several alerts of one group. */
export interface GroupNotification {
  /** The idempotency key. */
  readonly id: string;
  readonly type: 'group';
  /** Wall time at which the batch was closed, ISO 8601. */
  readonly timestamp: string;
  readonly data: {
    readonly reason: BatchReason;
    /** What the alerts have in common: the fields that they are grouped by. */
    readonly group: Readonly<Record<string, string>>;
    /** In the order in which it happened. */
    readonly alerts: readonly GroupedNotification[];
    /** Notifications beyond these. */
    readonly more: number;
    readonly counts: BatchCounts;
  };
}

/** What a notification would say of one alert alone. */
export type GroupedNotification = Pick<Notification, 'type' | 'timestamp'> & Notification['data'];

/** How one attempt ended. The channel, and nobody else, knows what may be tried again. */
export type SendResult =
  | { readonly outcome: 'delivered'; readonly providerId?: string }
  | {
      readonly outcome: 'retry';
      readonly error: string;
      /** From `Retry-After`, when the receiver gave one. */
      readonly retryAfterMs?: number;
      /** `false` for connection errors, 408, 425, 429: they say nothing about this message. */
      readonly countable: boolean;
    }
  | { readonly outcome: 'permanent'; readonly error: string };

/** At most `max` in any `perMs` milliseconds. */
export interface ChannelRate {
  readonly max: number;
  readonly perMs: number;
}

export const defaultFallbackAfterMs = 60_000;

/** What the engine sees to, whatever the channel is. */
export interface ChannelPolicy {
  /** `false`: switched off. Default `true`. */
  readonly enabled?: boolean;
  /** More has to wait its turn. Absent: as fast as it takes them. */
  readonly rate?: ChannelRate;
  /** Name of the channel that gets a copy of what this one does not take. */
  readonly fallback?: string;
  /** How long a notification waits while this channel is down until it is copied. Default {@link defaultFallbackAfterMs}. */
  readonly fallbackAfterMs?: number;
}

/** A way out for notifications. It never sees a stream; it sends one thing and says how that went. */
export interface Channel extends ChannelPolicy {
  readonly name: string;
  readonly type: string;
  /** Time allowed for one attempt, where it differs from the engine's. */
  readonly timeoutMs?: number;
  isAvailable(): boolean;
  /** Never rejects for a failed delivery: that is a {@link SendResult}. */
  send(notification: Notification, context: SendContext): Promise<SendResult>;
  /** Absent: this channel is told one by one, without waiting for others. */
  sendGroup?(notification: GroupNotification, context: SendContext): Promise<SendResult>;
  /** Called when nothing more is sent over it. */
  close?(): Promise<void>;
}

export interface SendContext {
  /** Aborts when the time allowed for one attempt is over or the engine stops. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** What the alert's rule, route or escalation wants otherwise. */
  readonly override?: ChannelOverride;
  /** Stage times of the transition, for channels that show them. */
  readonly marks?: StoredEvent['marks'];
}
