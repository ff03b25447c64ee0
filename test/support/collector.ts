/** Gathers what arrives, and lets a test wait for it instead of sleeping. */
export interface Collector<T> {
  readonly items: readonly T[];
  readonly add: (item: T) => void;
  /** Resolves with all items once there are `count`. */
  atLeast(count: number): Promise<readonly T[]>;
}

export function createCollector<T>(): Collector<T> {
  const items: T[] = [];
  const waiting = new Set<() => void>();
  return {
    items,
    add(item) {
      items.push(item);
      for (const check of [...waiting]) check();
    },
    atLeast(count) {
      return new Promise((resolve) => {
        const check = () => {
          if (items.length < count) return;
          waiting.delete(check);
          resolve(items);
        };
        waiting.add(check);
        check();
      });
    },
  };
}

/** A promise that the test settles itself. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

export function createDeferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
