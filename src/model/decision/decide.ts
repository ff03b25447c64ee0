import type { AlertRecord } from '../alert.js';
import { isOpen } from '../alert.js';
import { TocsinError } from '../errors.js';
import { isRise } from '../severity.js';
import { obey } from './command.js';
import { type Decision, type DecisionContext, keep } from './decision.js';
import type { LifecycleInput } from './input.js';
import { lookAgain } from './mute.js';
import { openNotice } from './notice.js';
import { openFromRaise, openFromRule, openSummary, type Past } from './open.js';
import { addCopies, reRaise } from './re-raise.js';
import { resolve } from './resolve.js';
import { fireOn } from './severity-change.js';
import { onTimer } from './timer.js';

/**
 * The one decision of the life of an alert: from what a key is now and what comes in, to the transition that is
 * written, with admission, channels and ladder in it. Pure: it looks at the context and changes nothing.
 */
export function decide(record: AlertRecord | undefined, input: LifecycleInput, context: DecisionContext): Decision {
  const open = record !== undefined && isOpen(record);
  return open ? decideOpen(record, input, context) : decideClosed(record, input, context);
}

function decideOpen(record: AlertRecord, input: LifecycleInput, context: DecisionContext): Decision {
  switch (input.kind) {
    case 'firing':
      return fireOn(record, input, context);
    case 'cleared':
      return resolve(record, context, { by: 'rule', ...input });
    case 'raise':
      return reRaise(record, input, context);
    case 'command':
      return record.id === input.id ? obey(record, input, context) : notThisOne(record, input.id);
    case 'timer':
      return onTimer(record, input, context);
    case 'count':
      return record.id === input.id ? addCopies(record, input, context) : keep('stale');
    case 'mute':
      return lookAgain(record, input, context);
    case 'summary':
    case 'notice':
      return keep('already_open');
  }
}

function decideClosed(past: AlertRecord | undefined, input: LifecycleInput, context: DecisionContext): Decision {
  switch (input.kind) {
    case 'firing':
      return input.from === undefined || isRise(input.from, input.severity)
        ? openFromRule(input, past, context)
        : keep('not_open');
    case 'raise':
      return input.raise.status === 'resolved' ? keep('not_open') : openFromRaise(input, past, context);
    case 'command':
      return past?.id === input.id ? obey(past, input, context) : notThisOne(past, input.id);
    case 'count':
      return past?.id === input.id ? addCopies(past, input, context) : keep('stale');
    case 'summary':
      return past === undefined ? openSummary(input, undefined, context) : keep('already_sent');
    case 'notice':
      return past === undefined ? openNotice(input, context) : keep('already_sent');
    case 'cleared':
    case 'timer':
    case 'mute':
      return keep('not_open');
  }
}

/** The key lives on under another id, or was never seen. */
function notThisOne(record: Past | undefined, id: string): Decision {
  const known = record !== undefined && id < record.id;
  const error = known
    ? new TocsinError('alert_resolved', `alert ${id} is resolved; its key is now alert ${record.id}`)
    : new TocsinError('alert_unknown', `no alert has the id ${id}`, { field: 'id', value: id });
  return { kind: 'refuse', error };
}
