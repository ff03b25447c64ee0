import { type AlertRecord, alertId } from '../alert.js';
import type { Decision, DecisionContext } from './decision.js';
import type { NoticeInput } from './input.js';
import { firstStep } from './next.js';

/** Something that the engine has to say of itself: an event, outside admission. */
export function openNotice(input: NoticeInput, context: DecisionContext): Decision {
  const { now, keyHash } = context;
  const { key, title, message, severity } = input;
  const content = { title, message, severity, category: 'system', source: 'tocsin', labels: {}, tags: [], data: {} };
  const alert: AlertRecord = {
    ...{ v: 1, id: alertId(now, keyHash), key, keyHash, n: 1, origin: 'system', ...content },
    ...{ state: 'resolved', startedAt: now, updatedAt: now, resolved: { by: 'event', at: now } },
    ...{ admission: { verdict: 'admitted', at: now }, escalation: { level: 0 }, notified: [], count: 1 },
    channels: context.route(content).channels,
  };
  const answer = { id: alert.id, status: 'pending' };
  return firstStep(alert, context, { type: 'opened', reason: input.reason, notify: alert.channels, answer });
}
