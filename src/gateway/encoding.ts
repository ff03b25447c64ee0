import type { ServerMessage, Subprotocol } from '../model/wire.js';

/**
 * One subprotocol. A frame from the server is an array of messages; every message is encoded as the frame that holds
 * it alone, so that one encoding can serve many clients as it stands, and longer frames are joined from such.
 */
export interface Encoding {
  readonly name: Subprotocol;
  /** Whether frames travel as binary ones. */
  readonly binary: boolean;
  message(message: ServerMessage): Uint8Array;
  /** A value by itself, to be put into messages later. */
  value(value: unknown): Uint8Array;
  /** A message with one more field, `name`, whose value was encoded before. */
  around(head: MessageHead, name: string, value: Uint8Array): Uint8Array;
  /** Starts a message whose last field, `name`, is an array of `count` metric rows; one at a time. */
  rows(head: MessageHead, name: string, count: number): RowWriter;
  /** One array with the items of all, in order: a frame of frames, or a value of values that are arrays. */
  join(frames: readonly Uint8Array[]): Uint8Array;
  /** What a client sent. Throws when it is not valid. */
  decode(data: Uint8Array): unknown;
}

/** Fields of a message that are numbers, booleans or short ASCII words. */
export type MessageHead = Readonly<Record<string, string | number | boolean>>;

export interface RowWriter {
  row(sid: number, time: number, value: number, count: number, min: number, max: number): void;
  /** The message. */
  finish(): Uint8Array;
}
