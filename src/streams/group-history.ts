import type { OutboxMessage } from '../model/delivery.js';
import type { StoredEvent } from '../model/event.js';
import type { Logger } from '../model/logger.js';
import { parseGroupKey } from './group-key.js';
import { type BatchEvent, groupMessage } from './group-message.js';
import type { GroupHistory, GroupRecord } from './group-record.js';
import type { Clock, EventLog } from './ports.js';
import { storedEvent } from './stored-event.js';

export interface HistoryDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An event of the log, and the channels to which it was not told yet though they are told in groups. */
export interface WaitingEvent {
  readonly seq: number;
  readonly time: number;
  readonly event: StoredEvent | undefined;
  readonly channels: readonly string[];
}

/** What the last record says, if there is one. */
export function lastRecord({ records }: GroupHistory): GroupRecord | undefined {
  return records.at(-1)?.record;
}

/** The last batch, which may not have reached the outbox: putting it twice does no harm. */
export async function lastBatch(history: GroupHistory, deps: HistoryDeps): Promise<OutboxMessage | undefined> {
  const batch = lastRecord(history)?.batch;
  if (batch === undefined) return undefined;
  const wanted = new Set(batch.seqs);
  const last = batch.seqs.at(-1) ?? 0;
  const events: BatchEvent[] = [];
  for await (const entry of deps.log.read('alert.>', { fromSeq: batch.seqs[0] ?? 1 })) {
    if (entry.seq > last) break;
    const event = wanted.has(entry.seq) ? storedEvent(entry, deps) : undefined;
    if (event !== undefined) events.push({ seq: entry.seq, event });
  }
  return groupMessage(batch, events, deps.log.epoch);
}

/** Every transition after the last record's `upTo`, in the order of the log. */
export async function* waitingEvents(history: GroupHistory, deps: HistoryDeps): AsyncGenerator<WaitingEvent> {
  const { upTo, since } = lastRecord(history) ?? { upTo: 0, since: {} };
  const told = toldAfter(history, upTo);
  for await (const entry of deps.log.read('alert.>', { fromSeq: upTo + 1 })) {
    const { seq, time } = entry;
    const event = storedEvent(entry, deps);
    const isWaiting = (channel: string) => isGrouped(since, channel, seq) && !told.has(`${seq} ${channel}`);
    yield { seq, time, event, channels: (event?.notify ?? []).filter(isWaiting) };
  }
}

/** Whether a channel is told of this event in a group, and not by itself. */
export function isGrouped(since: GroupRecord['since'], channel: string, seq: number): boolean {
  return seq > (since[channel] ?? Number.POSITIVE_INFINITY);
}

function toldAfter({ records }: GroupHistory, upTo: number): ReadonlySet<string> {
  const told = new Set<string>();
  for (const { batch } of records.map(({ record }) => record)) {
    if (batch === undefined) continue;
    const { channel } = parseGroupKey(batch.key);
    for (const seq of batch.seqs) if (seq > upTo) told.add(`${seq} ${channel}`);
  }
  return told;
}
