import type { AlertEventType, StoredEvent } from './event.js';
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

/** A way out for notifications. It never sees a stream; it sends one thing and says how that went. */
export interface Channel {
  readonly name: string;
  readonly type: string;
  /** Time allowed for one attempt, where it differs from the engine's. */
  readonly timeoutMs?: number;
  isAvailable(): boolean;
  /** Never rejects for a failed delivery: that is a {@link SendResult}. */
  send(notification: Notification, context: SendContext): Promise<SendResult>;
  close?(): Promise<void>;
}

export interface SendContext {
  /** Aborts when the time allowed for one attempt is over or the engine stops. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Stage times of the transition, for channels that show them. */
  readonly marks?: StoredEvent['marks'];
}
