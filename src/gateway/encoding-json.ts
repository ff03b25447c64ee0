import type { ServerMessage } from '../model/wire.js';
import type { Encoding, MessageHead, RowWriter } from './encoding.js';

const comma = 0x2c;

export const jsonEncoding: Encoding = {
  name: 'tocsin.v1.json',
  binary: false,
  message: (message: ServerMessage) => Buffer.from(`[${JSON.stringify(message)}]`),
  value: (value) => Buffer.from(JSON.stringify(value)),
  rows: (head, name) => new JsonRows(opening(head, name)),
  around: (head, name, value) => between(opening(head, name), value, '}]'),
  join,
  decode: (data) => JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8')),
};

class JsonRows implements RowWriter {
  #text: string;
  #separator = '';

  constructor(opening: string) {
    this.#text = `${opening}[`;
  }

  row(sid: number, time: number, value: number, count: number, min: number, max: number): void {
    this.#text += `${this.#separator}[${sid},${time},${value},${count},${min},${max}]`;
    this.#separator = ',';
  }

  finish(): Uint8Array {
    return Buffer.from(`${this.#text}]}]`, 'latin1');
  }
}

/** A message up to the value of its last field. */
function opening(head: MessageHead, name: string): string {
  return `[${JSON.stringify(head).slice(0, -1)},"${name}":`;
}

function between(head: string, middle: Uint8Array, tail: string): Uint8Array {
  const whole = Buffer.allocUnsafe(head.length + middle.length + tail.length);
  whole.write(head, 'latin1');
  whole.set(middle, head.length);
  whole.write(tail, head.length + middle.length, 'latin1');
  return whole;
}

function join(frames: readonly Uint8Array[]): Uint8Array {
  if (frames.length === 0) return Buffer.from('[]');
  if (frames.length === 1) return frames[0]!;
  // The closing bracket of each becomes a comma, all but the first lose their opening one.
  const length = frames.reduce((sum, frame) => sum + frame.length - 1, 1);
  const whole = Buffer.allocUnsafe(length);
  whole[0] = 0x5b;
  let at = 1;
  for (const frame of frames) {
    whole.set(frame.subarray(1), at);
    at += frame.length - 1;
    whole[at - 1] = comma;
  }
  whole[at - 1] = 0x5d;
  return whole;
}
