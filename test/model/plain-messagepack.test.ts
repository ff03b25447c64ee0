import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { isPlainMessagePack } from '../../src/model/plain-messagepack.js';
import { propertyRuns } from '../support/property.js';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const bytes = (...values: number[]) => Uint8Array.from(values);

describe('plain MessagePack', () => {
  it('is what every encoder makes of maps, lists, texts, binaries, numbers and times', () => {
    const wide = [
      'x'.repeat(40),
      'x'.repeat(300),
      'x'.repeat(70_000),
      Array(20).fill(1),
      Array(70_000).fill(null),
      Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i])),
      Buffer.alloc(10),
      Buffer.alloc(300),
      Buffer.alloc(70_000),
      [2 ** 40, -(2 ** 40), 1.5, 200, -200, 70_000, -70_000, 2n ** 60n],
      { absent: undefined },
      [new Date(0), new Date(1_700_000_000_123), new Date(1e14)],
    ];
    for (const value of wide) expect(isPlainMessagePack(packr.pack(value))).toBe(true);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isPlainMessagePack(packr.pack(value))).toBe(true);
      }),
      { numRuns: propertyRuns() },
    );
  });

  it.each([
    ['nothing', bytes()],
    ['a value that is cut off', bytes(0x92, 0x01)],
    ['a length that is cut off', bytes(0xdd, 0xff)],
    ['a list that claims more than there is', bytes(0xdd, 0xff, 0xff, 0xff, 0xff, 0x01)],
    ['two values', bytes(0x01, 0x02)],
    ['the byte that is never used', bytes(0xc1)],
    ['a pointer to another value', bytes(0xd6, 0x70, 0, 0, 0, 1)],
    ['a value with an id', bytes(0xd6, 0x69, 0, 0, 0, 1, 0x90)],
    ['a record', bytes(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01)],
    ['bundled texts', bytes(0xc7, 0x04, 0x62, 0, 0, 0, 0)],
    ['an extension with a long length', bytes(0xc9, 0, 0, 0, 1, 0x42, 1)],
  ])('is not %s', (_, data) => {
    expect(isPlainMessagePack(data)).toBe(false);
  });
});
