const slabBytes = 64 * 1024;

/** Writes MessagePack straight into a large buffer: what is sent a million times a second makes no objects on its way. */
export class MsgpackWriter {
  readonly #shared: boolean;
  #bytes = Buffer.allocUnsafeSlow(slabBytes);
  #view = new DataView(this.#bytes.buffer);
  #from = 0;
  #at = 0;

  /** `shared`: what it returns is not copied, and keeps its whole slab alive. For what is gone soon. */
  constructor({ shared = false }: { readonly shared?: boolean } = {}) {
    this.#shared = shared;
  }

  arrayHeader(length: number): void {
    this.#reserve(5);
    if (length < 16) this.#bytes[this.#at++] = 0x90 | length;
    else this.#sized(0xdc, 0xdd, length);
  }

  /** A map of at most 15 entries. */
  mapHeader(length: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = 0x80 | length;
  }

  /** An ASCII text of at most 31 characters. */
  word(text: string): void {
    this.#reserve(1 + text.length);
    this.#bytes[this.#at++] = 0xa0 | text.length;
    for (let i = 0; i < text.length; i++) this.#bytes[this.#at++] = text.charCodeAt(i);
  }

  boolean(value: boolean): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value ? 0xc3 : 0xc2;
  }

  number(value: number): void {
    this.#reserve(9);
    if (value >= 0 && value <= 0xffffffff && Math.trunc(value) === value) this.#unsigned(value);
    else this.#float(value);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** What was written since the last time. */
  finish(): Buffer {
    const written = this.#bytes.subarray(this.#from, this.#at);
    if (this.#shared) {
      this.#from = this.#at;
      return written;
    }
    this.#at = this.#from;
    const copy = Buffer.allocUnsafe(written.length);
    written.copy(copy);
    return copy;
  }

  #unsigned(value: number): void {
    if (value < 0x80) this.#bytes[this.#at++] = value;
    else this.#sized(0xcd, 0xce, value);
  }

  #sized(tag16: number, tag32: number, value: number): void {
    if (value < 0x10000) {
      this.#bytes[this.#at] = tag16;
      this.#view.setUint16(this.#at + 1, value);
      this.#at += 3;
      return;
    }
    this.#bytes[this.#at] = tag32;
    this.#view.setUint32(this.#at + 1, value);
    this.#at += 5;
  }

  #float(value: number): void {
    this.#bytes[this.#at] = 0xcb;
    this.#view.setFloat64(this.#at + 1, value);
    this.#at += 9;
  }

  /** Moves what is unfinished to a new slab when this one is full. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const unfinished = this.#bytes.subarray(this.#from, this.#at);
    const slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, (unfinished.length + bytes) * 2));
    unfinished.copy(slab);
    this.#bytes = slab;
    this.#view = new DataView(slab.buffer);
    this.#from = 0;
    this.#at = unfinished.length;
  }
}
