import { identity, NEVER, type OperatorFunction } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { dedupe } from '../../src/operators/dedupe.js';
import { rateLimit } from '../../src/operators/rate-limit.js';
import { StateHandle } from '../../src/operators/state-handle.js';

const windows = [{ max: 1, perMs: 1_000 }];

/** What a subscription errors with. */
function errorOf(operator: OperatorFunction<string, string>): unknown {
  let seen: unknown;
  NEVER.pipe(operator)
    .subscribe({
      error: (error: unknown) => {
        seen = error;
      },
    })
    .unsubscribe();
  return seen;
}

/** As JavaScript would pass it. */
function handleOf(state: unknown): StateHandle<never> {
  return new StateHandle(state as never);
}

describe('a state handle', () => {
  it('reads the state while subscribed, and nothing before and after', () => {
    const state = handleOf(undefined);
    expect(state.snapshot()).toBeUndefined();
    const subscription = NEVER.pipe(dedupe<string, string>(identity, { windowMs: 10, state })).subscribe();
    expect(state.snapshot()).toMatchObject({ version: 1 });
    subscription.unsubscribe();
    expect(state.snapshot()).toBeUndefined();
  });

  it('serves one subscription at a time', () => {
    const limited = rateLimit<string, string>(identity, { windows, state: handleOf(undefined) });
    const first = NEVER.pipe(limited).subscribe();
    expect(errorOf(limited)).toMatchObject({ message: 'this StateHandle already serves a subscription' });
    first.unsubscribe();
    expect(errorOf(limited)).toBeUndefined();
  });

  it('starts anew from null, as a store gives that has nothing', () => {
    expect(errorOf(rateLimit<string, string>(identity, { windows, state: handleOf(null) }))).toBeUndefined();
  });

  it.each([
    ['a state of another operator', { version: 1, keys: [['a', 1, 1]], now: 0, closed: [] }],
    ['something else', { version: 1 }],
    ['a text', 'state'],
    ['another version', { version: 99 }],
  ])('says so when it was given %s', (_, state) => {
    const error = errorOf(rateLimit<string, string>(identity, { windows, state: handleOf(state) }));
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(/state/);
  });
});
