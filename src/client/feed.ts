import type { Credit } from './credit.js';
import type { Feed, Observer } from './types.js';

/** Begins one subscription and returns what ends it. */
export type Start<T> = (observer: Required<Observer<T>>) => () => void;

export interface Buffer {
  readonly credit: Credit;
  /** How many values an iterator keeps for a slow loop; the oldest go first. */
  readonly keep: number;
}

/** A cold source that can be subscribed to, iterated, and read by RxJS without going through promises. */
export function createFeed<T>(start: Start<T>, buffer: Buffer): Feed<T> {
  const feed = {
    subscribe(target: Observer<T> | ((value: T) => void)) {
      const stop = begin(start, typeof target === 'function' ? { next: target } : target);
      return { unsubscribe: stop };
    },
    [Symbol.asyncIterator]: () => iterate(start, buffer),
    // RxJS prefers this over the iterator: it unsubscribes at once and adds no promise between.
    '@@observable': () => feed,
  };
  return feed;
}

function begin<T>(start: Start<T>, target: Observer<T>): () => void {
  let open = true;
  let stop: (() => void) | undefined;
  const end = (last?: () => void): void => {
    if (!open) return;
    open = false;
    stop?.();
    last?.();
  };
  stop = start({
    next: (value) => {
      if (open) guarded(() => target.next(value));
    },
    error: (error) => end(() => target.error?.(error)),
    complete: () => end(() => target.complete?.()),
  });
  // It may have ended while it began, before there was anything to stop.
  if (!open) stop();
  return () => end();
}

/** A callback that throws must not cost the others their message; its error surfaces as an uncaught one. */
function guarded(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}

async function* iterate<T>(start: Start<T>, { credit, keep }: Buffer): AsyncGenerator<T, void, undefined> {
  const values: T[] = [];
  const frames = credit.open();
  let ended: { readonly error?: unknown } | undefined;
  let wake = (): void => {};
  const stop = begin<T>(start, {
    next: (value) => {
      values.push(value);
      frames.push(credit.received);
      if (values.length > keep) {
        values.shift();
        frames.shift();
      }
      wake();
    },
    error: (error) => {
      ended = { error };
      wake();
    },
    complete: () => {
      ended = {};
      wake();
    },
  });
  try {
    for (;;) {
      if (values.length > 0) {
        yield values.shift()!;
        frames.shift();
      } else if (ended !== undefined) {
        if ('error' in ended) throw ended.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    stop();
    credit.close(frames);
  }
}
