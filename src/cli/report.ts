import { renderProblems } from '../config/index.js';
import type { ExitStatus } from './exit-status.js';
import { describeFailure, type Failure } from './failure.js';
import { type Io, paint } from './io.js';

/** Says on stderr what went wrong and what to do about it, for a person or as one JSON object; returns the exit status. */
export function reportError(error: unknown, io: Io, json: boolean): ExitStatus {
  const { status, ...failure } = describeFailure(error);
  if (json) io.err(JSON.stringify({ error: failure }));
  else for (const line of failureLines(failure, io.color.err)) io.err(line);
  return status;
}

function failureLines(failure: Omit<Failure, 'status'>, color: boolean): string[] {
  if (failure.problems !== undefined) return renderProblems(failure.problems, { color }).split('\n');
  const { code, message, allowed, advice } = failure;
  const hints = allowed === undefined ? advice : [`allowed: ${allowed}`, ...advice];
  return [`${paint(code, 'red', color)}  ${message}`, ...hints.map((line) => `   ${line}`)];
}
