import type { AlertRecord, PersonMark } from '../alert.js';
import { TocsinError } from '../errors.js';
import { nextState } from '../transitions.js';
import type { Decision, DecisionContext } from './decision.js';
import { isQuiet, stayQuiet, tellAgain } from './go-on.js';
import type { CommandInput } from './input.js';
import { pauseLadder } from './ladder.js';
import { step } from './next.js';
import { resolve } from './resolve.js';

/** What a person asks of an alert. Refused with a code and the present state when its state does not allow it. */
export function obey(record: AlertRecord, input: CommandInput, context: DecisionContext): Decision {
  if (nextState(record.state, input.name) === undefined) return { kind: 'refuse', error: refusal(record, input) };
  switch (input.name) {
    case 'acknowledge':
      return pause(record, input, context, 'acknowledged');
    case 'suppress':
      return pause(record, input, context, 'suppressed');
    case 'unacknowledge':
    case 'unsuppress':
      return goOn(record, context, { type: goOnType(input.name), reason: input.name, by: input.by, ...origin(input) });
    case 'resolve':
      return resolve(record, context, { reason: 'by_person', ...input });
  }
}

function goOnType(name: 'unacknowledge' | 'unsuppress'): 'unacknowledged' | 'unsuppressed' {
  return name === 'unacknowledge' ? 'unacknowledged' : 'unsuppressed';
}

/** The ladder stands still while somebody takes care, or nobody wants to hear. */
function pause(
  record: AlertRecord,
  input: CommandInput,
  context: DecisionContext,
  state: 'acknowledged' | 'suppressed',
): Decision {
  const mark: PersonMark = {
    by: input.by,
    at: context.now,
    ...(input.until === undefined ? {} : { until: input.until }),
    ...(input.note === undefined ? {} : { note: input.note }),
    ...behalf(input),
  };
  return step(record, context, {
    type: state,
    reason: input.name,
    changes: {
      state,
      [state]: mark,
      escalation: pauseLadder(record, context),
    },
    extra: { by: input.by, ...origin(input) },
    answer: { id: record.id, status: state },
  });
}

export interface GoingOn {
  readonly type: 'unacknowledged' | 'unsuppressed';
  readonly reason: string;
  readonly by?: string;
  readonly onBehalfOf?: string;
  readonly via?: string;
}

/** Back to the state before; unless it is muted, with one notification if there is room, and the ladder goes on. */
export function goOn(record: AlertRecord, context: DecisionContext, going: GoingOn): Decision {
  const state = record.escalation.level > 0 ? 'escalated' : 'active';
  const mark = going.type === 'unacknowledged' ? 'acknowledged' : 'suppressed';
  const { changes, notify, reserve } = isQuiet(record, context)
    ? stayQuiet(record, context)
    : tellAgain(record, context);
  return step(record, context, {
    type: going.type,
    reason: going.reason,
    changes: { state, [mark]: undefined, ...changes },
    ...(notify === undefined ? {} : { notify }),
    ...(reserve === undefined ? {} : { reserve }),
    ...(going.by === undefined ? {} : { extra: { by: going.by, ...origin(going) } }),
    answer: { id: record.id, status: state },
  });
}

function origin(asked: { readonly onBehalfOf?: string; readonly via?: string }) {
  return { ...behalf(asked), ...(asked.via === undefined ? {} : { via: asked.via }) };
}

function behalf({ onBehalfOf }: { readonly onBehalfOf?: string }) {
  return onBehalfOf === undefined ? {} : { onBehalfOf };
}

function refusal(record: AlertRecord, { name }: CommandInput): TocsinError {
  if (record.state === 'resolved') {
    return new TocsinError('alert_resolved', `alert ${record.id} is resolved: ${name} is no longer possible`);
  }
  return new TocsinError('transition_refused', `${name} is not possible: alert ${record.id} is ${record.state}`, {
    field: 'state',
    value: record.state,
  });
}
