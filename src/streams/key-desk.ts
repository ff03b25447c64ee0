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

const none: readonly never[] = [];

/**
 * What lifecycle knows of one key, and what waits while a write of that key is in flight. There is one for each open
 * alert: lists are made when there is something for them, and given up when there is not.
 */
export class KeyDesk {
  record: AlertRecord | undefined = undefined;
  /** The alert of which `record` is a copy under the same key: something that happened once, and again. */
  first: AlertRecord | undefined = undefined;
  /** Sequence of the last event of this key, 0 when there is none. */
  seq = 0;
  busy = false;
  #waiting: Asked[] | undefined = undefined;
  /** Transitions that the log has refused, in order; the record includes them. */
  unrecorded: readonly Write[] = none;
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

  /** Whether inputs wait for their turn. */
  get hasWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  waitLast(asked: Asked): void {
    this.#waiting ??= [];
    this.#waiting.push(asked);
  }

  waitFirst(asked: readonly Asked[]): void {
    if (asked.length > 0) this.#waiting = [...asked, ...(this.#waiting ?? none)];
  }

  /** The input that waited first; there must be one. */
  takeWaiting(): Asked {
    const first = this.#waiting!.shift()!;
    if (this.#waiting!.length === 0) this.#waiting = undefined;
    return first;
  }

  get isIdle(): boolean {
    return !this.busy && !this.hasWaiting && this.copies === 0 && this.unrecorded.length === 0;
  }
}
