import type { SchedulerLike } from 'rxjs';
import type { Logger } from '../model/logger.js';
import type { Rejection } from '../model/sample.js';
import type { Bus } from './ports.js';

export interface RejectedDeps {
  readonly bus: Bus;
  /** `<prefix>.rejected`. */
  readonly subject: string;
  readonly logger: Logger;
  readonly scheduler: SchedulerLike;
}

/** Offered on the bus at most this often. */
const maxPerSecond = 100;
/** A reason is logged once, then again after this long, with what came in between. */
const quietMs = 10_000;

interface Quiet {
  until: number;
  unsaid: number;
}

/** Tells of inputs that could not be used: each on the bus, each reason in the log, both at a bounded rate. */
export class RejectedReporter {
  readonly #deps: RejectedDeps;
  readonly #quiet = new Map<string, Quiet>();
  #second = Number.NEGATIVE_INFINITY;
  #inSecond = 0;

  constructor(deps: RejectedDeps) {
    this.#deps = deps;
  }

  /** Never throws: what is amiss with one input must not end the reading of the others. */
  report(rejection: Rejection): void {
    const now = this.#deps.scheduler.now();
    this.#offer(rejection, now);
    this.#log(rejection, now);
  }

  #offer(rejection: Rejection, now: number): void {
    if (now - this.#second >= 1_000) {
      this.#second = now;
      this.#inSecond = 0;
    }
    if (++this.#inSecond > maxPerSecond) return;
    const { bus, subject, logger } = this.#deps;
    try {
      bus.publish(subject, new TextEncoder().encode(JSON.stringify(rejection)));
    } catch (err) {
      logger.debug({ err }, 'an input that could not be used is offered to nobody');
    }
  }

  #log(rejection: Rejection, now: number): void {
    const quiet = this.#quiet.get(rejection.code);
    if (quiet !== undefined && now < quiet.until) {
      quiet.unsaid++;
      return;
    }
    this.#quiet.set(rejection.code, { until: now + quietMs, unsaid: 0 });
    this.#deps.logger.warn({ ...rejection, unsaid: quiet?.unsaid ?? 0 }, 'an input could not be used');
  }
}
