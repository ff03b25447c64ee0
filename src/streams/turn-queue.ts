export interface TurnQueueOptions<T> {
  /** Items that are handled in one turn of the loop. */
  readonly perTurn: number;
  /** Items that may wait; more are refused. */
  readonly maxWaiting: number;
  readonly handle: (item: T) => void;
  readonly refuse: (item: T) => void;
}

/**
 * Handles items in order, so many in one turn of the loop; the rest wait for the next. A connection hands over all that
 * it has read at once: without this a flood on it would hold up everything else, timers and other connections included.
 */
export class TurnQueue<T> {
  readonly #options: TurnQueueOptions<T>;
  /** The items before `#head` are done. */
  #items: T[] = [];
  #head = 0;
  #left: number;
  #nextTurn: NodeJS.Immediate | undefined = undefined;

  constructor(options: TurnQueueOptions<T>) {
    this.#options = options;
    this.#left = options.perTurn;
  }

  /** At once while this turn has room for it. */
  push(item: T): void {
    const waiting = this.#items.length - this.#head;
    if (waiting === 0 && this.#left > 0) {
      this.#left -= 1;
      this.#awaitTurn();
      this.#options.handle(item);
    } else if (waiting < this.#options.maxWaiting) {
      this.#items.push(item);
    } else {
      this.#options.refuse(item);
    }
  }

  /** Handles all that waits now. */
  flush(): void {
    clearImmediate(this.#nextTurn);
    this.#nextTurn = undefined;
    this.#take(Number.POSITIVE_INFINITY);
    this.#left = this.#options.perTurn;
  }

  /** Not by a timer: one that is due again when its work is done runs again before anything is read. */
  #awaitTurn(): void {
    this.#nextTurn ??= setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#nextTurn = undefined;
    const { perTurn } = this.#options;
    this.#left = perTurn - this.#take(perTurn);
    if (this.#left < perTurn) this.#awaitTurn();
  }

  /** The number of items that it handled. */
  #take(most: number): number {
    const end = Math.min(this.#items.length, this.#head + most);
    const count = end - this.#head;
    while (this.#head < end) {
      const item = this.#items[this.#head]!;
      this.#head += 1;
      this.#options.handle(item);
    }
    // Moved seldom: taking them off one by one would move all the others each time.
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return count;
  }
}
