import { plainText } from '../channels/plain-text.js';
import type { AlertEvent, MetricPoint } from '../client/index.js';
import { paint } from './io.js';

const severityStyle = { low: 'blue', medium: 'yellow', high: 'magenta', critical: 'red' } as const;

/** `19:55:01  opened        CRITICAL  High CPU usage  web-1  (cpu.usage > 80 …)`. */
export function alertLine({ type, time, by, alert }: AlertEvent, color: boolean): string {
  const severity = paint(alert.severity.toUpperCase().padEnd(8), severityStyle[alert.severity], color);
  const facts = [alert.title, alert.source, ...(by === undefined ? [] : [`by ${by}`]), ...repeats(alert.count)];
  return `${clock(time)}  ${type.padEnd(14)}  ${severity}  ${plainText(facts.join('  '))}  ${paint(alert.id, 'gray', color)}`;
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
