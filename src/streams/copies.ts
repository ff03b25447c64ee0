import type { SchedulerLike } from 'rxjs';
import { type AlertRecord, alertIdKeyHash, isOpen } from '../model/alert.js';
import type { CountInput } from '../model/decision/index.js';
import type { StoredEvent } from '../model/event.js';
import type { Desks } from './desks.js';
import type { Asked, KeyDesk } from './key-desk.js';

export interface CopiesDeps {
  readonly desks: Desks;
  readonly scheduler: SchedulerLike;
  readonly later: (action: () => void, delayMs: number) => void;
  readonly submit: (asked: Asked) => void;
}

/** Copies of one key that nobody is notified of are written at most this often. */
const foldMs = 1_000;

/** Copies that only add to the count of an alert: many become one write. */
export class Copies {
  readonly #deps: CopiesDeps;

  constructor(deps: CopiesDeps) {
    this.#deps = deps;
  }

  /** Whether this copy only adds to a count that is written a little later. */
  fold(desk: KeyDesk, copy: AlertRecord): boolean {
    const now = this.#deps.scheduler.now();
    if (now - desk.lastCopyAt >= foldMs) {
      desk.lastCopyAt = now;
      return false;
    }
    desk.lastCopy = copy;
    this.#add(desk, desk.lastCopyAt + foldMs - now);
    return true;
  }

  /** A copy under another key, or of something that is over, is counted on the alert that was first. */
  countOn(firstId: string): void {
    const desk = this.#deps.desks.find(alertIdKeyHash(firstId));
    if (desk?.recordOf(firstId)?.id === firstId) this.#add(desk, foldMs);
  }

  /** Nothing waits any longer. */
  writeAll(): void {
    for (const desk of this.#deps.desks.withCopies()) this.#write(desk);
  }

  #add(desk: KeyDesk, delayMs: number): void {
    if (desk.copies++ > 0) return;
    this.#deps.later(() => this.#write(desk), delayMs);
  }

  #write(desk: KeyDesk): void {
    const asked = this.take(desk);
    if (asked !== undefined) this.#deps.submit(asked);
  }

  /** What waits is of an alert that is about to make room for another one under its key. */
  isOvertaken(desk: KeyDesk, { type, alert }: StoredEvent): boolean {
    const counted = desk.first ?? desk.record;
    return desk.copies > 0 && type === 'opened' && alert.admission.duplicateOf !== counted?.id;
  }

  /** What is to be written of the copies that wait. */
  take(desk: KeyDesk): Asked | undefined {
    const { copies, lastCopy } = desk;
    const record = desk.first ?? desk.record;
    desk.copies = 0;
    desk.lastCopy = undefined;
    desk.lastCopyAt = this.#deps.scheduler.now();
    if (record === undefined || copies === 0) return undefined;
    const says = lastCopy?.id === record.id ? { says: contentOf(lastCopy) } : {};
    return { input: { kind: 'count', key: record.key, id: record.id, copies, ...says } };
  }
}

const copyTypes: ReadonlySet<string> = new Set(['updated', 'duplicate', 'rate_limited']);
const copyReasons: ReadonlySet<string> = new Set(['duplicate', 'rate_limited', 'raised_again']);

/** A copy of something open that nobody is notified of changes its count, and what it says. */
export function isCopy({ type, reason, notify, alert }: StoredEvent): boolean {
  return copyTypes.has(type) && notify === undefined && copyReasons.has(reason) && isOpen(alert);
}

function contentOf(alert: AlertRecord): NonNullable<CountInput['says']> {
  const { title, message, data, labels, tags, source, resolveAfterMs, expiresAt } = alert;
  const end = {
    ...(resolveAfterMs !== undefined && { resolveAfterMs }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  return { title, message, data, labels, tags, source, ...end };
}
