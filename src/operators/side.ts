/**
 * Where an operator says what did not pass, and why. A `Subject` fits. Only `next` is called, because the observer
 * outlives the subscription and may serve several. If it throws, the stream errors, whatever `onError` says: there is
 * nowhere else left to say it.
 */
export interface SideObserver<S> {
  next(notice: S): void;
}

/** A user callback threw and `onError` is `'skip'`: its value was dropped, the stream lives on. */
export interface FailedSide<T> {
  readonly kind: 'failed';
  /** `undefined` when the callback was not given a value of the source. */
  readonly value: T | undefined;
  readonly error: unknown;
}

export const errorPolicies = ['error', 'skip'] as const;

/** What a user callback that throws does: it errors the stream, or its value is dropped and goes to `side`. */
export type ErrorPolicy = (typeof errorPolicies)[number];

export const overflowPolicies = ['evict', 'reject', 'error'] as const;

/**
 * What a new key does when `maxKeys` are remembered: `evict` forgets the key that was unused for longest, `reject`
 * drops the value, `error` errors the stream. Nothing is lost silently: the first two go to `side`.
 */
export type OverflowPolicy = (typeof overflowPolicies)[number];
