import type { Channel } from '../model/channel.js';
import type { DeliveryRecord, OutboxMessage } from '../model/delivery.js';
import type { Logger } from '../model/logger.js';
import { deliveryRecord, deliveryWrites } from './delivery-record.js';
import type { Clock, EventLog } from './ports.js';

export interface NoChannelDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when it is written. */
  readonly onResult?: ((record: DeliveryRecord, message: OutboxMessage) => void) | undefined;
}

/** Why nothing can be sent over a channel now. */
export function unavailableReason({ enabled }: Pick<Channel, 'enabled'>): 'channel_disabled' | 'no_channel' {
  return enabled === false ? 'channel_disabled' : 'no_channel';
}

/** Writes of a message that nobody works for its channel. Rejects with `log_unavailable`. */
export async function failWithoutChannel(message: OutboxMessage, deps: NoChannelDeps): Promise<void> {
  const { log, clock, logger, onResult } = deps;
  logger.error({ channel: message.channel, notification: message.id }, 'no channel of that name: not notified');
  const body = deliveryRecord(message, 'failed', { attempts: 0, at: clock.wall(), error: 'no_channel' });
  for (const [i, write] of deliveryWrites(message, body).entries()) {
    await log.append({ ...write, messageId: `${message.id}.${i}.no_channel` });
  }
  onResult?.(body, message);
}
