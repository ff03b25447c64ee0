import { ErrorCode, type JetStreamClient, type JetStreamManager, NatsError, type PubAck } from 'nats';
import { TocsinError } from '../../model/errors.js';
import { backoffMs, pause } from '../driver/pause.js';
import type { Headers } from '../ports.js';
import { isOversize, toNatsHeaders, tooLarge } from './bus.js';
import type { Link } from './link.js';

/** JetStream over one connection, as the log and the outbox share it. */
export interface Store {
  readonly link: Link;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Of subjects. */
  readonly prefix: string;
  /** How long a write is tried before it is given up. */
  readonly retryForMs: number;
  /** Resolves when whoever has the answer to a write may go on. */
  readonly myTurn: () => Promise<void>;
}

export interface StoreWrite {
  readonly stream: string;
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
/** A cluster that elects. Every other refusal stands: a full stream, for one, stays full for longer than a write waits. */
const leaderless = new Set([10008, 10009]);

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
      return await writeOnce(store, entry, data);
    } catch (cause) {
      if (cause instanceof TocsinError) throw cause;
      const over = performance.now() >= giveUpAt || store.link.status() === 'closed';
      if (over) throw unavailable('NATS does not answer', cause);
    }
    store.link.counters.write_retries++;
    await pause(backoffMs(attempt, 50, 1_000));
  }
}

/** Rejects with a `TocsinError` when no retry would help. */
async function writeOnce(store: Store, entry: StoreWrite, data: Uint8Array): Promise<number> {
  try {
    return (await publish(store, entry, data)).seq;
  } catch (cause) {
    if (!isConflict(cause)) throw finalFailure(data, cause) ?? cause;
    const stored = await storedBefore(store, entry);
    if (stored !== undefined) return stored;
    const message = `${entry.subject} has moved on: its last message is not ${entry.expectedSeq}`;
    throw new TocsinError('log_conflict', message, { temporary: true, cause });
  }
}

async function publish({ js, myTurn }: Store, entry: StoreWrite, data: Uint8Array): Promise<PubAck> {
  const { subject, messageId, expectedSeq, headers } = entry;
  const options = {
    msgID: messageId,
    timeout: ackTimeoutMs,
    ...(expectedSeq === undefined ? {} : { expect: { lastSubjectSequence: expectedSeq } }),
    ...(headers ? { headers: toNatsHeaders(headers) } : {}),
  };
  try {
    return await js.publish(subject, data, options);
  } finally {
    await myTurn();
  }
}

/**
 * Old servers recognise a repeated message id before they compare the sequence, newer ones after it: there, a retry
 * whose first try was stored looks like a conflict with itself. The message that follows the expected one tells.
 */
async function storedBefore({ jsm }: Store, entry: StoreWrite): Promise<number | undefined> {
  const query = { seq: (entry.expectedSeq ?? 0) + 1, next_by_subj: entry.subject };
  try {
    const { seq, header } = await jsm.streams.getMessage(entry.stream, query);
    return header.get('Nats-Msg-Id') === entry.messageId ? seq : undefined;
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.code === 404) return undefined;
    throw error;
  }
}

function isConflict(error: unknown): error is NatsError {
  return error instanceof NatsError && error.api_error?.err_code === wrongLastSequence;
}

/** What no retry mends; `undefined` for what passes by itself: a time-out, no leader, no connection. */
function finalFailure(data: Uint8Array, cause: unknown): TocsinError | undefined {
  if (isOversize(cause)) return tooLarge(data, cause);
  if (!(cause instanceof NatsError)) return unavailable('the message could not be written', cause);
  if (cause.code === ErrorCode.PermissionsViolation) return unavailable(cause.message, cause);
  const refusal = cause.api_error;
  if (refusal === undefined || leaderless.has(refusal.err_code ?? 0)) return undefined;
  return unavailable(`NATS refuses the message: ${refusal.description}`, cause);
}

export function unavailable(message: string, cause?: unknown): TocsinError {
  return new TocsinError('log_unavailable', message, { temporary: true, cause });
}
