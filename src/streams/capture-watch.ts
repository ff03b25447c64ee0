import {
  catchError,
  distinctUntilChanged,
  exhaustMap,
  from,
  interval,
  map,
  type Observable,
  of,
  type SchedulerLike,
} from 'rxjs';
import { TocsinError } from '../model/errors.js';
import type { Driver } from './ports.js';

const everyMs = 30_000;

/** Looks from time to time whether a stream captures the subjects of alerts; tells each change: what is wrong, or nothing. */
export function captureWatch(
  { assertNotCaptured }: Pick<Driver, 'assertNotCaptured'>,
  subjects: readonly string[],
  scheduler: SchedulerLike,
): Observable<string | undefined> {
  const look = () =>
    from(assertNotCaptured(subjects)).pipe(
      map(() => undefined),
      catchError((error: unknown) => of(error instanceof TocsinError ? error.message : undefined)),
    );
  return interval(everyMs, scheduler).pipe(exhaustMap(look), distinctUntilChanged());
}
