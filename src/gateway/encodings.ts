import type { Subprotocol } from '../model/wire.js';
import type { Encoding } from './encoding.js';
import { jsonEncoding } from './encoding-json.js';
import { msgpackEncoding } from './encoding-msgpack.js';

/** What a client is spoken to in that offered nothing: any terminal client can read it. */
export const defaultSubprotocol: Subprotocol = 'tocsin.v1.json';

export const encodings: Readonly<Record<Subprotocol, Encoding>> = {
  'tocsin.v1.json': jsonEncoding,
  'tocsin.v1.msgpack': msgpackEncoding,
};
