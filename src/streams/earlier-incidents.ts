import { setImmediate as nextTurn } from 'node:timers/promises';
import { isOpen } from '../model/alert.js';
import { asDelivery, asTransition } from './log-entry.js';
import type { EventLog, LogEntry } from './ports.js';

export interface EarlierDeps {
  readonly log: EventLog;
  /** Alerts of which the last word is known. */
  readonly isKnown: (id: string) => boolean;
  /** Nobody wants them any more. */
  readonly isStopped: () => boolean;
}

export interface EarlierIncidents {
  /** The last word on each. */
  readonly ends: readonly LogEntry[];
  /** The last delivery of each on each channel. */
  readonly deliveries: readonly LogEntry[];
}

/** Entries in one turn of the loop. */
const perTurn = 200;

/** Incidents that another one of the same key came after: the last message of their subject no longer tells of them. */
export async function earlierIncidents(deps: EarlierDeps): Promise<EarlierIncidents> {
  const ends = new Map<string, LogEntry>();
  for await (const entry of unhurried('alert.>', deps)) {
    const alert = asTransition(entry)?.alert;
    if (alert !== undefined && !isOpen(alert) && !deps.isKnown(alert.id)) ends.set(alert.id, entry);
  }
  if (ends.size === 0) return { ends: [], deliveries: [] };
  const deliveries = new Map<string, LogEntry>();
  for await (const entry of unhurried('delivery.>', deps)) {
    const delivery = asDelivery(entry);
    if (delivery !== undefined && ends.has(delivery.alertId))
      deliveries.set(`${delivery.alertId} ${delivery.channel}`, entry);
  }
  return { ends: [...ends.values()], deliveries: [...deliveries.values()] };
}

async function* unhurried(filter: string, { log, isStopped }: EarlierDeps): AsyncGenerator<LogEntry> {
  let read = 0;
  for await (const entry of log.read(filter)) {
    if (isStopped()) return;
    yield entry;
    if (++read % perTurn === 0) await nextTurn();
  }
}
