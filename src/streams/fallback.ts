import { type DeliveryRecord, eventsOf, type OutboxMessage } from '../model/delivery.js';
import { fallbackCopy, fallbackReason } from '../model/fallback.js';
import { failWithoutChannel, type NoChannelDeps } from './no-channel.js';
import type { Outbox } from './ports.js';

export interface FallbackDeps extends NoChannelDeps {
  readonly outbox: Outbox;
  /** The channels that somebody works for. */
  readonly channels: { has(name: string): boolean };
  /** What is known of the deliveries of an alert. */
  readonly deliveries?: ((alertId: string) => readonly DeliveryRecord[]) | undefined;
}

/** Alerts that are remembered until the log tells of their copies. */
const maxRemembered = 10_000;

/** Tells another channel what one does not take. Copying twice does no harm: the copy has an idempotency key of its own. */
export class Fallback {
  readonly #channel: string;
  readonly #to: string;
  readonly #deps: FallbackDeps;
  readonly #copied = new Set<string>();

  /** From `channel` `to` another one. */
  constructor(channel: string, to: string, deps: FallbackDeps) {
    this.#channel = channel;
    this.#to = to;
    this.#deps = deps;
  }

  /** Resolves once the copy is stored. Rejects with `log_unavailable`. */
  async copy(message: OutboxMessage): Promise<void> {
    const { channels, outbox, clock, logger } = this.#deps;
    const copy = fallbackCopy(message, this.#to, clock.wall());
    if (channels.has(this.#to)) await outbox.put(copy);
    else await failWithoutChannel(copy, this.#deps);
    for (const { alert } of eventsOf(message)) this.#remember(alert.id);
    logger.warn({ channel: this.#channel, notification: message.id, fallback: this.#to }, 'a fallback is told instead');
  }

  /** Whoever was told by a copy that an alert is open is to be told that it is over. */
  owes(message: OutboxMessage): boolean {
    return eventsOf(message).some(({ type, alert }) => type === 'resolved' && this.#wasTold(alert.id));
  }

  #wasTold(alertId: string): boolean {
    if (this.#copied.has(alertId)) return true;
    const deliveries = this.#deps.deliveries?.(alertId) ?? [];
    return deliveries.some((d) => d.channel === this.#to && d.reason === fallbackReason(this.#channel));
  }

  #remember(alertId: string): void {
    this.#copied.add(alertId);
    if (this.#copied.size <= maxRemembered) return;
    for (const oldest of this.#copied) {
      this.#copied.delete(oldest);
      return;
    }
  }
}
