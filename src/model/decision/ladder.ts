import type { AlertRecord } from '../alert.js';
import type { EscalationChain, EscalationPosition } from '../escalation.js';
import { levelAt } from '../escalation.js';
import type { DecisionContext } from './decision.js';

type LadderContext = Pick<DecisionContext, 'now' | 'leftMs'>;

/** The ladder before its first rung, started at `now`; without a chain there is none. */
export function startLadder(chain: EscalationChain | undefined, now: number): EscalationPosition {
  return chain === undefined ? { level: 0 } : armNext(chain, { level: 0 }, now);
}

/** The ladder starts with the first notification, which for a limited alert comes later than its opening. */
export function firstLadder({ chain, escalation }: AlertRecord, now: number): Partial<AlertRecord> {
  const { level, nextAt, remainingMs } = escalation;
  const started = level > 0 || nextAt !== undefined || remainingMs !== undefined;
  return started || chain === undefined ? {} : { escalation: startLadder(chain, now) };
}

/** The position after a rung was taken at `now`. */
export function climb(chain: EscalationChain, position: EscalationPosition, now: number): EscalationPosition {
  return armNext(chain, { level: position.level + 1, lastAt: now }, now);
}

/** Stands still, and remembers the time that was left: by its timer, because the wall clock may have been set meanwhile. */
export function pauseLadder(record: AlertRecord, { now, leftMs }: LadderContext): EscalationPosition {
  const { nextAt, ...rest } = record.escalation;
  return nextAt === undefined
    ? record.escalation
    : { ...rest, remainingMs: leftMs?.(record) ?? Math.max(0, nextAt - now) };
}

/** Goes on with the time that was left. */
export function resumeLadder(position: EscalationPosition, now: number): EscalationPosition {
  const { remainingMs, ...rest } = position;
  return remainingMs === undefined ? position : { ...rest, nextAt: now + remainingMs };
}

/** The ladder of something that is over. */
export function endLadder({ level, lastAt }: EscalationPosition): EscalationPosition {
  return lastAt === undefined ? { level } : { level, lastAt };
}

function armNext(chain: EscalationChain, position: EscalationPosition, now: number): EscalationPosition {
  const next = levelAt(chain, position.level + 1);
  return next === undefined ? position : { ...position, nextAt: now + next.afterMs };
}
