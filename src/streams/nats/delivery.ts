import { type Msg, nanos } from 'nats';
import type { Link } from './link.js';

/** A message that JetStream handed to a consumer. */
export interface Delivery {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Where an acknowledgement goes. */
  readonly ackSubject: string;
  /** Position in the stream. */
  readonly seq: number;
  /** Position among what this consumer was handed; a jump means that something was lost on the way. */
  readonly position: number;
  /** 1 for the first time. */
  readonly attempt: number;
  /** Wall time at which the stream stored it, epoch milliseconds. */
  readonly time: number;
}

/**
 * Reads the position out of the subject for acknowledgements: `$JS.ACK.<stream>.<consumer>.<attempt>.<seq>.<position>.<time ns>.<pending>`;
 * newer servers put domain and account between the second and third token and may add more at the end.
 */
export function toDelivery(message: Msg): Delivery {
  const ackSubject = message.reply ?? '';
  const tokens = ackSubject.split('.');
  const at = tokens.length === 9 ? 4 : 6;
  return {
    subject: message.subject,
    data: message.data,
    ackSubject,
    attempt: Number(tokens[at]),
    seq: Number(tokens[at + 1]),
    position: Number(tokens[at + 2]),
    time: Math.floor(Number(tokens[at + 3]) / 1e6),
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function acknowledge(link: Link, delivery: Delivery): void {
  answer(link, delivery, '+ACK');
}

/** Asks for the message again after `delayMs`. The server overlooks a delay with a fraction, and gives it again at once. */
export function handBack(link: Link, delivery: Delivery, delayMs: number): void {
  answer(link, delivery, delayMs > 0 ? `-NAK ${JSON.stringify({ delay: nanos(Math.ceil(delayMs)) })}` : '-NAK');
}

/** Takes a message out that nobody can use. */
export function discard(link: Link, delivery: Delivery): void {
  answer(link, delivery, '+TERM');
}

/** Tells the server that the message is being worked on: its wait begins anew. */
export function keepHold(link: Link, delivery: Delivery): void {
  answer(link, delivery, '+WPI');
}

/** An answer that is lost costs a repeated delivery and nothing else. */
function answer(link: Link, delivery: Delivery, text: string): void {
  try {
    if (link.status() === 'connected') link.nc.publish(delivery.ackSubject, encoder.encode(text));
  } catch (err) {
    link.log.debug({ subject: delivery.subject, err }, 'an acknowledgement could not be sent');
  }
}

/** The parsed body, or `undefined`, counted, when it is not JSON. */
export function readBody(link: Link, delivery: Delivery): unknown {
  try {
    return JSON.parse(decoder.decode(delivery.data));
  } catch {
    link.counters.entries_unreadable++;
    return undefined;
  }
}
