import { TocsinError, toWireError } from '../../model/errors.js';
import type { DriverCounters } from './counters.js';

/** The answer, or, when the bus would not carry it, one that says so; counted. What was asked for is done all the same. */
export function fittingAnswer(answer: Uint8Array, maxBytes: number, counters: DriverCounters): Uint8Array {
  if (answer.length <= maxBytes) return answer;
  counters.answers_failed++;
  const message = `the message was taken, but its answer has ${answer.length} bytes, ${maxBytes} are allowed`;
  const refusal = { ok: false, error: toWireError(new TocsinError('too_large', message)) };
  return new TextEncoder().encode(JSON.stringify(refusal));
}
