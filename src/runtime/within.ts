import type { SchedulerLike } from 'rxjs';

/** The promise, or the time, whichever ends first. */
export function within(promise: Promise<void>, ms: number, scheduler: SchedulerLike): Promise<void> {
  return new Promise((resolve) => {
    const timer = scheduler.schedule(() => resolve(), ms);
    void promise.then(() => {
      timer.unsubscribe();
      resolve();
    });
  });
}
