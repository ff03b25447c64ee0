/** What the driver counts; each stands at zero from the start. */
export interface DriverCounters {
  /** Publishes that were dropped because NATS was away. */
  publishes_dropped: number;
  /** Exceptions in subscription callbacks. */
  callback_failures: number;
  /** Answers that were too large, or could not be sent. */
  answers_failed: number;
  disconnects: number;
  reconnects: number;
  /** Errors that the server or the client library reported on a connection. */
  connection_errors: number;
  /** Attempts after the first one to store a message. */
  write_retries: number;
  /** Stored messages whose body is not JSON: somebody else wrote into our subjects. */
  entries_unreadable: number;
  /** Stored messages that were taken out of a work queue because nobody can use them. */
  entries_discarded: number;
  /** Readers and workers that had to start anew from where they stood. */
  reader_restarts: number;
}

export function createCounters(): DriverCounters {
  return {
    publishes_dropped: 0,
    callback_failures: 0,
    answers_failed: 0,
    disconnects: 0,
    reconnects: 0,
    connection_errors: 0,
    write_retries: 0,
    entries_unreadable: 0,
    entries_discarded: 0,
    reader_restarts: 0,
  };
}
