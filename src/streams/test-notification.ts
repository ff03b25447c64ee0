import { type AlertRecord, alertId } from '../model/alert.js';
import type { Notification } from '../model/channel.js';
import { alertView } from '../model/view.js';

/** Says of itself that nothing is wrong. It is no alert: nothing of it is stored. */
export function testNotification(channel: string, now: number): Notification {
  const id = alertId(now, 'test');
  const record: AlertRecord = {
    ...{ v: 1, id, key: 'test', keyHash: 'test', n: 1, origin: 'system' },
    title: 'Test notification',
    message: `Somebody tests the channel ${channel}. Nothing is wrong.`,
    ...{ severity: 'low', category: 'system', source: 'tocsin', labels: {}, tags: ['test'], data: {} },
    ...{ state: 'resolved', startedAt: now, updatedAt: now, count: 1 },
    admission: { verdict: 'admitted', at: now },
    ...{ channels: [channel], notified: [], escalation: { level: 0 } },
  };
  return {
    id: `${id}.1.${channel}`,
    type: 'opened',
    timestamp: new Date(now).toISOString(),
    data: { reason: 'test', transition: 1, alert: alertView(record, []) },
  };
}
