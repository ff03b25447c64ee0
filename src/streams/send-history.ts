import type { DeliveryRecord } from '../model/delivery.js';
import { subjectToken } from '../model/series.js';
import type { EventLog } from './ports.js';

/** Wall times at which a channel was sent something from `time` on, by whoever worked for it. */
export async function sentSince(log: EventLog, channel: string, time: number): Promise<number[]> {
  const sent: number[] = [];
  /** A batch has a record for each of its alerts. */
  const batches = new Set<string>();
  for await (const { body } of log.read(`delivery.*.${subjectToken(channel)}`, { fromTime: time })) {
    const record = body as DeliveryRecord | undefined;
    if (record?.status !== 'sending' || record.channel !== channel || record.at < time) continue;
    const batch = record.batch === undefined ? undefined : `${record.batch} ${record.at}`;
    if (batch !== undefined && batches.has(batch)) continue;
    if (batch !== undefined) batches.add(batch);
    sent.push(record.at);
  }
  return sent;
}
