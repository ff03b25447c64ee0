import { isOpen } from '../model/alert.js';
import { type BatchCounts, type OutboxMessage, outboxMessages, told } from '../model/delivery.js';
import type { StoredEvent } from '../model/event.js';
import { type Severity, severities, severityRank } from '../model/severity.js';
import { parseGroupKey } from './group-key.js';
import type { RecordedBatch } from './group-record.js';
import { shortHash } from './hash.js';

/** What the message may hold at most, so that it stays well below what a server takes: 1 MiB. */
const maxBytes = 256 * 1024;

export interface BatchEvent {
  readonly seq: number;
  readonly event: StoredEvent;
}

/**
 * The message of a recorded batch: the same whenever it is made. One event alone is told as it would be without a group.
 * Of more than `max`, the gravest are told and the others counted. `epoch` tells this log from another.
 */
export function groupMessage(
  batch: RecordedBatch,
  events: readonly BatchEvent[],
  epoch: string,
): OutboxMessage | undefined {
  const { key, at, reason, max, seqs } = batch;
  const { channel, group } = parseGroupKey(key);
  // How long it took says nothing any more.
  const all = events.map(({ event: { marks, ...event } }): StoredEvent => event);
  const shown = gravest(all, max);
  const [first, ...others] = shown;
  if (first === undefined) return undefined;
  if (all.length === 1) return outboxMessages({ ...first, notify: [channel] }, at)[0];
  const groupHash = shortHash(key);
  const isShown = new Set(shown);
  return {
    v: 1,
    id: `group-${groupHash}.${epoch}-${seqs[0]}-${seqs.at(-1)}.${channel}`,
    channel,
    at,
    event: first,
    batch: {
      group,
      groupHash,
      order: seqs[0]!,
      reason,
      others,
      untold: all.filter((event) => !isShown.has(event)).map(told),
      counts: countsOf(all),
    },
  };
}

/** In their order. The first of the gravest is there however large it is. */
function gravest(events: readonly StoredEvent[], max: number): readonly StoredEvent[] {
  const byGravity = [...events].sort((a, b) => severityRank(b.alert.severity) - severityRank(a.alert.severity));
  const chosen = new Set<StoredEvent>();
  let bytes = 0;
  for (const event of byGravity) {
    bytes += JSON.stringify(event).length;
    if (chosen.size === max || (chosen.size > 0 && bytes > maxBytes)) break;
    chosen.add(event);
  }
  return events.filter((event) => chosen.has(event));
}

function countsOf(events: readonly StoredEvent[]): BatchCounts {
  const alerts = [...new Map(events.map((event) => [event.alert.id, event])).values()];
  const news = alerts.filter(({ type }) => type !== 'resolved');
  const open = news.filter(({ alert }) => isOpen(alert)).length;
  const ofSeverity = (severity: Severity) => news.filter(({ alert }) => alert.severity === severity).length;
  const bySeverity = Object.fromEntries(severities.map((severity) => [severity, ofSeverity(severity)]));
  return {
    alerts: alerts.length,
    open,
    events: news.length - open,
    resolved: alerts.length - news.length,
    bySeverity: bySeverity as BatchCounts['bySeverity'],
  };
}
