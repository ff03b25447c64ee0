import type { Logger } from '../model/logger.js';
import type { Desks } from './desks.js';
import type { KeyDesk } from './key-desk.js';
import { asTransition } from './log-entry.js';
import type { EventLog } from './ports.js';

/** Somebody else wrote this key, or its history was removed: the log is right. The desk stays busy meanwhile. */
export async function reloadDesk(
  desk: KeyDesk,
  desks: Desks,
  { log, logger }: { readonly log: EventLog; readonly logger: Logger },
): Promise<void> {
  let isThere = false;
  try {
    for await (const entry of log.latest(`alert.*.${desk.keyHash}`)) {
      const event = asTransition(entry);
      isThere = true;
      if (event !== undefined) desks.store(desk, event.alert, entry.seq);
      // Written by a stranger: what we know stands, and is written after it.
      else desk.seq = Math.max(desk.seq, entry.seq);
    }
    if (!isThere) desk.seq = 0;
  } catch (error) {
    logger.warn({ err: error, keyHash: desk.keyHash }, 'a key could not be read again');
  }
}
