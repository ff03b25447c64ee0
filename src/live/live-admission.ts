import {
  concatMap,
  defer,
  distinctUntilChanged,
  retry,
  type SchedulerLike,
  type Subscription,
  skip,
  startWith,
  timer,
} from 'rxjs';
import type { EngineConfig } from '../config/index.js';
import type { Logger } from '../model/logger.js';
import type { AdmissionLimits } from '../streams/admission.js';
import type { LiveConfig } from './live-config.js';

export interface LiveAdmissionDeps {
  /** What the gate was made with. */
  readonly limits: AdmissionLimits;
  /** Brings the gate under other limits. Rejects while the log cannot be read. */
  readonly change: (config: EngineConfig) => Promise<void>;
  readonly scheduler: SchedulerLike;
  readonly logger: Logger;
}

const retryMs = 1_000;

/** Keeps rate limit and deduplication as the configuration says. Where both stay as they were, their counts do too. */
export function followAdmission(
  live: LiveConfig,
  { limits, change, scheduler, logger }: LiveAdmissionDeps,
): Subscription {
  const again = (err: unknown) => {
    logger.warn({ err }, 'the rate limit could not be changed: it is tried again');
    return timer(retryMs, scheduler);
  };
  return live.config$
    .pipe(
      startWith(limits as AdmissionLimits & Partial<EngineConfig>),
      distinctUntilChanged((a, b) => a.rateLimit === b.rateLimit && a.dedupe === b.dedupe),
      skip(1),
      // The newest counts, also when it came while the log was being read.
      concatMap(() => defer(() => change(live.current)).pipe(retry({ delay: again }))),
    )
    .subscribe();
}
