import type { Loop } from './loop.js';

/** Something whose pending output is written by one call. */
export interface Flushable {
  /** Where it stands in the queue; kept by the queue alone. */
  queued: 'no' | 'regular' | 'urgent';
  /** Writes what is pending; does nothing when there is nothing. */
  flush(): void;
}

const maxPerTurn = 256;
const maxTurnMs = 4;
/** Reading the clock for every client would cost more than it saves. */
const clockEvery = 16;

/**
 * All writes of the gateway, in slices: no turn of the loop serves more than 256 clients or takes much over 4 ms.
 * Who has alerts waiting goes first.
 */
export class WriteQueue {
  readonly #urgent = new Fifo<Flushable>();
  readonly #work = new Fifo<() => void>();
  readonly #regular = new Fifo<Flushable>();
  readonly #loop: Loop;
  readonly #onError: (error: unknown) => void;
  #running = false;

  /** `onError` hears of a client whose output could not be written; the others do not notice. */
  constructor(loop: Loop, onError: (error: unknown) => void) {
    this.#loop = loop;
    this.#onError = onError;
  }

  urgent(client: Flushable): void {
    if (client.queued === 'urgent') return;
    // Its place among the regular ones, if any, finds nothing left to write.
    client.queued = 'urgent';
    this.#urgent.push(client);
    this.#start();
  }

  regular(client: Flushable): void {
    if (client.queued !== 'no') return;
    client.queued = 'regular';
    this.#regular.push(client);
    this.#start();
  }

  /** Something that makes clients ready to be flushed; done before the regular ones. */
  work(task: () => void): void {
    this.#work.push(task);
    this.#start();
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#loop.soon(() => this.#turn());
  }

  #turn(): void {
    const until = this.#loop.now() + maxTurnMs;
    let waiting = true;
    for (let done = 1; waiting && done <= maxPerTurn; done++) {
      waiting = this.#guardedStep();
      if (done % clockEvery === 0 && this.#loop.now() > until) break;
    }
    this.#running = false;
    if (waiting) this.#start();
  }

  #guardedStep(): boolean {
    try {
      return this.#step();
    } catch (error) {
      this.#onError(error);
      return true;
    }
  }

  /** Returns `false` when nothing waits. */
  #step(): boolean {
    const alerted = this.#urgent.shift();
    if (alerted !== undefined) return flush(alerted);
    const task = this.#work.shift();
    if (task !== undefined) {
      task();
      return true;
    }
    const client = this.#regular.shift();
    return client !== undefined && flush(client);
  }
}

function flush(client: Flushable): true {
  client.queued = 'no';
  client.flush();
  return true;
}

/** First in, first out, without moving what remains at every step. */
class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
      return undefined;
    }
    const item = this.#items[this.#head++];
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
