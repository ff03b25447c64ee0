/** Bytes that follow the type byte, for types whose size is fixed: nil and booleans, floats, integers. */
const fixedBytes: Readonly<Record<number, number>> = {
  ...{ 192: 0, 194: 0, 195: 0, 202: 4, 203: 8 },
  ...{ 204: 1, 205: 2, 206: 4, 207: 8, 208: 1, 209: 2, 210: 4, 211: 8 },
};
/** Bytes of the length that follows the type byte: binaries and texts, extensions, arrays, maps. */
const lengthBytes: Readonly<Record<number, number>> = {
  ...{ 196: 1, 197: 2, 198: 4, 217: 1, 218: 2, 219: 4 },
  ...{ 199: 1, 200: 2, 201: 4, 220: 2, 221: 4, 222: 2, 223: 4 },
};
/** Timestamp, and what JavaScript encoders write for `undefined`. */
const harmless: readonly (number | undefined)[] = [0xff, 0x00];

/**
 * Whether the bytes are one MessagePack value with no extension but timestamps, so that decoding them makes a tree of no
 * more values than there are bytes. Extensions of libraries can name a value again and again, and a short message of
 * them stands for one of any size. Takes at most a step a byte.
 */
export function isPlainMessagePack(data: Uint8Array): boolean {
  let at = 0;
  for (let open = 1; open > 0; open--) {
    const type = data[at++];
    if (type === undefined) return false;
    if (type < 0x80 || type >= 0xe0) continue;
    if (type < 0x90) open += 2 * (type & 0x0f);
    else if (type < 0xa0) open += type & 0x0f;
    else if (type < 0xc0) at += type & 0x1f;
    else if (fixedBytes[type] !== undefined) at += fixedBytes[type];
    else if (type >= 0xd4 && type <= 0xd8) {
      if (!harmless.includes(data[at])) return false;
      at += 1 + 2 ** (type - 0xd4);
    } else {
      const size = lengthBytes[type];
      if (size === undefined) return false;
      const length = readLength(data, at, size);
      at += size;
      if (type >= 0xde) open += 2 * length;
      else if (type >= 0xdc) open += length;
      else if (type < 0xc7 || type > 0xc9) at += length;
      else if (harmless.includes(data[at])) at += 1 + length;
      else return false;
    }
  }
  return at === data.length;
}

/** Big-endian; what lies beyond the end counts as 0. */
function readLength(data: Uint8Array, at: number, size: number): number {
  let length = 0;
  for (let i = 0; i < size; i++) length = length * 256 + (data[at + i] ?? 0);
  return length;
}
