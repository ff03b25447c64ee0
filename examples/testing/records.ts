import { type MonoTypeOperatorFunction, Observable, Subscription } from 'rxjs';

export interface RecordsOptions {
  /** What a `read` that throws does: `error` (default) ends the output, `skip` costs the value only. */
  readonly onError?: 'error' | 'skip';
}

/** Passes each value whose number is higher than any before. */
export function records<T>(
  read: (value: T) => number,
  { onError = 'error' }: RecordsOptions = {},
): MonoTypeOperatorFunction<T> {
  return (source$) =>
    new Observable<T>((out) => {
      let highest = -Infinity; // in here: each subscription has its own
      const next = (value: T): void => {
        if (out.closed) return;
        let number: number;
        try {
          number = read(value);
        } catch (error) {
          if (onError === 'error') out.error(error);
          return;
        }
        if (!(number > highest)) return;
        highest = number; // first: the consumer may feed the source from inside `out.next`
        out.next(value);
      };
      const error = (reason: unknown) => out.error(reason);
      const complete = () => out.complete();
      // An observer that is a subscription too is taken as it is, so that a synchronous source sees when it is closed.
      const observer = Object.assign(new Subscription(), { next, error, complete });
      out.add(observer); // before `subscribe`: what that returns comes too late for a synchronous source
      source$.subscribe(observer);
    });
}
