import { Packr, Unpackr } from 'msgpackr';
import type { Encoding, MessageHead, RowWriter } from './encoding.js';
import { MsgpackWriter } from './msgpack-writer.js';

const packr = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true });
/** No pointers into what was read before: a few bytes of them stand for a tree of millions of values. */
const unpackr = new Unpackr({
  useRecords: false,
  mapsAsObjects: true,
  int64AsType: 'number',
  structuredClone: false,
});
const writer = new MsgpackWriter();
/** Rows are written to the socket in the same breath, so their frames may share large pieces of memory. */
const rowsWriter = new MsgpackWriter({ shared: true });

export const msgpackEncoding: Encoding = {
  name: 'tocsin.v1.msgpack',
  binary: true,
  message: (message) => packr.pack([message]),
  value: (value) => packr.pack(value),
  around(head, name, value) {
    open(writer, head, name);
    writer.raw(value);
    return writer.finish();
  },
  rows(head, name, count) {
    open(rowsWriter, head, name);
    rowsWriter.arrayHeader(count);
    return msgpackRows;
  },
  join,
  decode: (data) => unpackr.unpack(data as Buffer),
};

/** A message up to the value of its last field. */
function open(out: MsgpackWriter, head: MessageHead, last: string): void {
  const names = Object.keys(head);
  out.arrayHeader(1);
  out.mapHeader(names.length + 1);
  for (const name of names) {
    const value = head[name]!;
    out.word(name);
    if (typeof value === 'string') out.word(value);
    else if (typeof value === 'number') out.number(value);
    else out.boolean(value);
  }
  out.word(last);
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
