/**
 * Every stable code that the project answers with, and what it means.
 * `PROTOCOL.md` lists the same codes; a test keeps the two equal.
 */
export const errorCodes = {
  // input
  parse_failed: 'the body is not valid in its codec',
  codec_unknown: 'the content type names no known codec',
  not_an_object: 'a sample or alert must be a map of fields',
  field_missing: 'a required field is absent',
  field_invalid: 'a field has the wrong type or an impossible value',
  value_not_finite: 'a sample value must be a finite number',
  time_invalid: 'a time must be an epoch number or an ISO 8601 string',
  subject_mismatch: 'the subject does not have the tokens that the ingest pattern needs',
  too_many_points: 'one message carries more samples than allowed',
  too_many_labels: 'a sample carries more labels than allowed',
  too_many_series: 'the series table is full',
  too_large: 'the message is larger than allowed',
  template_unknown: 'no template has that name',
  // alerts and commands
  alert_unknown: 'no alert has that id',
  rule_unknown: 'no rule has that id',
  route_unknown: 'no route has that id',
  series_unknown: 'no sample of that series has come',
  delivery_unknown: 'no dead letter has that id',
  channel_unknown: 'no channel has that name',
  silence_unknown: 'no silence has that id',
  silence_invalid: 'a silence has a bad matcher or time',
  too_many_silences: 'as many silences as allowed are not over yet',
  alert_resolved: 'the alert is already resolved',
  transition_refused: 'the state of the alert does not allow this command',
  command_unknown: 'no command has that name',
  // temporary
  log_conflict: 'somebody else wrote this key meanwhile',
  overloaded: 'more is waiting than the engine may hold',
  log_unavailable: 'the event log cannot be written now',
  not_ready: 'the engine has not loaded its state yet',
  bus_unavailable: 'NATS cannot be reached',
  stopping: 'the engine is stopping',
  // gateway
  bad_message: 'the message is not valid JSON or MessagePack of the negotiated subprotocol',
  op_unknown: 'no operation has that name',
  topic_unknown: 'no topic has that name',
  subject_invalid: 'the subject pattern is malformed',
  subject_forbidden: 'the subject pattern reaches subjects that are private',
  filter_invalid: 'the filter has an unknown key or a bad value',
  subscription_exists: 'this connection already has a subscription with that id',
  subscription_unknown: 'this connection has no subscription with that id',
  too_many_subscriptions: 'the connection holds as many subscriptions as allowed',
  too_many_subjects: 'the subscription names more subject patterns than allowed',
  too_many_series_subscribed: 'the connection covers more series than allowed',
  too_many_commands: 'commands come faster than allowed',
  too_many_connections: 'the gateway holds as many connections as allowed, in all or from one address',
  subprotocol_unknown: 'none of the WebSocket subprotocols offered is spoken here',
  upgrade_required: 'the resource is reached by a WebSocket handshake only',
  // http
  not_found: 'no such resource',
  method_not_allowed: 'the resource does not know that method',
  content_type_unsupported: 'the body must be application/json',
  origin_forbidden: 'the Origin header is not allowed',
  host_forbidden: 'the Host header is not one of ours',
  query_invalid: 'a query parameter has a bad value',
  // delivery
  no_channel: 'no channel is available for the alert',
  channel_disabled: 'the channel is switched off',
  // configuration and start
  config_invalid: 'the configuration has errors',
  config_unreadable: 'the configuration file cannot be read',
  nats_missing: 'no nats-server binary could be found',
  nats_unreachable: 'NATS could not be reached at start',
  alerts_captured: 'a JetStream stream captures the alert input subjects',
  port_taken: 'the address is already in use',
  engine_unreachable: 'no engine answers at that address',
  data_in_use: 'the data folder belongs to another engine that runs',
  internal: 'an unexpected failure inside the engine',
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetail {
  /** Name or path of the offending field. */
  readonly field?: string;
  /** The value received. */
  readonly value?: unknown;
  /** What would have been allowed, as a phrase. */
  readonly allowed?: string;
  /** `true` when the same request may succeed later. */
  readonly temporary?: boolean;
  /** Each by itself, where several things are wrong. */
  readonly problems?: readonly WireProblem[];
  readonly cause?: unknown;
}

/** One of several things that are wrong with what was sent. */
export interface WireProblem {
  readonly code: string;
  /** Where in it, as in `rule.when`. */
  readonly path: string;
  readonly message: string;
  /** A list of values, or a phrase. */
  readonly allowed?: readonly string[] | string;
  readonly hint?: string;
}

/** The one error class of the project: a stable `code`, and what a person needs to mend it. */
export class TocsinError extends Error {
  readonly code: ErrorCode;
  readonly field?: string;
  readonly value?: unknown;
  readonly allowed?: string;
  readonly temporary: boolean;
  readonly problems?: readonly WireProblem[];

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'TocsinError';
    this.code = code;
    if (detail.field !== undefined) this.field = detail.field;
    if (detail.value !== undefined) this.value = detail.value;
    if (detail.allowed !== undefined) this.allowed = detail.allowed;
    if (detail.problems !== undefined) this.problems = detail.problems;
    this.temporary = detail.temporary ?? false;
  }
}

/** The form in which an error travels over NATS, HTTP and WebSocket. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly temporary?: boolean;
  readonly field?: string;
  readonly problems?: readonly WireProblem[];
}

export function toWireError(error: unknown): WireError {
  if (!(error instanceof TocsinError)) return { code: 'internal', message: 'internal error' };
  return {
    code: error.code,
    message: error.message,
    ...(error.temporary ? { temporary: true } : {}),
    ...(error.field === undefined ? {} : { field: error.field }),
    ...(error.problems === undefined ? {} : { problems: error.problems.map(wireProblem) }),
  };
}

/** Without the file and its lines, which are nobody else's business. */
function wireProblem({ code, path, message, allowed, hint }: WireProblem): WireProblem {
  return {
    ...{ code, path, message },
    ...(allowed === undefined ? {} : { allowed }),
    ...(hint === undefined ? {} : { hint }),
  };
}
