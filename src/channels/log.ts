import type { Channel, GroupNotification, Notification } from '../model/channel.js';
import type { Logger } from '../model/logger.js';
import { groupTitle } from '../model/notification.js';
import { gravest, type Severity } from '../model/severity.js';

const levels = { low: 'info', medium: 'warn', high: 'error', critical: 'fatal' } as const satisfies Record<
  Severity,
  keyof Logger
>;

/** A structured line for each notification; its level follows the severity, and is `info` for what is over. */
export function createLogChannel(name: string, log: Logger): Channel {
  return {
    name,
    type: 'log',
    isAvailable: () => true,
    async send({ id, type, data }: Notification) {
      const { alert, reason, transition } = data;
      const { severity, category, source, state, labels, value, rule, message, count } = alert;
      const level = type === 'resolved' ? 'info' : levels[severity];
      log[level](
        {
          notification: id,
          type,
          reason,
          transition,
          alert: alert.id,
          severity,
          category,
          source,
          state,
          labels,
          value,
          rule,
          message,
          count,
        },
        alert.title,
      );
      return { outcome: 'delivered' };
    },
    async sendGroup({ id, type, data }: GroupNotification) {
      const { reason, group, counts, more } = data;
      const level = counts.alerts === counts.resolved ? 'info' : levels[gravest(counts.bySeverity)];
      const alerts = data.alerts.map(({ type: what, alert }) => ({
        type: what,
        alert: alert.id,
        severity: alert.severity,
        state: alert.state,
        title: alert.title,
      }));
      log[level]({ notification: id, type, reason, group, counts, more, alerts }, groupTitle(counts));
      return { outcome: 'delivered' };
    },
  };
}
