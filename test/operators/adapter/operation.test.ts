import { NEVER, Observable, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { dedupe } from '../../../src/operators/dedupe.js';
import { escalate } from '../../../src/operators/escalate.js';
import { rateLimit } from '../../../src/operators/rate-limit.js';
import { recorded } from '../../../src/operators/testing/recording.js';

const windows = [{ max: 1, perMs: 10 }];

describe('an operation', () => {
  it('keeps the order of a flood that its consumer feeds inside next', () => {
    const flood = Array.from({ length: 20_000 }, (_, index) => index);
    const source$ = new Subject<number>();
    const { values } = recorded(source$.pipe(dedupe((value) => value, { windowMs: 10 })), (value) => {
      if (value === 0) for (const next of flood.slice(1)) source$.next(next);
    });
    source$.next(0);
    expect(values).toEqual(flood);
  });

  it('leaves the source alone when an input of the options has ended it already', () => {
    let subscriptions = 0;
    const source$ = new Observable<string>(() => {
      subscriptions += 1;
    });
    const error = new Error('of the input');
    const options = { ladder: () => undefined, resolve: throwError(() => error) };
    expect(recorded(source$.pipe(escalate((key) => key, options))).error).toBe(error);
    expect(subscriptions).toBe(0);
  });

  it('says nothing more when a callback unsubscribes and throws', () => {
    const heard: unknown[] = [];
    const source$ = new Subject<string>();
    const key = () => {
      subscription.unsubscribe();
      throw new Error('no');
    };
    const side = { next: (notice: unknown) => void heard.push(notice) };
    const subscription = source$.pipe(rateLimit(key, { windows, onError: 'skip', side })).subscribe();
    source$.next('a');
    expect(heard).toEqual([]);
  });

  it('refuses a snapshot in place of a StateHandle when it is created', () => {
    const state = { version: 1 } as never;
    expect(() => NEVER.pipe(dedupe(String, { windowMs: 10, state }))).toThrow('dedupe.state.attach must be a function');
  });
});
