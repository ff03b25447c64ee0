import type { AlertRecord } from '../alert.js';
import type { StoredEvent } from '../event.js';
import type { Decision, DecisionContext } from './decision.js';
import { endLadder } from './ladder.js';
import { step } from './next.js';

export interface Resolution {
  readonly reason: string;
  readonly by: string;
  readonly onBehalfOf?: string;
  readonly via?: string;
  readonly note?: string;
  readonly value?: number;
  readonly marks?: StoredEvent['marks'];
  /** `false`: nobody is told. */
  readonly notify?: boolean;
}

/** Ends an open alert. Whoever was told that it began is told that it ended, whatever the limits say. */
export function resolve(record: AlertRecord, context: DecisionContext, resolution: Resolution): Decision {
  const { reason, by, onBehalfOf, via, note, value, marks } = resolution;
  return step(record, context, {
    type: 'resolved',
    reason,
    changes: {
      state: 'resolved',
      resolved: {
        by,
        at: context.now,
        ...(note === undefined ? {} : { note }),
        ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
      },
      escalation: endLadder(record.escalation),
      expiresAt: undefined,
      ...(value === undefined ? {} : { value }),
    },
    ...(resolution.notify === false ? {} : { notify: record.notified }),
    extra: {
      by,
      ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
      ...(via === undefined ? {} : { via }),
      ...(marks === undefined ? {} : { marks }),
    },
    answer: { id: record.id, status: 'resolved' },
  });
}
