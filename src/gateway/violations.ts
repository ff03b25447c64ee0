import type { ErrorCode } from '../model/errors.js';

/** Errors that a correct client never causes. */
const violating: ReadonlySet<ErrorCode> = new Set([
  'bad_message',
  'op_unknown',
  'topic_unknown',
  'field_missing',
  'field_invalid',
  'filter_invalid',
]);
const max = 10;
const forgetMs = 60_000;

/** Counts a client's malformed messages; a minute without one forgives all. */
export class Violations {
  #count = 0;
  #last = Number.NEGATIVE_INFINITY;

  /** Returns `true` when it is one too many. */
  add(now: number): boolean {
    this.#count = now - this.#last > forgetMs ? 1 : this.#count + 1;
    this.#last = now;
    return this.#count >= max;
  }
}

export function isViolation(code: ErrorCode): boolean {
  return violating.has(code);
}
