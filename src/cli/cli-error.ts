import type { ExitStatus } from './exit-status.js';

/** A failure that only the command line knows, with what to do about it. */
export class CliError extends Error {
  readonly code: string;
  readonly status: ExitStatus;
  readonly advice: readonly string[];

  constructor(code: string, status: ExitStatus, message: string, advice: readonly string[] = []) {
    super(message);
    this.name = 'CliError';
    this.code = code;
    this.status = status;
    this.advice = advice;
  }
}
