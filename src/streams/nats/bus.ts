import { headers as createHeaders, ErrorCode, type Msg, type MsgHdrs, NatsError } from 'nats';
import { TocsinError } from '../../model/errors.js';
import { fittingAnswer } from '../driver/answer.js';
import { createGate } from '../driver/gate.js';
import { checkSubject } from '../driver/subjects.js';
import type { Bus, BusMessage, Headers } from '../ports.js';
import type { Link } from './link.js';

export interface BusOptions {
  readonly link: Link;
  /** Answers are never sent to subjects that begin with it: a stranger could have the engine write into its own state. */
  readonly prefix: string;
}

const defaultRequestMs = 2_000;
/** What a server allows that does not say. */
const defaultMaxBytes = 1_048_576;

export function createNatsBus({ link, prefix }: BusOptions): Bus {
  const { nc } = link;
  const guard = createGuard(link);
  return {
    status$: link.status$,
    get server() {
      return nc.info?.version ?? 'unknown';
    },
    subscribe(subject, handler, options = {}) {
      checkSubject(subject, { wildcards: true });
      const callback = guard(subject, (message: Msg) => handler(toBusMessage(message, link, prefix)));
      const queue = options.queue === undefined ? {} : { queue: options.queue };
      if (link.status() === 'closed') throw unavailable('the connection is closed');
      return nc.subscribe(subject, { callback, ...queue });
    },
    publish(subject, data, headers) {
      checkSubject(subject, { wildcards: false });
      send(link, subject, data, headers);
    },
    async request(subject, data, options = {}) {
      checkSubject(subject, { wildcards: false });
      if (link.status() !== 'connected') throw unavailable('NATS is not connected');
      try {
        const answer = await nc.request(subject, data, {
          timeout: options.timeoutMs ?? defaultRequestMs,
          ...(options.headers ? { headers: toNatsHeaders(options.headers) } : {}),
        });
        return toBusMessage(answer, link, prefix);
      } catch (cause) {
        throw unavailable(`nobody answered on ${subject}`, cause);
      }
    },
    async flush() {
      if (link.status() !== 'connected') throw unavailable('NATS is not connected');
      await nc.flush().catch((cause: unknown) => {
        throw unavailable('NATS went away', cause);
      });
    },
  };
}

/** What the library takes while disconnected it throws away at the next dial: better not to hand it over at all. */
function send(link: Link, subject: string, data: Uint8Array, headers?: Headers): void {
  if (link.status() !== 'connected') {
    link.counters.publishes_dropped++;
    return;
  }
  try {
    link.nc.publish(subject, data, headers ? { headers: toNatsHeaders(headers) } : undefined);
  } catch (cause) {
    throw isOversize(cause) ? tooLarge(data, cause) : unavailable(`${subject} could not be published`, cause);
  }
}

export function isOversize(error: unknown): boolean {
  return error instanceof NatsError && error.code === ErrorCode.MaxPayloadExceeded;
}

export function tooLarge(data: Uint8Array, cause: unknown): TocsinError {
  return new TocsinError('too_large', `${data.length} bytes are more than NATS allows`, { cause });
}

export function toNatsHeaders(headers: Headers): MsgHdrs {
  const result = createHeaders();
  for (const name of Object.keys(headers)) result.append(name, headers[name]!);
  return result;
}

/** An exception in a callback would end the read loop of the whole connection. */
function createGuard(link: Link) {
  const mayLog = createGate(1_000);
  return (subject: string, handle: (message: Msg) => void) => (error: Error | null, message: Msg) => {
    if (error) {
      link.log.error({ subject, err: error }, 'NATS refused a subscription');
      return;
    }
    try {
      handle(message);
    } catch (err) {
      link.counters.callback_failures++;
      if (mayLog()) link.log.error({ subject: message.subject, err }, 'a message handler failed');
    }
  };
}

function toBusMessage(message: Msg, link: Link, prefix: string): BusMessage {
  const base = {
    subject: message.subject,
    data: message.data,
    header: (name: string) => findHeader(message.headers, name),
  };
  const { reply } = message;
  if (!reply || reply.startsWith('$') || reply.startsWith(`${prefix}.`)) return base;
  return { ...base, respond: (data) => respond(link, reply, data) };
}

/** Whoever answers does so in the middle of other work: it must not end by it. */
function respond(link: Link, reply: string, data: Uint8Array): void {
  const { nc, counters, log } = link;
  try {
    send(link, reply, fittingAnswer(data, nc.info?.max_payload ?? defaultMaxBytes, counters));
  } catch (err) {
    counters.answers_failed++;
    log.debug({ reply, err }, 'an answer could not be sent');
  }
}

function findHeader(headers: MsgHdrs | undefined, name: string): string | undefined {
  if (headers === undefined) return undefined;
  const wanted = name.toLowerCase();
  for (const [key, values] of headers) if (key.toLowerCase() === wanted) return values[0];
  return undefined;
}

function unavailable(message: string, cause?: unknown): TocsinError {
  return new TocsinError('bus_unavailable', message, { temporary: true, cause });
}
