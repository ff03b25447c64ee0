import type { DeliveryRecord, DeliveryStatus, OutboxMessage } from '../model/delivery.js';
import { subjectToken } from '../model/series.js';

/** Where the last delivery record of a key and channel stands in the event log. */
export function deliverySubject(message: OutboxMessage): string {
  return `delivery.${message.event.alert.keyHash}.${subjectToken(message.channel)}`;
}

export function deliveryRecord(
  message: OutboxMessage,
  status: DeliveryStatus,
  fields: Pick<DeliveryRecord, 'attempts' | 'at' | 'error' | 'ms' | 'providerId'>,
): DeliveryRecord {
  const { id, n } = message.event.alert;
  const resend = message.resend === undefined ? {} : { resend: message.resend };
  return { v: 1, alertId: id, transition: n, channel: message.channel, status, ...fields, ...resend };
}

/** Whether nothing more will be tried. */
export function isEnded(record: DeliveryRecord): boolean {
  return record.status === 'delivered' || record.status === 'dead' || record.status === 'failed';
}

/** A place in the order of one key: ids of alerts sort by time. */
export type Turn = Pick<DeliveryRecord, 'alertId' | 'transition'>;

/** Negative when `a` comes first. */
export function compareTurns(a: Turn, b: Turn): number {
  if (a.alertId !== b.alertId) return a.alertId < b.alertId ? -1 : 1;
  return a.transition - b.transition;
}
