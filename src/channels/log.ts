import type { Channel, Notification } from '../model/channel.js';
import type { Logger } from '../model/logger.js';
import type { Severity } from '../model/severity.js';

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
  };
}
