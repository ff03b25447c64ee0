import { NatsError } from 'nats';
import { TocsinError } from '../../model/errors.js';

/** Exceptions of one message, before it is given up. */
const maxFailures = 5;

/** Tells the message whose handling fails whenever it is tried from one that meets an outage. */
export class Failures {
  readonly #bySeq = new Map<number, number>();

  /** Notes that handling the message at `seq` threw; answers whether there is no use in trying again. */
  isHopeless(seq: number, error: unknown): boolean {
    if (passes(error)) return false;
    const failures = (this.#bySeq.get(seq) ?? 0) + 1;
    this.#bySeq.set(seq, failures);
    return failures >= maxFailures;
  }

  forget(seq: number): void {
    this.#bySeq.delete(seq);
  }
}

function passes(error: unknown): boolean {
  return error instanceof NatsError || (error instanceof TocsinError && error.temporary === true);
}
