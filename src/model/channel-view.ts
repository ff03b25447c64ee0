import type { ChannelRate } from './channel.js';

/** How a channel stands: what people and programs see of it. Counts are since the engine started. */
export interface ChannelView {
  readonly name: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly available: boolean;
  /** `open`: it does not take notifications, and is probed. */
  readonly circuit: 'closed' | 'open';
  /** Wall time at which the circuit opened. */
  readonly openSince?: number;
  /** Notifications that wait or are on their way; absent while that cannot be known. */
  readonly waiting?: number;
  /** Delivered. */
  readonly sent: number;
  /** Could not even be tried. */
  readonly failed: number;
  /** Given up. */
  readonly dead: number;
  readonly lastError?: string;
  readonly lastDeliveredAt?: number;
  readonly rate?: ChannelRate;
  readonly fallback?: string;
}

/** How the test of a channel went. */
export interface ChannelTest {
  readonly channel: string;
  readonly delivered: boolean;
  readonly error?: string;
  /** How long it took. */
  readonly ms: number;
}
