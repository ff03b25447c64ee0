import { parseDuration } from '../model/duration.js';
import { TocsinError } from '../model/errors.js';
import type { Logger } from '../model/logger.js';
import { type Args, only, who } from './command-args.js';
import type { CommandHandlers } from './commands.js';
import { type Clearing, clearingSubject } from './log-entry.js';
import type { Clock, EventLog } from './ports.js';
import type { ReadModel } from './read-model.js';

export interface ClearHistoryDeps {
  readonly log: EventLog;
  readonly readModel: ReadModel;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * `clear {olderThan?, by}`: resolved alerts go out of sight at once, here and wherever the log is followed, and out of
 * the log when no rate or dedupe window needs them any more. Answers how many.
 */
export function clearCommands({ log, readModel, clock, logger }: ClearHistoryDeps): CommandHandlers {
  return {
    async clear(args, actor) {
      only(args, ['by', 'olderThan']);
      const at = clock.wall();
      const before = endedBefore(args, at);
      const { by } = who(args, actor);
      const clearing: Clearing = { v: 1, before, at, by };
      const cleared = readModel.endedBefore(before);
      const seq = await log.append({
        subject: clearingSubject,
        body: clearing,
        messageId: `${clearingSubject}:${at}:${before}:${by}`,
      });
      await log.purge(clearingSubject, seq - 1);
      logger.info({ by, before, cleared }, 'history was cleared');
      return { ok: true, cleared };
    },
  };
}

/** `olderThan` is how long ago an alert has to have ended, or a time that it has to have ended before. Default: now. */
function endedBefore({ olderThan }: Args, now: number): number {
  if (olderThan === undefined || olderThan === null) return now;
  const ms = typeof olderThan === 'string' ? parseDuration(olderThan) : undefined;
  const at = ms !== undefined ? now - ms : typeof olderThan === 'number' ? olderThan : Date.parse(String(olderThan));
  if (Number.isFinite(at)) return Math.min(at, now);
  const allowed = 'a duration such as 24h, epoch milliseconds, or an ISO 8601 time';
  throw new TocsinError('field_invalid', `olderThan must be ${allowed}`, {
    field: 'olderThan',
    value: olderThan,
    allowed,
  });
}
