import type { GroupNotification, Notification } from './channel.js';
import { type Batch, type BatchCounts, type DeliveryRecord, eventsOf, type OutboxMessage } from './delivery.js';
import type { StoredEvent } from './event.js';
import { alertView } from './view.js';

/** What is known of the deliveries of an alert. */
type Deliveries = (alertId: string) => readonly DeliveryRecord[];

/** What a channel is given to send: the transition, and the alert as it stood then with what is known of its deliveries. */
export function notificationOf(message: OutboxMessage, deliveries: Deliveries = () => []): Notification {
  const { type, timestamp, ...data } = toldAlone(message.event, deliveries);
  return { id: message.id, type, timestamp, data };
}

/** The same for a message that tells several. */
export function groupNotificationOf(
  message: OutboxMessage,
  { reason, group, untold, counts }: Batch,
  deliveries: Deliveries = () => [],
): GroupNotification {
  const alerts = eventsOf(message).map((event) => toldAlone(event, deliveries));
  const timestamp = new Date(message.at).toISOString();
  return { id: message.id, type: 'group', timestamp, data: { reason, group, alerts, more: untold.length, counts } };
}

/** For a channel that knows no groups: its first alert, which says what it stands for. */
export function groupAsOne({ id, timestamp, data }: GroupNotification): Notification {
  const { timestamp: _, type, ...first } = data.alerts[0]!;
  const lines = data.alerts.map(({ type: what, alert }) => `${what}: ${alert.title}`);
  const more = data.more === 0 ? [] : [`and ${data.more} more`];
  const title = `${groupTitle(data.counts)}: ${first.alert.title}`;
  return {
    id,
    type,
    timestamp,
    data: { ...first, alert: { ...first.alert, title, message: [...lines, ...more].join('\n') } },
  };
}

/** `3 alerts (2 open, 1 resolved)`. */
export function groupTitle({ alerts, open, events, resolved }: BatchCounts): string {
  const parts = [
    [open, 'open'],
    [events, events === 1 ? 'event' : 'events'],
    [resolved, 'resolved'],
  ] as const;
  const known = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `${alerts} ${alerts === 1 ? 'alert' : 'alerts'} (${known.join(', ')})`;
}

function toldAlone(event: StoredEvent, deliveries: Deliveries) {
  const { type, reason, alert } = event;
  const timestamp = new Date(event.time).toISOString();
  return { type, timestamp, reason, transition: alert.n, alert: alertView(alert, deliveries(alert.id)) };
}
