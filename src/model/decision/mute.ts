import type { AlertRecord } from '../alert.js';
import type { AlertEventType } from '../event.js';
import { isMuted, isSameMuting, type Muting } from '../muting.js';
import { type Decision, type DecisionContext, keep } from './decision.js';
import { isUnattended, tellAgain } from './go-on.js';
import type { MuteInput } from './input.js';
import { pauseLadder } from './ladder.js';
import { step } from './next.js';
import { mutedAnswer } from './severity-change.js';

/** What mutes an open alert may have begun or ended. Where nothing has, nothing is written: it may be asked at any time. */
export function lookAgain(record: AlertRecord, input: MuteInput, context: DecisionContext): Decision {
  if (record.id !== input.id) return keep('stale');
  const muting = context.mutes(record);
  if (isSameMuting(record, muting)) return keep('unchanged');
  return isMuted(muting) ? mute(record, muting, context) : unmute(record, context);
}

/** Something mutes it, for the first time or besides or instead of something else. Its ladder stands still. */
function mute(record: AlertRecord, muting: Muting, context: DecisionContext): Decision {
  return step(record, context, {
    ...changeOf(record, muting),
    changes: { ...writtenOut(muting), escalation: pauseLadder(record, context) },
    answer: mutedAnswer(record, muting),
  });
}

/** Nothing mutes it any more. It is told, if nobody takes care of it; when there is no room it waits as a limited one does. */
function unmute(record: AlertRecord, context: DecisionContext): Decision {
  const change = changeOf(record, {});
  const answer = { id: record.id, status: record.state };
  if (!isUnattended(record)) return step(record, context, { ...change, changes: writtenOut({}), answer });
  const { changes, notify, reserve } = tellAgain(record, context);
  if (notify !== undefined && reserve !== undefined) {
    return step(record, context, { ...change, changes: { ...writtenOut({}), ...changes }, notify, reserve, answer });
  }
  const limited = { ...writtenOut({}), ...changes };
  return step(record, context, { type: change.type, reason: 'rate_limited', changes: limited, answer });
}

function writtenOut({ silencedBy, inhibitedBy }: Muting) {
  return { silencedBy, inhibitedBy };
}

interface Change {
  readonly type: AlertEventType;
  readonly reason: string;
}

/** What begins is told before what ends. */
function changeOf(before: Muting, after: Muting): Change {
  if (before.silencedBy === undefined && after.silencedBy !== undefined) return silenced;
  if (before.inhibitedBy === undefined && after.inhibitedBy !== undefined) return inhibited;
  if (before.silencedBy !== undefined && after.silencedBy === undefined) return unsilenced;
  if (before.inhibitedBy !== undefined && after.inhibitedBy === undefined) return uninhibited;
  return changed;
}

const silenced: Change = { type: 'silenced', reason: 'silence' };
const inhibited: Change = { type: 'inhibited', reason: 'inhibition' };
const unsilenced: Change = { type: 'unsilenced', reason: 'silence_over' };
const uninhibited: Change = { type: 'uninhibited', reason: 'inhibition_over' };
const changed: Change = { type: 'updated', reason: 'mute_changed' };
