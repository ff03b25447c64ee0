import type { AlertRecord } from '../model/alert.js';
import type { StoredEvent } from '../model/event.js';
import { asTransition } from './log-entry.js';
import type { EventLog } from './ports.js';

/** What an event of the log once did to admission. */
export type AdmissionStep =
  | { readonly did: 'took'; readonly event: StoredEvent; readonly dedupeKey?: string }
  | { readonly did: 'held_back' | 'ended' | 'summed_up'; readonly event: StoredEvent };

const passesUnasked: ReadonlySet<string> = new Set(['severity_up', 'rate_summary', 'unrecorded_overflow']);

/** What admission has to know of an event, live and when it is read again after a restart; most say nothing. */
export function admissionStep(event: StoredEvent): AdmissionStep | undefined {
  const { type, reason, alert } = event;
  if (reason === 'rate_summary') return { did: 'summed_up', event };
  if (type === 'resolved') return { did: 'ended', event };
  if (reason === 'rate_limited') return { did: 'held_back', event };
  if (event.notify === undefined || type === 'escalated' || passesUnasked.has(reason)) return undefined;
  // Its content was taken with it only if it was this event that was asked for.
  const { dedupeKey, at } = alert.admission;
  return { did: 'took', event, ...(at === event.time && dedupeKey !== undefined ? { dedupeKey } : {}) };
}

/** The record of this alert that the log has at this sequence, if somebody holds it already. */
export type HeldRecord = (id: string, seq: number) => AlertRecord | undefined;

/** The events of the log from a wall time on, in order. What is `held` is not held twice. */
export async function eventsSince(log: EventLog, time: number, held: HeldRecord): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const entry of log.read('alert.>', { fromTime: time })) {
    const event = asTransition(entry);
    if (event !== undefined) events.push({ ...event, alert: held(event.alert.id, entry.seq) ?? event.alert });
  }
  return events;
}
