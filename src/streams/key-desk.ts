import type { AlertRecord } from '../model/alert.js';
import type { LifecycleAnswer, LifecycleInput } from '../model/decision/index.js';
import type { TocsinError } from '../model/errors.js';
import type { StoredEvent } from '../model/event.js';
import type { AdmissionToken } from './admission.js';
import type { LogAppend } from './ports.js';

/** An input and who waits for its outcome. */
export interface Asked {
  readonly input: LifecycleInput;
  reply?(outcome: Outcome): void;
}

export type Outcome =
  | { readonly ok: true; readonly answer: LifecycleAnswer }
  | { readonly ok: false; readonly error: TocsinError };

/** A transition on its way to the log. */
export interface Write {
  readonly asked: Asked;
  readonly event: StoredEvent;
  readonly answer: LifecycleAnswer;
  readonly entry: LogAppend;
  readonly token: AdmissionToken | undefined;
  /** How often it lost against another writer. */
  readonly conflicts: number;
}

/** What lifecycle knows of one key, and what waits while a write of that key is in flight. */
export class KeyDesk {
  record: AlertRecord | undefined = undefined;
  /** The alert of which `record` is a copy under the same key: something that happened once, and again. */
  first: AlertRecord | undefined = undefined;
  /** Sequence of the last event of this key, 0 when there is none. */
  seq = 0;
  busy = false;
  readonly waiting: Asked[] = [];
  /** Transitions that the log has refused, in order; the record includes them. */
  readonly unrecorded: Write[] = [];
  /** Copies that were answered but not yet written. */
  copies = 0;
  /** The newest of them, when it may say something new. */
  lastCopy: AlertRecord | undefined = undefined;
  lastCopyAt = Number.NEGATIVE_INFINITY;

  readonly keyHash: string;

  constructor(keyHash: string) {
    this.keyHash = keyHash;
  }

  /** The alert of this key that has the id, while it can still change. */
  recordOf(id: string): AlertRecord | undefined {
    return this.first?.id === id ? this.first : this.record;
  }

  get isIdle(): boolean {
    return !this.busy && this.waiting.length === 0 && this.copies === 0 && this.unrecorded.length === 0;
  }
}
