import { filter, map, type OperatorFunction } from 'rxjs';
import type { Rejection, Sample } from '../model/sample.js';
import { type Decoded, type SampleDecoder, sampleAnswer } from './decode.js';
import type { BusMessage } from './ports.js';
import type { Stats } from './stats.js';

export interface IntakeDeps {
  readonly decoder: SampleDecoder;
  readonly stats: Stats;
  readonly reject: (rejection: Rejection) => void;
}

/**
 * Messages become samples, one emission a message. What cannot be used is counted and reported, the rest goes on; a
 * message that was sent as a request is answered with what was accepted.
 */
export function intake(deps: IntakeDeps): OperatorFunction<BusMessage, readonly Sample[]> {
  const { decoder } = deps;
  const encoder = new TextEncoder();
  return (messages) =>
    messages.pipe(
      map((message) => {
        const decoded = decoder.decode(message);
        note(decoded, deps);
        message.respond?.(encoder.encode(JSON.stringify(sampleAnswer(decoded))));
        return decoded.samples;
      }),
      filter((samples) => samples.length > 0),
    );
}

/** Counts what came in, and reports what cannot be used. */
export function note(decoded: Decoded, { stats, reject }: Pick<IntakeDeps, 'stats' | 'reject'>): void {
  stats.received += decoded.samples.length;
  stats.skewed += decoded.skewed;
  for (const rejection of decoded.rejections) {
    stats.rejected(rejection);
    reject(rejection);
  }
}
