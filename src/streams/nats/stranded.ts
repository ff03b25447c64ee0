import { NatsError } from 'nats';
import type { Store } from './store.js';

export interface Queue {
  readonly stream: string;
  readonly durable: string;
  readonly filter: string;
}

/**
 * Whether messages lie in a work queue that its consumer takes for done: a server that was killed brings back what it had
 * already removed, and gives it to nobody. Says so only while nothing is under way.
 */
export async function hasStranded({ jsm }: Store, { stream, durable, filter }: Queue): Promise<boolean> {
  const { num_pending, num_ack_pending, delivered } = await jsm.consumers.info(stream, durable);
  if (num_pending > 0 || num_ack_pending > 0) return false;
  // The types of the client library do not know it.
  const query = { seq: 1, next_by_subj: filter };
  try {
    const first = await jsm.streams.getMessage(stream, query);
    return first.seq <= delivered.stream_seq;
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.code === 404) return false;
    throw error;
  }
}
