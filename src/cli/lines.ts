import { plainText } from '../channels/plain-text.js';
import type { AlertEvent, MetricPoint } from '../client/index.js';
import type { DeliveryStatus } from '../model/delivery.js';
import type { DeliveryView } from '../model/view.js';
import { paint } from './io.js';

export const severityStyle = { low: 'blue', medium: 'yellow', high: 'magenta', critical: 'red' } as const;

/** `19:55:01  opened        CRITICAL  High CPU usage  web-1  (cpu.usage > 80 …)`. */
export function alertLine(event: AlertEvent, color: boolean): string {
  const { type, time, by, alert } = event;
  const severity = paint(alert.severity.toUpperCase().padEnd(8), severityStyle[alert.severity], color);
  const who = by === undefined || plainText(by) === '' ? [] : [`by ${by}`];
  const said = [alert.title, alert.source, ...receiver(event), ...who, ...repeats(alert.count)];
  const facts = said.map(plainText).filter((fact) => fact !== '');
  return `${clock(time)}  ${type.padEnd(14)}  ${severity}  ${facts.join('  ')}  ${paint(alert.id, 'gray', color)}`;
}

const statusesOf: Partial<Record<AlertEvent['type'], readonly DeliveryStatus[]>> = {
  sending: ['sending'],
  delivered: ['delivered'],
  delivery_failed: ['failed', 'dead'],
};

/** The channel that a delivery's event is about: of those that stand so, the one that changed at its time. */
export function receiver({ type, time, alert }: AlertEvent): string[] {
  const statuses = statusesOf[type];
  if (statuses === undefined) return [];
  const distance = ({ at }: DeliveryView) => Math.abs(at - time);
  const candidates = alert.deliveries.filter(({ status }) => statuses.includes(status));
  const [nearest] = candidates.sort((a, b) => distance(a) - distance(b));
  return nearest === undefined ? [] : [`to ${nearest.channel}`];
}

function repeats(count: number): string[] {
  return count > 1 ? [`×${count}`] : [];
}

/** `19:55:01  web-1  cpu.usage{core=0}  91.2 %  (3 values, 80.1 to 91.2)`. */
export function metricLine({ series, time, value, count, min, max }: MetricPoint): string {
  const labels = Object.entries(series.labels).map(([name, text]) => `${name}=${text}`);
  const name = labels.length === 0 ? series.name : `${series.name}{${labels.join(',')}}`;
  const shown = series.unit === undefined ? String(value) : `${value} ${series.unit}`;
  const merged = count > 1 ? [`(${count} values, ${min} to ${max})`] : [];
  return plainText([clock(time), series.source, name, shown, ...merged].join('  '));
}

/** Local time of day. */
function clock(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}
