import type { StoredEvent } from '../model/event.js';
import type { Logger } from '../model/logger.js';
import { asEvent } from './log-entry.js';
import type { Clock, LogEntry } from './ports.js';

/** The log's own times are whole milliseconds: what was stored a moment ago was stored now. */
const momentMs = 1_000;

/** The event with the time at which it was stored; nothing when somebody else wrote into the log what is none. */
export function storedEvent(
  entry: LogEntry,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): StoredEvent | undefined {
  const event = asEvent(entry.body);
  if (event === undefined) {
    logger.warn({ subject: entry.subject }, 'a message in the event log is no transition');
    return undefined;
  }
  const now = clock.wall();
  const stored = event.marks?.stored ?? (now - entry.time < momentMs ? now : entry.time);
  return { ...event, marks: { ...event.marks, stored } };
}
