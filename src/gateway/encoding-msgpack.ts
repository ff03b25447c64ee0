import { Packr, Unpackr } from 'msgpackr';
import type { Encoding, RowWriter } from './encoding.js';
import { MsgpackWriter } from './msgpack-writer.js';

const packr = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });
const writer = new MsgpackWriter();
/** Apart from `writer`, since rows end up inside messages. Encoding is synchronous: one set of rows at a time. */
const rowsWriter = new MsgpackWriter();

export const msgpackEncoding: Encoding = {
  name: 'tocsin.v1.msgpack',
  binary: true,
  message: (message) => packr.pack([message]),
  value: (value) => packr.pack(value),
  around(head, name, value) {
    const fields = Object.entries(head);
    writer.arrayHeader(1);
    writer.mapHeader(fields.length + 1);
    for (const field of fields) writeField(...field);
    writer.word(name);
    writer.raw(value);
    return writer.finish();
  },
  rows(count) {
    rowsWriter.arrayHeader(count);
    return msgpackRows;
  },
  join,
  decode: (data) => unpackr.unpack(data as Buffer),
};

function writeField(name: string, value: string | number | boolean): void {
  writer.word(name);
  if (typeof value === 'string') writer.word(value);
  else if (typeof value === 'number') writer.number(value);
  else writer.boolean(value);
}

const msgpackRows: RowWriter = {
  row(sid, time, value, count, min, max) {
    rowsWriter.arrayHeader(6);
    rowsWriter.number(sid);
    rowsWriter.number(time);
    rowsWriter.number(value);
    rowsWriter.number(count);
    rowsWriter.number(min);
    rowsWriter.number(max);
  },
  finish: () => rowsWriter.finish(),
};

function join(frames: readonly Uint8Array[]): Uint8Array {
  if (frames.length === 1) return frames[0]!;
  writer.arrayHeader(frames.length);
  // Each frame is an array of one: its first byte is that array's header.
  for (const frame of frames) writer.raw(frame.subarray(1));
  return writer.finish();
}
