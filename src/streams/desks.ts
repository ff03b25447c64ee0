import type { AlertRecord } from '../model/alert.js';
import { isOpen } from '../model/alert.js';
import { KeyDesk } from './key-desk.js';

/** Closed keys that are remembered; the event log knows the others. */
const rememberedClosed = 20_000;

/** All keys that lifecycle works on: every open one, and the most recently closed. */
export class Desks {
  readonly #byHash = new Map<string, KeyDesk>();
  /** In order of closing. */
  readonly #closed = new Set<KeyDesk>();

  at(keyHash: string): KeyDesk {
    let desk = this.#byHash.get(keyHash);
    if (desk === undefined) {
      desk = new KeyDesk(keyHash);
      this.#byHash.set(keyHash, desk);
    }
    return desk;
  }

  find(keyHash: string): KeyDesk | undefined {
    return this.#byHash.get(keyHash);
  }

  /** Takes over what the log says; an older state than the known one is ignored. */
  store(desk: KeyDesk, record: AlertRecord, seq: number): void {
    if (seq <= desk.seq) return;
    desk.first = firstOf(desk, record);
    desk.record = record;
    desk.seq = seq;
    this.#closed.delete(desk);
    if (!isOpen(record)) this.#closed.add(desk);
    if (this.#closed.size > rememberedClosed) this.#forgetOldest();
  }

  /** A desk at which nothing was ever stored need not stay. */
  release(desk: KeyDesk): void {
    if (desk.record === undefined && desk.isIdle) this.#byHash.delete(desk.keyHash);
  }

  /** Those at which copies wait to be written. */
  withCopies(): KeyDesk[] {
    return [...this.#byHash.values()].filter((desk) => desk.copies > 0);
  }

  #forgetOldest(): void {
    for (const desk of this.#closed) {
      if (!desk.isIdle) continue;
      this.#closed.delete(desk);
      this.#byHash.delete(desk.keyHash);
      return;
    }
  }
}

/** A copy of what is over stands on top of it, under the same key; the count of the first one still grows. */
function firstOf({ first, record: last }: KeyDesk, { admission }: AlertRecord): AlertRecord | undefined {
  if (admission.verdict !== 'duplicate') return undefined;
  return last?.id === admission.duplicateOf ? last : first;
}
