import type { Notification } from './channel.js';
import type { DeliveryRecord, OutboxMessage } from './delivery.js';
import { alertView } from './view.js';

/** What a channel is given to send: the transition, and the alert as it stood then with what is known of its deliveries. */
export function notificationOf(message: OutboxMessage, deliveries: readonly DeliveryRecord[] = []): Notification {
  const { id, event } = message;
  return {
    id,
    type: event.type,
    timestamp: new Date(event.time).toISOString(),
    data: { reason: event.reason, transition: event.alert.n, alert: alertView(event.alert, deliveries) },
  };
}
