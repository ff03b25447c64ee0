import { ErrorCode, type Msg, NatsError, type Subscription } from 'nats';
import type { Store } from './store.js';

export interface Post {
  readonly stream: string;
  readonly durable: string;
}

/** Beyond this the server's own wait is soon enough. */
const maxHandedBack = 100_000;
const answerMs = 1_000;
const nak = '-NAK';

/** Tells others that somebody works on the consumer, for as long as the connection lives. */
export function attend(store: Store, post: Post): Subscription {
  const callback = (error: NatsError | null, message: Msg) => {
    try {
      if (!error) message.respond();
    } catch {
      // A connection that is closing. What leaves a callback would end the reading of the whole connection.
    }
  };
  return store.link.nc.subscribe(presenceSubject(store, post), { callback });
}

/**
 * Hands back what those held who worked on the consumer before and are dead, in their name: it comes at once and in
 * order, instead of when the server has waited for them. Does nothing while anybody else works on it.
 */
export async function succeed(store: Store, post: Post): Promise<void> {
  if (!(await isVacant(store, post))) return;
  const { ack_floor, delivered, num_ack_pending } = await store.jsm.consumers.info(post.stream, post.durable);
  if (num_ack_pending === 0) return;
  const { nc } = store.link;
  const last = Math.min(delivered.stream_seq, ack_floor.stream_seq + maxHandedBack);
  for (let seq = ack_floor.stream_seq + 1; seq < last; seq++)
    nc.publish(ackSubject(post, seq, delivered.consumer_seq), nak);
  // The server takes them one after the other, but beside those who ask for messages: newer ones would come first.
  await nc.request(ackSubject(post, last, delivered.consumer_seq), nak, { timeout: answerMs }).catch(() => undefined);
}

/** The server knows at once that nobody listens. Any other answer leaves it open. */
async function isVacant(store: Store, post: Post): Promise<boolean> {
  try {
    await store.link.nc.request(presenceSubject(store, post), '', { timeout: answerMs });
    return false;
  } catch (error) {
    return error instanceof NatsError && error.code === ErrorCode.NoResponders;
  }
}

/** What is acknowledged already, the server passes over; of the position it only wants that it was given out. */
function ackSubject({ stream, durable }: Post, seq: number, position: number): string {
  return `$JS.ACK.${stream}.${durable}.1.${seq}.${position}.0.0`;
}

function presenceSubject({ prefix }: Store, { stream, durable }: Post): string {
  return `${prefix}.worker.${stream}.${durable}`;
}
