import type { AlertState } from './alert.js';

export type Trigger = 'acknowledge' | 'unacknowledge' | 'suppress' | 'unsuppress' | 'escalate' | 'resolve';

/** `before` stands for the state before: `escalated` once a rung was taken, else `active`. */
export type Target = AlertState | 'before';

/**
 * The life of an open alert as a table: from state and trigger to the next state. What is not in the table is
 * refused with `transition_refused`, or `alert_resolved` when the alert is resolved.
 */
export const transitions: Readonly<Record<AlertState, Partial<Record<Trigger, Target>>>> = {
  active: { acknowledge: 'acknowledged', suppress: 'suppressed', escalate: 'escalated', resolve: 'resolved' },
  escalated: { acknowledge: 'acknowledged', suppress: 'suppressed', escalate: 'escalated', resolve: 'resolved' },
  // Acknowledging again replaces who and until when.
  acknowledged: { acknowledge: 'acknowledged', unacknowledge: 'before', resolve: 'resolved' },
  suppressed: { unsuppress: 'before', resolve: 'resolved' },
  resolved: {},
};

/** The state that `trigger` leads to, or `undefined` when it is refused. */
export function nextState(state: AlertState, trigger: Trigger): Target | undefined {
  return transitions[state][trigger];
}
