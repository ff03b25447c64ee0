import { STATUS_CODES } from 'node:http';
import { type ErrorCode, TocsinError, toWireError, type WireError } from '../model/errors.js';

const statusByCode: Partial<Record<ErrorCode, number>> = {
  alert_unknown: 404,
  delivery_unknown: 404,
  channel_unknown: 404,
  silence_unknown: 404,
  rule_unknown: 404,
  route_unknown: 404,
  series_unknown: 404,
  command_unknown: 404,
  not_found: 404,
  method_not_allowed: 405,
  alert_resolved: 409,
  transition_refused: 409,
  log_conflict: 409,
  too_large: 413,
  host_forbidden: 403,
  origin_forbidden: 403,
  content_type_unsupported: 415,
  upgrade_required: 426,
  too_many_commands: 429,
  too_many_connections: 503,
  internal: 500,
};

/** Seconds after which something temporary is worth another try. */
export const retryAfterSeconds = 1;

/** An error of the HTTP interface: RFC 9457 with the stable `code`. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly field?: string;
  /** The same request may succeed later. */
  readonly temporary?: true;
  readonly problems?: WireError['problems'];
}

export const problemType = 'application/problem+json';

export function problemOf(error: unknown): Problem {
  const { code, message, field, temporary, problems } = toWireError(error);
  const status = statusByCode[code] ?? (temporary ? 503 : 400);
  const title = STATUS_CODES[status] ?? 'Error';
  return {
    type: 'about:blank',
    title,
    status,
    detail: message,
    code,
    ...(field === undefined ? {} : { field }),
    ...(temporary ? { temporary } : {}),
    ...(problems === undefined ? {} : { problems }),
  };
}

/** The error that a command answered with, to be thrown. */
export function commandError({ code, message, ...detail }: WireError): TocsinError {
  return new TocsinError(code, message, detail);
}
