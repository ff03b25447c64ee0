import type { AlertRecord } from '../model/alert.js';
import type { LifecycleAnswer, LifecycleInput } from '../model/decision/index.js';
import type { TocsinError } from '../model/errors.js';

/** An input and who waits for its outcome. */
export interface Asked {
  readonly input: LifecycleInput;
  reply?(outcome: Outcome): void;
}

export type Outcome =
  | { readonly ok: true; readonly answer: LifecycleAnswer }
  | { readonly ok: false; readonly error: TocsinError };

/** What lifecycle knows of one key, and what waits while a write of that key is in flight. */
export class KeyDesk {
  record: AlertRecord | undefined = undefined;
  /** Sequence of the last event of this key, 0 when there is none. */
  seq = 0;
  busy = false;
  readonly waiting: Asked[] = [];
  /** Copies that were answered but not yet written. */
  copies = 0;
  lastCopyAt = Number.NEGATIVE_INFINITY;

  readonly keyHash: string;

  constructor(keyHash: string) {
    this.keyHash = keyHash;
  }

  get isIdle(): boolean {
    return !this.busy && this.waiting.length === 0 && this.copies === 0;
  }
}
