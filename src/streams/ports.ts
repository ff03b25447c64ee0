import type { Observable } from 'rxjs';
import type { OutboxMessage } from '../model/delivery.js';

/** What the stages need from the outside. `nats.ts` and `memory.ts` implement these; one contract suite proves both. */

export type Headers = Readonly<Record<string, string>>;

export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Looked up without regard to case. */
  header(name: string): string | undefined;
  /**
   * Present when the sender waits for an answer. Never throws: an answer that the bus does not carry becomes
   * `{ok: false, error}` with `too_large`, and is counted.
   */
  readonly respond?: (data: Uint8Array) => void;
}

export interface BusSubscription {
  unsubscribe(): void;
}

export type BusStatus = 'connected' | 'disconnected' | 'closed';

/** Fire and forget, and request / reply. */
export interface Bus {
  readonly status$: Observable<BusStatus>;
  /** Version of the server, or `in-process`. */
  readonly server: string;
  /**
   * Calls `handler` for each message, synchronously and in order; it must be quick. An exception in it is caught,
   * reported and counted, and disturbs nobody else.
   */
  subscribe(
    subject: string,
    handler: (message: BusMessage) => void,
    options?: { readonly queue?: string },
  ): BusSubscription;
  /** Dropped, and counted, while disconnected. Throws `subject_invalid` for a subject that is not concrete. */
  publish(subject: string, data: Uint8Array, headers?: Headers): void;
  /** Rejects with `bus_unavailable` when nobody answers in time. */
  request(
    subject: string,
    data: Uint8Array,
    options?: { readonly timeoutMs?: number; readonly headers?: Headers },
  ): Promise<BusMessage>;
  /** Resolves when all that was published has reached the server. */
  flush(): Promise<void>;
}

export interface LogEntry {
  /** Position in the whole log. */
  readonly seq: number;
  readonly subject: string;
  /** Wall time at which the log stored it, epoch milliseconds. */
  readonly time: number;
  /** The parsed JSON body. */
  readonly body: unknown;
  /** Length of the body as it is stored. */
  readonly bytes: number;
}

/** Where a reading begins. Default: at the first message. */
export interface LogPosition {
  readonly fromSeq?: number;
  /** What was stored before this wall time is passed over. */
  readonly fromTime?: number;
}

export interface LogAppend {
  readonly subject: string;
  readonly body: unknown;
  /**
   * Sequence of the last message of this subject, 0 when there must be none. Absent: written whatever is there.
   * A mismatch rejects with `log_conflict`.
   */
  readonly expectedSeq?: number;
  /** Retries of this very write are recognised by it. Unique per write. */
  readonly messageId: string;
  readonly headers?: Headers;
}

/**
 * The one store of state: an append-only log of JSON messages by subject.
 * Subjects given to it are relative: `alert.<rule>.<keyHash>`, `delivery.<keyHash>.<channel>`; filters may have wildcards.
 */
export interface EventLog {
  /** Identity of the log: another one means that sequences do not compare. */
  readonly epoch: string;
  /**
   * Resolves with the sequence once stored. Retries by itself, with the same id, for a bounded time; then rejects with
   * `log_unavailable` (temporary).
   */
  append(entry: LogAppend): Promise<number>;
  /**
   * The last message of each matching subject, in log order. Ends. One that cannot be read comes with the body
   * `undefined`: whoever writes to its subject next has to know where it stands.
   */
  latest(filter: string): AsyncIterable<LogEntry>;
  /** Every matching message from there on, in log order. Ends at what was the head when it was called. */
  read(filter: string, from?: LogPosition): AsyncIterable<LogEntry>;
  /** Every matching message from `fromSeq` on, then live, without gap or repetition, across reconnects. Never completes. */
  follow(filter: string, options: { readonly fromSeq: number }): Observable<LogEntry>;
  /** Sequence of the last message. */
  head(): Promise<number>;
  /**
   * A durable position under `name`: each matching message reaches `handler` at least once; it counts as done when the
   * returned promise resolves, and comes again when it rejects. At most `maxInFlight` at a time, started in log order.
   */
  consume(
    name: string,
    filter: string,
    options: { readonly maxInFlight: number },
    handler: (entry: LogEntry) => Promise<void>,
  ): Promise<Consumer>;
  /** Removes messages of one subject up to and including `upToSeq`. */
  purge(subject: string, upToSeq: number): Promise<void>;
}

export interface Consumer {
  /** Stops taking; resolves when what is in flight has ended. */
  stop(): Promise<void>;
}

/** What a worker says of a message that it was handed. */
export type OutboxVerdict =
  | { readonly done: true }
  /** Handed out again after `delayMs`, without holding a place meanwhile. */
  | { readonly done: false; readonly delayMs: number };

export interface DeadLetter {
  readonly message: OutboxMessage;
  readonly error: string;
  readonly at: number;
}

/** Notifications that wait to be sent: a durable work queue per channel. */
export interface Exhumed {
  readonly letter: DeadLetter;
  /** Forgets this letter, not one that was buried in its place meanwhile. */
  remove(): Promise<void>;
}

export interface Outbox {
  /** Idempotent by `wayId(message)`. Resolves once stored; rejects with `log_unavailable`. */
  put(message: OutboxMessage): Promise<void>;
  /** At most `prefetch` messages are out at a time. `ackWaitMs`: a worker that is silent for longer lost its message. */
  work(
    channel: string,
    options: { readonly prefetch: number; readonly ackWaitMs: number },
    handler: (message: OutboxMessage) => Promise<OutboxVerdict>,
  ): Promise<Consumer>;
  /** Keeps a message that is given up. Idempotent by message id. */
  bury(letter: DeadLetter): Promise<void>;
  dead(): AsyncIterable<DeadLetter>;
  /** The dead letter of a message; `undefined` when there is none. */
  exhume(messageId: string): Promise<Exhumed | undefined>;
  /** Number of messages that wait or are out, by channel. */
  depth(channel: string): Promise<number>;
  /** Names of the channels of which messages wait or are out. */
  channels(): Promise<readonly string[]>;
}

/** Everything that a driver offers. Separate connections carry ingest and state, so that a flood delays no write. */
export interface Driver {
  readonly name: 'nats' | 'in-process';
  /** Ingest and everything that may be lost. */
  readonly bus: Bus;
  /** Commands, raises and their answers: not behind the flood of samples. */
  readonly control: Bus;
  readonly log: EventLog;
  readonly outbox: Outbox;
  /**
   * A JetStream stream that stores alert subjects would answer raises in our place. Rejects with `alerts_captured` when
   * there is one that overlaps `subjects`.
   */
  assertNotCaptured(subjects: readonly string[]): Promise<void>;
  /** Dead counters of the driver: publishes while disconnected, callback failures, reconnects. */
  counters(): Readonly<Record<string, number>>;
  /** Closes connections, bounded in time. Idempotent. */
  close(): Promise<void>;
}

/** Wall time for what is persisted and shown. Durations use the scheduler, which cannot step. */
export interface Clock {
  /** Epoch milliseconds. */
  wall(): number;
}
