import type { ErrorCode } from '../model/errors.js';

/** Why a part of an input cannot be used. Returned, not thrown: a stack trace for each would let a flood of them hurt. */
export class InputProblem {
  readonly code: ErrorCode;
  /** For a person. */
  readonly reason: string;
  readonly field: string | undefined;

  constructor(code: ErrorCode, reason: string, field?: string) {
    this.code = code;
    this.reason = reason;
    this.field = field;
  }
}
