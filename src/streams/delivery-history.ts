import type { DeliveryRecord, Told } from '../model/delivery.js';
import { compareTurns, deliverySubject } from './delivery-record.js';
import type { EventLog } from './ports.js';

/** The last that the log says of one transition on a channel, whatever came after it. */
export async function recordOf(
  told: Told,
  { log, channel }: { readonly log: EventLog; readonly channel: string },
): Promise<DeliveryRecord | undefined> {
  let found: DeliveryRecord | undefined;
  for await (const { body } of log.read(deliverySubject(told.keyHash, channel))) {
    const record = body as DeliveryRecord | null;
    if (record?.channel === channel && compareTurns(record, told) === 0) found = record;
  }
  return found;
}
