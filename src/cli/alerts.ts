import { plainText } from '../channels/plain-text.js';
import type { AlertPage } from '../model/query.js';
import type { AlertEvent, AlertView } from '../model/view.js';
import { askEngine } from './engine-http.js';
import { exitStatus } from './exit-status.js';
import { type Io, paint } from './io.js';
import { receiver, severityStyle } from './lines.js';
import { localTime } from './local-time.js';
import type { AlertActionOptions, AlertListOptions, EngineOptions } from './options.js';

/** The alerts that match, gravest first; open ones unless a state is named. */
export async function listAlerts({ url, json, ...filter }: AlertListOptions, io: Io): Promise<number> {
  const page = await askEngine<AlertPage>({ method: 'GET', path: `/v1/alerts?${listQuery(filter)}` }, url, io);
  if (json) io.out(JSON.stringify(page));
  else if (page.alerts.length === 0) io.out('no such alert');
  else for (const alert of page.alerts) io.out(alertLine(alert, io.color.out));
  if (!json && page.cursor !== undefined) io.err(`more follow: --cursor ${page.cursor}`);
  return exitStatus.ok;
}

/** One alert with everything that happened to it. */
export async function showAlert(id: string, { url, json }: EngineOptions, io: Io): Promise<number> {
  const path = `/v1/alerts/${encodeURIComponent(id)}`;
  const detail = await askEngine<AlertDetail>({ method: 'GET', path }, url, io);
  if (json) io.out(JSON.stringify(detail));
  else for (const line of detailLines(detail, io.color.out)) io.out(line);
  return exitStatus.ok;
}

export type AlertAction = 'acknowledge' | 'unacknowledge' | 'resolve' | 'suppress' | 'unsuppress';

/** What a person does with an alert; all of them are tried, and one that is refused makes the whole fail. */
export async function actOnAlerts(
  action: AlertAction,
  ids: readonly string[],
  { url, json, ...body }: AlertActionOptions,
  io: Io,
): Promise<number> {
  let status: number = exitStatus.ok;
  for (const id of ids) {
    const path = `/v1/alerts/${encodeURIComponent(id)}/${action}`;
    try {
      const answer = await askEngine<{ status: string }>({ method: 'POST', path, body }, url, io);
      io.out(json ? JSON.stringify(answer) : `${answer.status}  ${id}`);
    } catch (error) {
      if (ids.length === 1) throw error;
      io.err(`refused  ${id}  ${error instanceof Error ? error.message : String(error)}`);
      status = exitStatus.failed;
    }
  }
  return status;
}

interface AlertDetail {
  readonly alert: AlertView;
  readonly events: readonly AlertEvent[];
}

function listQuery({
  state = ['active', 'escalated', 'acknowledged', 'suppressed'],
  ...rest
}: AlertListOptions): string {
  const given = { state, sort: 'severity', ...rest };
  const pairs = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return new URLSearchParams(pairs).toString();
}

function alertLine(alert: AlertView, color: boolean): string {
  const { severity, state, startedAt, title, source, count, id, silencedBy, inhibitedBy } = alert;
  const shown = paint(severity.toUpperCase().padEnd(8), severityStyle[severity], color);
  const muted = [silencedBy === undefined ? '' : 'silenced', inhibitedBy === undefined ? '' : 'inhibited'];
  const facts = [title, source, count > 1 ? `×${count}` : '', ...muted].map(plainText).filter((fact) => fact !== '');
  return `${localTime(startedAt)}  ${shown}  ${state.padEnd(12)}  ${facts.join('  ')}  ${paint(id, 'gray', color)}`;
}

function detailLines({ alert, events }: AlertDetail, color: boolean): string[] {
  const { message, status, acknowledged, escalation, channelsSent, lastError, silencedBy, inhibitedBy } = alert;
  const level = escalation.max === undefined ? [] : [`escalation level ${escalation.level} of ${escalation.max}`];
  const facts = [
    `status ${status}`,
    ...(acknowledged === undefined ? [] : [`acknowledged by ${acknowledged.by}`]),
    ...(silencedBy === undefined ? [] : [`silenced by ${silencedBy.join(', ')}`]),
    ...(inhibitedBy === undefined ? [] : [`inhibited by ${inhibitedBy.join(', ')}`]),
    ...level,
    ...(channelsSent.length === 0 ? [] : [`sent to ${channelsSent.join(', ')}`]),
    ...(lastError === undefined ? [] : [`last error: ${lastError}`]),
  ];
  return [
    alertLine(alert, color),
    plainText(message),
    plainText(facts.join('; ')),
    ...events.filter(({ type }) => type !== 'sending').map(eventLine),
  ];
}

/** As in `tail`, an attempt is told by its end alone. */
function eventLine(event: AlertEvent): string {
  const { time: at, type, reason, by } = event;
  const [said = reason] = receiver(event);
  const who = by === undefined ? '' : `  by ${by}`;
  return plainText(`${localTime(at)}  ${type.padEnd(15)}  ${said}${who}`);
}
