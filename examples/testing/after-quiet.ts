import { debounceTime, type MonoTypeOperatorFunction, type SchedulerLike } from 'rxjs';

/** Passes a value once no other has come for `quietMs`. */
export function afterQuiet<T>(quietMs: number, scheduler?: SchedulerLike): MonoTypeOperatorFunction<T> {
  return debounceTime(quietMs, scheduler);
}
