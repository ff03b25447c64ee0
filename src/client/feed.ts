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
  const backlog = new Backlog<T>(credit, keep);
  const stop = begin(start, backlog);
  try {
    yield* backlog.drain();
  } finally {
    stop();
    backlog.close();
  }
}

/** What an iterator has not taken yet, and the frame that each value came in. */
class Backlog<T> implements Required<Observer<T>> {
  readonly #credit: Credit;
  readonly #keep: number;
  readonly #frames: number[];
  readonly #values: T[] = [];
  #ended: { readonly error?: unknown } | undefined;
  #wake = (): void => {};

  constructor(credit: Credit, keep: number) {
    this.#credit = credit;
    this.#keep = keep;
    this.#frames = credit.open();
  }

  next(value: T): void {
    this.#values.push(value);
    this.#frames.push(this.#credit.received);
    if (this.#values.length > this.#keep) {
      this.#values.shift();
      this.#frames.shift();
    }
    this.#wake();
  }

  error(error: unknown): void {
    this.#ended = { error };
    this.#wake();
  }

  complete(): void {
    this.#ended = {};
    this.#wake();
  }

  /** A value counts as consumed when the next one is asked for. */
  async *drain(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.#values.length > 0) {
        yield this.#values.shift()!;
        this.#frames.shift();
      }
      if (this.#ended !== undefined) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if ('error' in this.#ended) throw this.#ended.error;
  }

  close(): void {
    this.#credit.close(this.#frames);
  }
}
