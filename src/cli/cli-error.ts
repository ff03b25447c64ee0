import type { ErrorCode } from '../model/errors.js';
import type { ExitStatus } from './exit-status.js';

/** A failure that only the command line knows, with what to do about it. */
export class CliError extends Error {
  readonly code: ErrorCode;
  readonly status: ExitStatus;
  readonly advice: readonly string[];

  constructor(code: ErrorCode, status: ExitStatus, message: string, advice: readonly string[] = []) {
    super(message);
    this.name = 'CliError';
    this.code = code;
    this.status = status;
    this.advice = advice;
  }
}
