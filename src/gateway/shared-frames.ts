import type { Encoding } from './encoding.js';

/** One thing to tell many clients: framed once for each subprotocol and subscription id, and these are mostly the same. */
export class SharedFrames {
  readonly #make: (encoding: Encoding, id: number) => Uint8Array;
  #first: { readonly encoding: Encoding; readonly id: number; readonly frame: Uint8Array } | undefined;
  #others: Map<string, Uint8Array> | undefined;

  constructor(make: (encoding: Encoding, id: number) => Uint8Array) {
    this.#make = make;
  }

  for(encoding: Encoding, id: number): Uint8Array {
    this.#first ??= { encoding, id, frame: this.#make(encoding, id) };
    if (this.#first.encoding === encoding && this.#first.id === id) return this.#first.frame;
    this.#others ??= new Map();
    const key = `${encoding.name} ${id}`;
    let frame = this.#others.get(key);
    if (frame === undefined) {
      frame = this.#make(encoding, id);
      this.#others.set(key, frame);
    }
    return frame;
  }
}

/** `value` by itself, encoded once for each subprotocol. */
export function encodedOnce(value: unknown): (encoding: Encoding) => Uint8Array {
  const kept = new Map<Encoding, Uint8Array>();
  return (encoding) => {
    let encoded = kept.get(encoding);
    if (encoded === undefined) {
      encoded = encoding.value(value);
      kept.set(encoding, encoded);
    }
    return encoded;
  };
}
