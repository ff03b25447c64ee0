import type { Observable, SchedulerLike } from 'rxjs';
import { tap } from 'rxjs';

/** Remembers until when nothing could be heard, so that windows which reach back so far are known to be partial. */
export class Hearing {
  readonly #scheduler: SchedulerLike;
  #isDeaf = false;
  #gapEndedAt: number;

  /** `gapEndedAt`: scheduler time at which the last gap ended. Default: there was none. */
  constructor(scheduler: SchedulerLike, gapEndedAt = Number.NEGATIVE_INFINITY) {
    this.#scheduler = scheduler;
    this.#gapEndedAt = gapEndedAt;
  }

  /** How long ago something could not be heard; 0 while that is so. */
  get sinceGapMs(): number {
    return this.#isDeaf ? 0 : this.#scheduler.now() - this.#gapEndedAt;
  }

  /** Takes note of what passes: whether anything can be heard. */
  note(connected$: Observable<boolean>): Observable<boolean> {
    return connected$.pipe(
      tap((isConnected) => {
        if (this.#isDeaf && isConnected) this.#gapEndedAt = this.#scheduler.now();
        this.#isDeaf = !isConnected;
      }),
    );
  }
}
