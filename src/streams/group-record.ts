import type { BatchReason } from '../model/delivery.js';
import type { EventLog, LogEntry } from './ports.js';

/**
 * Where the log says what was told in groups. A record is written before its batch is put into the outbox, and names
 * every event of it: whoever comes after a crash puts the very same batch, with the same id. One writer at a time, one
 * batch after the other: only the last record can be of a batch that is not in the outbox yet, and one without a batch
 * says that all are.
 */
export const groupSubject = 'group.batches';

export interface GroupRecord {
  readonly v: 1;
  /** No event up to here waits any more. Of later ones, the records say which were told. */
  readonly upTo: number;
  /** The channels that are told in groups, each with the last sequence that was not. */
  readonly since: Readonly<Record<string, number>>;
  readonly batch?: RecordedBatch;
}

export interface RecordedBatch {
  /** A `groupKey`. */
  readonly key: string;
  readonly reason: BatchReason;
  /** Wall time. */
  readonly at: number;
  /** Notifications that its message tells. */
  readonly max: number;
  /** Sequences of its events, ascending. */
  readonly seqs: readonly number[];
}

/** What the log holds of it. */
export interface GroupHistory {
  /** Sequence of the last record, 0 when there is none. */
  readonly seq: number;
  readonly records: readonly { readonly seq: number; readonly record: GroupRecord }[];
}

export async function readGroupHistory(log: EventLog): Promise<GroupHistory> {
  const records: { seq: number; record: GroupRecord }[] = [];
  let seq = 0;
  for await (const entry of log.read(groupSubject)) {
    const record = asGroupRecord(entry);
    if (record !== undefined) records.push({ seq: entry.seq, record });
  }
  // One that nobody can read counts all the same for whoever writes next.
  for await (const entry of log.latest(groupSubject)) seq = entry.seq;
  return { seq, records };
}

/** Anybody with the right to publish may have written it. */
function asGroupRecord({ body }: LogEntry): GroupRecord | undefined {
  const record = body as Partial<GroupRecord> | null | undefined;
  if (record?.v !== 1 || !isSeq(record.upTo) || !isMapOfSeqs(record.since)) return undefined;
  return record.batch === undefined || isBatch(record.batch) ? (record as GroupRecord) : undefined;
}

function isBatch({ key, reason, at, max, seqs }: Partial<RecordedBatch>): boolean {
  return (
    typeof reason === 'string' && isSeq(at) && isSeq(max) && Array.isArray(seqs) && seqs.every(isSeq) && isKey(key)
  );
}

function isKey(key: unknown): boolean {
  if (typeof key !== 'string') return false;
  try {
    const parts: unknown = JSON.parse(key);
    return Array.isArray(parts) && typeof parts[0] === 'string' && typeof parts[1] === 'object' && parts[1] !== null;
  } catch {
    return false;
  }
}

function isMapOfSeqs(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every(isSeq);
}

function isSeq(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
