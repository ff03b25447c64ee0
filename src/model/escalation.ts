import type { ChannelOverrides } from './override.js';
import type { Severity } from './severity.js';

/** One rung: `afterMs` counts from the rung before (the first: from the opening). */
export interface EscalationLevel {
  readonly afterMs: number;
  /** Notified at this rung instead of the alert's own channels. */
  readonly channels?: readonly string[];
  readonly overrides?: ChannelOverrides;
  /** Raises the alert to at least this severity. */
  readonly severity?: Severity;
}

/** A ladder as it is fixed into an alert when it opens. */
export interface EscalationChain {
  readonly id: string;
  readonly levels: readonly EscalationLevel[];
  /** How often it escalates at most; above the number of levels the last one repeats. */
  readonly max: number;
}

/** Where an alert stands on its ladder. Times are wall clock, epoch milliseconds. */
export interface EscalationPosition {
  /** Rungs already taken; 0 before the first. */
  readonly level: number;
  readonly lastAt?: number;
  /** When the next rung is due; absent when paused, finished or without a chain. */
  readonly nextAt?: number;
  /** Time left to the next rung while acknowledged or suppressed. */
  readonly remainingMs?: number;
}

/** The rung that is taken as number `level` (1-based), or `undefined` past the end. */
export function levelAt(chain: EscalationChain, level: number): EscalationLevel | undefined {
  if (level < 1 || level > chain.max) return undefined;
  return chain.levels[Math.min(level, chain.levels.length) - 1];
}
