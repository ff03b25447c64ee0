import type { Channel, GroupNotification, Notification, SendContext } from '../model/channel.js';
import { cutChars } from '../model/cut.js';
import type { AlertEventType } from '../model/event.js';
import { groupTitle } from '../model/notification.js';
import { gravest, type Severity } from '../model/severity.js';
import type { AlertView } from '../model/view.js';
import { plainText } from './plain-text.js';
import { stageTimes } from './stage-times.js';

export interface ConsoleDeps {
  readonly write: (line: string) => void;
  readonly color: boolean;
}

type Style = (text: string) => string;

const sgr = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36', alarm: '1;97;41' } as const;
const severityStyle = { low: 'cyan', medium: 'yellow', high: 'red', critical: 'alarm' } as const satisfies Record<
  Severity,
  keyof typeof sgr
>;
const symbols: Partial<Record<AlertEventType, string>> = { escalated: '⇧', resolved: '✔', repeated: '↻' };
const widthOfSeverity = 'CRITICAL'.length;
const maxMessageChars = 160;

/** One readable line for each notification. */
export function createConsoleChannel(name: string, deps: ConsoleDeps): Channel {
  return {
    name,
    type: 'console',
    isAvailable: () => true,
    async send(notification: Notification, context: SendContext) {
      deps.write(consoleLine(notification, context.marks, deps.color));
      return { outcome: 'delivered' };
    },
    async sendGroup(notification) {
      deps.write(consoleGroupLine(notification, deps.color));
      return { outcome: 'delivered' };
    },
  };
}

/** The line, without its end; in colour when `color`. */
export function consoleLine(
  { type, timestamp, data }: Notification,
  marks: SendContext['marks'],
  color: boolean,
): string {
  const style = styleWith(color);
  const { alert } = data;
  const stages = stageTimes(marks);
  const parts = [
    style('dim')(localTime(timestamp)),
    badge(type, alert.severity, style),
    style('bold')(plainText(alert.title)),
    plainText(alert.source),
    cutChars(plainText(remark(type, alert)), maxMessageChars),
    stages === '' ? '' : style('dim')(stages),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

/** The same for several alerts of one group: how many, what they have in common, and their titles. */
export function consoleGroupLine({ timestamp, data }: GroupNotification, color: boolean): string {
  const style = styleWith(color);
  const { counts, group, more } = data;
  const type = counts.alerts === counts.resolved ? 'resolved' : 'opened';
  const severity = gravest(counts.bySeverity);
  const common = Object.values(group).map(plainText);
  const titles = [...new Set(data.alerts.map(({ alert }) => plainText(alert.title)))].join(', ');
  const rest = more === 0 ? '' : `, and ${more} more`;
  const parts = [
    style('dim')(localTime(timestamp)),
    badge(type, severity, style),
    style('bold')(groupTitle(counts)),
    common.join(' '),
    cutChars(titles, maxMessageChars) + rest,
  ];
  return parts.filter((part) => part !== '').join('  ');
}

function styleWith(color: boolean): (code: keyof typeof sgr) => Style {
  return (code) => (color ? (text) => `\x1b[${sgr[code]}m${text}\x1b[0m` : (text) => text);
}

function badge(type: AlertEventType, severity: Severity, style: (code: keyof typeof sgr) => Style): string {
  const symbol = symbols[type] ?? '▲';
  if (type === 'resolved') return style('green')(`${symbol} ${'RESOLVED'.padEnd(widthOfSeverity)}`);
  return style(severityStyle[severity])(`${symbol} ${severity.toUpperCase().padEnd(widthOfSeverity)}`);
}

function remark(type: AlertEventType, alert: AlertView): string {
  if (type === 'resolved') return `after ${duration((alert.resolvedAt ?? alert.updatedAt) - alert.startedAt)}`;
  if (type === 'escalated') return `${rung(alert)}  ${message(alert)}`;
  if (type === 'repeated') return `open for ${duration(alert.updatedAt - alert.startedAt)}  ${message(alert)}`;
  return message(alert);
}

function rung({ escalation }: AlertView): string {
  return `level ${escalation.level}${escalation.max === undefined ? '' : ` of ${escalation.max}`}`;
}

/** Without what the line says already: the name in front and the severity behind. */
function message({ title, message: text, severity }: AlertView): string {
  const rest = text.startsWith(`${title}: `) ? text.slice(title.length + 2) : text;
  return rest.replace(`, severity: ${severity})`, ')');
}

function localTime(timestamp: string): string {
  return new Date(timestamp).toTimeString().slice(0, 8);
}

/** `16 s`, `4 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}
