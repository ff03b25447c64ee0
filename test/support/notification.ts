import type { Notification } from '../../src/model/channel.js';
import { type OutboxMessage, outboxId } from '../../src/model/delivery.js';
import type { StoredEvent } from '../../src/model/event.js';
import { notificationOf } from '../../src/model/notification.js';
import { OneKey, raised, t0 } from './decision.js';

/** A stored opening of an alert of severity medium. */
export function openedEvent(fields: Partial<StoredEvent['alert']> = {}): StoredEvent {
  const event = new OneKey().event(raised());
  return { ...event, alert: { ...event.alert, ...fields } };
}

export function outboxMessage(event: StoredEvent, channel = 'hook', at = t0): OutboxMessage {
  return { v: 1, id: outboxId(event.alert.id, event.alert.n, channel), channel, at, event };
}

export function notification(
  fields: Partial<StoredEvent['alert']> = {},
  event: Partial<StoredEvent> = {},
): Notification {
  return notificationOf(outboxMessage({ ...openedEvent(fields), ...event }));
}
