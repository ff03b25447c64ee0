import { Unpackr } from 'msgpackr';
import { TocsinError } from '../model/errors.js';
import { isPlainMessagePack } from '../model/plain-messagepack.js';

/** How a body is read when no `Content-Type` decides. */
export type Codec = 'auto' | 'json' | 'msgpack';
type KnownCodec = Exclude<Codec, 'auto'>;

const contentTypes: Readonly<Record<string, KnownCodec>> = {
  'application/json': 'json',
  'text/json': 'json',
  'application/msgpack': 'msgpack',
  'application/x-msgpack': 'msgpack',
  'application/vnd.msgpack': 'msgpack',
};

// One reader for all messages: it keeps nothing between them. 64-bit integers must arrive as numbers, not bigint.
const messagePack = new Unpackr({
  useRecords: false,
  structuredClone: false,
  mapsAsObjects: true,
  int64AsType: 'number',
});

/**
 * Parses a body: `contentType` decides, else `codec`, else the first byte.
 * Throws `codec_unknown` or `parse_failed`.
 */
export function decodeBody(data: Uint8Array, contentType: string | undefined, codec: Codec): unknown {
  const known = contentType === undefined ? codec : codecOf(contentType);
  try {
    return (known === 'auto' ? sniff(data) : known) === 'json' ? parseJson(data) : parseMessagePack(data);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new TocsinError('parse_failed', `the body cannot be parsed: ${detail.slice(0, 200)}`);
  }
}

/** Beginning of a body as text for people, at most `maxChars`. */
export function bodyExcerpt(data: Uint8Array, maxChars = 200): string {
  return asBuffer(data)
    .toString('utf8', 0, maxChars * 4)
    .slice(0, maxChars);
}

function codecOf(contentType: string): KnownCodec {
  const mime = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (Object.hasOwn(contentTypes, mime)) return contentTypes[mime]!;
  throw new TocsinError('codec_unknown', `content type "${mime.slice(0, 100)}" names no known codec`, {
    field: 'Content-Type',
    value: mime,
    allowed: Object.keys(contentTypes).join(', '),
  });
}

// JSON text starts with ASCII; every MessagePack map, array, float and wide integer with a byte above it.
function sniff(data: Uint8Array): KnownCodec {
  return data.length > 0 && data[0]! >= 0x80 ? 'msgpack' : 'json';
}

function parseJson(data: Uint8Array): unknown {
  return JSON.parse(asBuffer(data).toString('utf8'));
}

/** Only trees: whoever walks what was decoded takes no more steps than the body has bytes. */
function parseMessagePack(data: Uint8Array): unknown {
  if (!isPlainMessagePack(data)) throw new Error('not one whole MessagePack value without extensions');
  return messagePack.unpack(data);
}

function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
