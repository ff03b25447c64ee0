/** Writes MessagePack straight into a growing buffer: what is sent a million times a second makes no objects on its way. */
export class MsgpackWriter {
  #bytes = Buffer.allocUnsafeSlow(16 * 1024);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

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

  /** A copy of what was written; the writer starts again. */
  finish(): Buffer {
    const written = Buffer.allocUnsafe(this.#at);
    this.#bytes.copy(written, 0, 0, this.#at);
    this.#at = 0;
    return written;
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

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + bytes));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
