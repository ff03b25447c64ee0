import type { SchedulerLike, Subscription } from 'rxjs';
import type {
  Channel,
  ChannelPolicy,
  GroupNotification,
  Notification,
  SendContext,
  SendResult,
} from '../model/channel.js';

/**
 * How a channel behaves: `down` refuses connections, `hangs` never answers, `unavailable` is not there at all;
 * a number is the HTTP status of every answer.
 */
export type ChannelState = 'up' | 'down' | 'hangs' | 'unavailable' | number;

export interface ChannelScript {
  readonly state: ChannelState;
  /** Sent along with a refusal. */
  readonly retryAfterMs?: number;
  /** After this long it is up again. Absent: it stays so. */
  readonly forMs?: number;
}

/** What a channel of a scenario was given. */
export interface Received {
  readonly channel: string;
  readonly notification: Notification | GroupNotification;
  /** Milliseconds since the beginning of the scenario. */
  readonly at: number;
}

/** Stands in for a channel of the configuration: keeps what it is given, and fails as it is told to. */
export class ScriptedChannel {
  readonly #name: string;
  readonly #scheduler: SchedulerLike;
  readonly #onReceived: (received: Received) => void;
  #script: ChannelScript = { state: 'up' };
  #back: Subscription | undefined = undefined;

  constructor(name: string, scheduler: SchedulerLike, onReceived: (received: Received) => void) {
    this.#name = name;
    this.#scheduler = scheduler;
    this.#onReceived = onReceived;
  }

  follow(script: ChannelScript): void {
    this.#back?.unsubscribe();
    this.#script = script;
    if (script.forMs === undefined) return;
    this.#back = this.#scheduler.schedule(() => {
      this.#script = { state: 'up' };
    }, script.forMs);
  }

  /** What the engine sees of it, with what the configuration says of every channel. */
  under({ enabled, rate, fallback, fallbackAfterMs }: ChannelPolicy): Channel {
    return {
      name: this.#name,
      type: 'scenario',
      ...(enabled === undefined ? {} : { enabled }),
      ...(rate === undefined ? {} : { rate }),
      ...(fallback === undefined ? {} : { fallback }),
      ...(fallbackAfterMs === undefined ? {} : { fallbackAfterMs }),
      isAvailable: () => enabled !== false && this.#script.state !== 'unavailable',
      send: (notification, context) => this.#send(notification, context),
      sendGroup: (notification, context) => this.#send(notification, context),
    };
  }

  async #send(notification: Received['notification'], { signal }: SendContext): Promise<SendResult> {
    const { state, retryAfterMs } = this.#script;
    if (state === 'hangs') return endless(signal);
    const result = resultOf(state, retryAfterMs);
    if (result.outcome === 'delivered') {
      this.#onReceived({ channel: this.#name, notification, at: this.#scheduler.now() });
    }
    return result;
  }
}

function endless(signal: AbortSignal): Promise<SendResult> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

/** 408, 425 and 429 say nothing about the message, nor does a connection that is refused. */
const notCounted: ReadonlySet<ChannelState> = new Set(['down', 'unavailable', 408, 425, 429]);

function resultOf(state: ChannelState, retryAfterMs: number | undefined): SendResult {
  if (state === 'up' || (typeof state === 'number' && state < 300)) return { outcome: 'delivered' };
  const error = typeof state === 'number' ? `HTTP ${state}` : 'connection refused';
  const passing = typeof state !== 'number' || state >= 500 || notCounted.has(state);
  if (!passing) return { outcome: 'permanent', error };
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return { outcome: 'retry', error, countable: !notCounted.has(state), ...wait };
}
