import { ErrorCode, type JetStreamClient, type JetStreamManager, NatsError, type PubAck } from 'nats';
import { TocsinError } from '../../model/errors.js';
import type { Headers } from '../ports.js';
import { isOversize, toNatsHeaders } from './bus.js';
import type { Link } from './link.js';
import { backoffMs, pause } from './pause.js';

/** JetStream over one connection, as the log and the outbox share it. */
export interface Store {
  readonly link: Link;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Of subjects. */
  readonly prefix: string;
  /** How long a write is tried before it is given up. */
  readonly retryForMs: number;
}

export interface StoreWrite {
  readonly subject: string;
  readonly body: unknown;
  readonly messageId: string;
  /** Sequence of the last message of the subject; 0: none. */
  readonly expectedSeq?: number;
  readonly headers?: Headers;
}

/** An answer takes well under a millisecond; past this the request or its answer is lost. */
const ackTimeoutMs = 1_500;
const wrongLastSequence = 10071;

const encoder = new TextEncoder();

/**
 * Stores one message, with the same id in every try, and resolves with its sequence.
 * Rejects with `log_conflict`, `too_large`, or, when `retryForMs` is over, `log_unavailable`.
 */
export async function write(store: Store, entry: StoreWrite): Promise<number> {
  const data = encoder.encode(JSON.stringify(entry.body));
  const giveUpAt = performance.now() + store.retryForMs;
  for (let attempt = 0; ; attempt++) {
    await store.link.settled(giveUpAt - performance.now());
    try {
      return (await publish(store, entry, data)).seq;
    } catch (cause) {
      const final = finalFailure(entry, data, cause);
      if (final) throw final;
      if (performance.now() >= giveUpAt || store.link.status() === 'closed')
        throw unavailable('NATS does not answer', cause);
    }
    store.link.counters.write_retries++;
    await pause(backoffMs(attempt, 50, 1_000));
  }
}

function publish(
  { js }: Store,
  { subject, messageId, expectedSeq, headers }: StoreWrite,
  data: Uint8Array,
): Promise<PubAck> {
  return js.publish(subject, data, {
    msgID: messageId,
    timeout: ackTimeoutMs,
    ...(expectedSeq === undefined ? {} : { expect: { lastSubjectSequence: expectedSeq } }),
    ...(headers ? { headers: toNatsHeaders(headers) } : {}),
  });
}

/** What no retry mends; `undefined` for everything that passes by itself: time-outs, no leader, no connection. */
function finalFailure(entry: StoreWrite, data: Uint8Array, cause: unknown): TocsinError | undefined {
  if (isOversize(cause))
    return new TocsinError('too_large', `${data.length} bytes are more than NATS allows`, { cause });
  if (!(cause instanceof NatsError)) return unavailable('the message could not be written', cause);
  const refusal = cause.api_error;
  if (refusal?.err_code === wrongLastSequence) return conflict(entry, cause);
  if (refusal && refusal.code < 500) return unavailable(`NATS refuses the message: ${refusal.description}`, cause);
  return cause.code === ErrorCode.PermissionsViolation ? unavailable(cause.message, cause) : undefined;
}

function conflict({ subject, expectedSeq }: StoreWrite, cause: NatsError): TocsinError {
  const message = `${subject} has moved on: its last message is not ${expectedSeq}`;
  return new TocsinError('log_conflict', message, { temporary: true, cause });
}

export function unavailable(message: string, cause?: unknown): TocsinError {
  return new TocsinError('log_unavailable', message, { temporary: true, cause });
}
