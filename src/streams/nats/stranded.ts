import type { ConsumerInfo } from 'nats';
import type { Store } from './store.js';

export interface Queue {
  readonly stream: string;
  readonly durable: string;
  readonly filter: string;
}

/**
 * Whether messages lie in a work queue that its consumer takes for done: a server that was killed brings back what it had
 * already removed, and gives it to nobody. Says so only while nothing moves.
 */
export async function hasStranded({ jsm }: Store, { stream, durable, filter }: Queue): Promise<boolean> {
  const before = await jsm.consumers.info(stream, durable);
  if (before.num_pending > 0) return false;
  const { state } = await jsm.streams.info(stream, { subjects_filter: filter });
  // Those that are out are there as well; of some that are gone the server still thinks that they are out.
  if ((state.subjects?.[filter] ?? 0) <= before.num_ack_pending) return false;
  return position(before) === position(await jsm.consumers.info(stream, durable));
}

function position({ delivered, ack_floor, num_pending, num_ack_pending }: ConsumerInfo): string {
  return [delivered.consumer_seq, ack_floor.consumer_seq, num_pending, num_ack_pending].join();
}
