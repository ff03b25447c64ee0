import { asyncScheduler, type SchedulerAction, type SchedulerLike, type Subscription } from 'rxjs';

const startedAt = performance.timeOrigin;

/**
 * Like `asyncScheduler`, but its clock cannot step: epoch milliseconds at the start of the process, plus elapsed time.
 * It drifts away from the wall clock when that is corrected; use it for durations, never for calendars.
 */
export const monotonicScheduler: SchedulerLike = {
  now: () => startedAt + performance.now(),
  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription {
    return asyncScheduler.schedule(work, delay, state);
  },
};
