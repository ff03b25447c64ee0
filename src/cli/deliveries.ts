import { plainText } from '../channels/plain-text.js';
import type { DeadLetterView } from '../model/view.js';
import { askEngine } from './engine-http.js';
import { exitStatus } from './exit-status.js';
import { type Io, paint } from './io.js';
import { severityStyle } from './lines.js';
import { localTime } from './local-time.js';
import type { DeliveryListOptions, DeliveryResendOptions } from './options.js';

/** What was given up, newest first. */
export async function listDeliveries({ url, json, limit }: DeliveryListOptions, io: Io): Promise<number> {
  const path = `/v1/deliveries?status=dead${limit === undefined ? '' : `&limit=${encodeURIComponent(limit)}`}`;
  const { deliveries } = await askEngine<{ deliveries: readonly DeadLetterView[] }>({ method: 'GET', path }, url, io);
  if (json) io.out(JSON.stringify({ deliveries }));
  else if (deliveries.length === 0) io.out('no delivery was given up');
  else for (const letter of deliveries) io.out(letterLine(letter, io.color.out));
  return exitStatus.ok;
}

/** Sends dead letters once more; all of them are tried, and one that is refused makes the whole fail. */
export async function resendDeliveries(
  ids: readonly string[],
  { url, json, by }: DeliveryResendOptions,
  io: Io,
): Promise<number> {
  let status: number = exitStatus.ok;
  for (const id of ids) {
    const path = `/v1/deliveries/${encodeURIComponent(id)}/resend`;
    try {
      const answer = await askEngine<{ status: string }>({ method: 'POST', path, body: { by } }, url, io);
      io.out(json ? JSON.stringify(answer) : `${answer.status}  ${id}`);
    } catch (error) {
      if (ids.length === 1) throw error;
      io.err(`refused  ${id}  ${error instanceof Error ? error.message : String(error)}`);
      status = exitStatus.failed;
    }
  }
  return status;
}

/** `2026-01-02 12:00:00  HIGH      opened  Disk full  to hook: HTTP 410  <id>`. */
function letterLine(letter: DeadLetterView, color: boolean): string {
  const { at, severity, type, title, alerts = 1, channel, error, resend, id } = letter;
  const shown = paint(severity.toUpperCase().padEnd(8), severityStyle[severity], color);
  const others = alerts > 1 ? [`and ${alerts - 1} more`] : [];
  const again = resend === undefined ? [] : [`(sent again ${resend.count} times, last by ${resend.by})`];
  const facts = [type, title, ...others, `to ${channel}: ${error}`, ...again].map(plainText);
  return `${localTime(at)}  ${shown}  ${facts.join('  ')}  ${paint(id, 'gray', color)}`;
}
