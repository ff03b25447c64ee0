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

/** The events of the log from a wall time on, in order. */
export async function eventsSince(log: EventLog, time: number): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  const fromSeq = await firstSeqSince(log, time);
  for await (const entry of log.read('alert.>', { fromSeq })) {
    const event = asTransition(entry);
    if (event !== undefined) events.push(event);
  }
  return events;
}

/** Sequences grow with time, so the first one is found by halving. */
export async function firstSeqSince(log: EventLog, time: number): Promise<number> {
  let low = 1;
  let high = (await log.head()) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const entry = await firstFrom(log, middle);
    if (entry === undefined || entry.time >= time) high = middle;
    else low = entry.seq + 1;
  }
  return low;
}

async function firstFrom(log: EventLog, fromSeq: number) {
  for await (const entry of log.read('alert.>', { fromSeq })) return entry;
  return undefined;
}
