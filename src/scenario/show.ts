import type { GroupNotification, Notification } from '../model/channel.js';
import type { AlertEvent, AlertView, DeadLetterView } from '../model/view.js';
import type { Shown } from './list-difference.js';
import type { Received } from './scripted-channel.js';

/** How lists of expectations see what happened: the texts that stand for each thing, and its fields. */

export function shownAlert(alert: AlertView): Shown {
  const { title, severity, state, status, source } = alert;
  const from = source === '' ? '' : ` from ${source}`;
  return { line: `"${title}"${from}: ${severity}, ${state}, ${status}`, texts: [title], fields: alert };
}

/** The fields of the notification with those of its alert; of a group, with each of its notifications. */
export function shownNotification({ notification }: Received): Shown {
  if (notification.type === 'group') return shownGroup(notification);
  return { line: `${notification.type} ${notification.data.alert.title}`, fields: flat(notification) };
}

function shownGroup({ id, data, timestamp }: GroupNotification): Shown {
  const alerts = data.alerts.map(({ type, timestamp: at, ...told }) => flat({ id, type, timestamp: at, data: told }));
  const titles = data.alerts.map(({ type, alert }) => `${type} ${alert.title}`);
  const more = data.more === 0 ? [] : [`${data.more} more`];
  return {
    line: `group: ${[...titles, ...more].join(', ')}`,
    fields: { ...data, type: 'group', alerts, notification: id, time: Date.parse(timestamp) },
  };
}

function flat({ id, type, timestamp, data }: Notification): object {
  const { reason, transition, alert } = data;
  return { ...alert, type, reason, transition, notification: id, time: Date.parse(timestamp) };
}

/** The fields of the event with those of its alert. */
export function shownEvent({ alert, ...head }: AlertEvent): Shown {
  const { type, reason } = head;
  return { line: `${type} ${reason} ${alert.title}`, texts: [`${type} ${reason}`], fields: { ...alert, ...head } };
}

/** The fields of the delivery with type and title. */
export function shownDelivery({ alert, type, time }: AlertEvent): Shown {
  // A view has one delivery a channel; the newest is the one that this is about.
  const delivery = alert.deliveries.reduce((a, b) => (b.at >= a.at ? b : a));
  return { line: `${delivery.channel} ${type}`, fields: { ...delivery, type, time, title: alert.title } };
}

export function shownDeadLetter(letter: DeadLetterView): Shown {
  return { line: `${letter.channel} ${letter.title}`, fields: letter };
}

export function shownRule(rule: { readonly id: string }): Shown {
  return { line: rule.id, fields: rule };
}
