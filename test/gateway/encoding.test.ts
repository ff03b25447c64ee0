import fc from 'fast-check';
import { unpack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { encodings } from '../../src/gateway/encodings.js';
import type { ServerMessage } from '../../src/model/wire.js';
import { propertyRuns } from '../support/property.js';

const number = fc
  .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.nat(300))
  .map((n) => n + 0);
const row = fc.tuple(fc.nat(0xffff_ffff), number, number, fc.nat(), number, number);
// The plain decoder reads the key `__proto__` under another name.
const key = fc.string({ minLength: 1 }).filter((name) => name !== '__proto__');
const message = fc.record({
  op: fc.constant('ok' as const),
  ref: fc.nat(),
  result: fc.oneof(fc.string(), number, fc.dictionary(key, fc.string())),
});

for (const encoding of Object.values(encodings)) {
  // Read back by a plain decoder, as somebody else's client would.
  const read = (frame: Uint8Array): unknown =>
    encoding.binary ? unpack(frame as Buffer) : JSON.parse(Buffer.from(frame).toString());

  describe(`encoding ${encoding.name}`, () => {
    it('makes every message a frame, and a frame is an array', () => {
      const property = fc.property(message, (given) => {
        expect(read(encoding.message(given as ServerMessage))).toEqual([JSON.parse(JSON.stringify(given))]);
      });
      fc.assert(property, { numRuns: propertyRuns() });
    });

    it('joins frames into one with all messages in order', () => {
      const property = fc.property(fc.array(message, { maxLength: 40 }), (given) => {
        const frames = given.map((each) => encoding.message(each as ServerMessage));
        expect(read(encoding.join(frames))).toEqual(JSON.parse(JSON.stringify(given)));
      });
      fc.assert(property, { numRuns: propertyRuns() });
    });

    it('sends the very same bytes on when a frame holds one message', () => {
      const frame = encoding.message({ op: 'ok', ref: 1, result: {} });
      expect(encoding.join([frame])).toBe(frame);
    });

    it('writes rows that read back as they were', () => {
      const property = fc.property(fc.array(row, { maxLength: 70 }), fc.nat(0xffff_ffff), (rows, id) => {
        const writer = encoding.rows({ op: 'metrics', id }, 'rows', rows.length);
        for (const each of rows) writer.row(...each);
        expect(read(writer.finish())).toEqual([{ op: 'metrics', id, rows }]);
      });
      fc.assert(property, { numRuns: propertyRuns() });
    });

    it('puts an encoded value into a message beside its other fields', () => {
      const event = encoding.value({ title: 'grüße ✓', seq: 7 });
      const frame = encoding.around({ op: 'alert', id: 3, seq: 2 ** 40 }, 'event', event);
      expect(read(frame)).toEqual([{ op: 'alert', id: 3, seq: 2 ** 40, event: { title: 'grüße ✓', seq: 7 } }]);
    });

    it('keeps what it returned when more is encoded', () => {
      const rowsOf = (id: number) => {
        const writer = encoding.rows({ op: 'metrics', id }, 'rows', 1);
        writer.row(id, 1.5, 2.5, 3, 4.5, 5.5);
        return writer.finish();
      };
      const returned = Array.from({ length: 5_000 }, (_, id) => rowsOf(id));
      for (const [id, frame] of returned.entries()) {
        expect(read(frame)).toEqual([{ op: 'metrics', id, rows: [[id, 1.5, 2.5, 3, 4.5, 5.5]] }]);
      }
    });

    it('grows with what it has to write', () => {
      const writer = encoding.rows({ op: 'metrics', id: 1 }, 'rows', 70_000);
      for (let sid = 0; sid < 70_000; sid++) writer.row(sid, 1, 2, 3, 4, 5);
      const [metrics] = read(writer.finish()) as [{ rows: unknown[] }];
      expect(metrics.rows).toHaveLength(70_000);
      expect(metrics.rows[69_999]).toEqual([69_999, 1, 2, 3, 4, 5]);
    });

    it('F7 throws nothing but errors at garbage', () => {
      const property = fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          encoding.decode(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      });
      fc.assert(property, { numRuns: propertyRuns() });
    });
  });
}

describe('MessagePack from a client', () => {
  it('F7 may not point at what was read before, which makes a few bytes a tree of millions of values', () => {
    const marked = (id: number, body: readonly number[]) => [0xd6, 0x69, 0, 0, 0, id, ...body];
    const pointer = (id: number) => [0xd6, 0x70, 0, 0, 0, id];
    const list = (items: readonly (readonly number[])[]) => [0x90 | items.length, ...items.flat()];
    const eight = (item: readonly number[]) => list(Array(8).fill(item));
    const levels = [1, 2, 3, 4, 5, 6].map((id) => marked(id, eight(id === 1 ? [0xc0] : pointer(id - 1))));
    const { decode } = encodings['tocsin.v1.msgpack'];
    expect(() => decode(Buffer.from(list(levels)))).toThrow();
    expect(decode(Buffer.from(eight(eight([0xc0]))))).toEqual(Array(8).fill(Array(8).fill(null)));
  });
});
