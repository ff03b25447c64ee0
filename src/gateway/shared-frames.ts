import type { Encoding } from './encoding.js';

/** One thing to tell many clients: encoded once for each subprotocol, framed once for each subscription id. */
export class SharedFrames {
  readonly #encode: (encoding: Encoding) => Uint8Array;
  readonly #frame: (encoding: Encoding, id: number, encoded: Uint8Array) => Uint8Array;
  readonly #kept = new Map<Encoding, { readonly encoded: Uint8Array; readonly frames: Map<number, Uint8Array> }>();

  constructor(
    encode: (encoding: Encoding) => Uint8Array,
    frame: (encoding: Encoding, id: number, encoded: Uint8Array) => Uint8Array,
  ) {
    this.#encode = encode;
    this.#frame = frame;
  }

  for(encoding: Encoding, id: number): Uint8Array {
    let kept = this.#kept.get(encoding);
    if (kept === undefined) {
      kept = { encoded: this.#encode(encoding), frames: new Map() };
      this.#kept.set(encoding, kept);
    }
    let frame = kept.frames.get(id);
    if (frame === undefined) {
      frame = this.#frame(encoding, id, kept.encoded);
      kept.frames.set(id, frame);
    }
    return frame;
  }
}
