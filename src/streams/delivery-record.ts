import { type DeliveryRecord, type DeliveryStatus, type OutboxMessage, type Told, toldBy } from '../model/delivery.js';
import { fallbackReason } from '../model/fallback.js';
import { subjectToken } from '../model/series.js';

/** Where the last delivery record of a key and channel stands in the event log. */
export function deliverySubject(keyHash: string, channel: string): string {
  return `delivery.${keyHash}.${subjectToken(channel)}`;
}

export interface DeliveryWrite {
  readonly subject: string;
  readonly body: DeliveryRecord;
}

/** The same record for every alert that a message tells. What is written of the first one comes last, and so speaks for all. */
export function deliveryWrites(message: OutboxMessage, record: DeliveryRecord): readonly DeliveryWrite[] {
  const all = toldBy(message);
  const isFirst = ({ keyHash }: Told) => keyHash === all[0]!.keyHash;
  return [...all.filter((one) => !isFirst(one)), ...all.filter(isFirst)].map(({ alertId, keyHash, transition }) => ({
    subject: deliverySubject(keyHash, message.channel),
    body: { ...record, alertId, transition },
  }));
}

export function deliveryRecord(
  message: OutboxMessage,
  status: DeliveryStatus,
  fields: Pick<DeliveryRecord, 'attempts' | 'at' | 'error' | 'ms' | 'providerId'>,
): DeliveryRecord {
  const { alertId, transition } = toldBy(message)[0]!;
  const batch = message.batch === undefined ? {} : { batch: message.id };
  const resend = message.resend === undefined ? {} : { resend: message.resend };
  const reason = message.fallbackOf === undefined ? {} : { reason: fallbackReason(message.fallbackOf) };
  return { v: 1, alertId, transition, channel: message.channel, status, ...fields, ...reason, ...resend, ...batch };
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
