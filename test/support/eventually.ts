import { expect } from 'vitest';

/** Asks again until the assertion holds: for state that nobody announces. */
export function eventually<T>(ask: () => T, timeout = 10_000): ReturnType<typeof expect.poll<T>> {
  return expect.poll(ask, { timeout, interval: 25 });
}
