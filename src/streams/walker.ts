import { type SchedulerLike, Subscription } from 'rxjs';

/** Things to visit, and how. */
export interface Walk<T> {
  readonly items: Iterable<T>;
  visit(item: T): void;
}

/**
 * Visits many things without holding up the loop: a bounded number a turn, one walk after the other. A walk that is asked
 * for again while it is under way starts anew when it is through, one that has not begun is not doubled.
 */
export class Walker<T> {
  readonly #scheduler: SchedulerLike;
  readonly #perTurn: number;
  readonly #queue = new Set<Walk<T>>();
  readonly #running = new Subscription();
  #current: { readonly walk: Walk<T>; readonly items: Iterator<T> } | undefined = undefined;
  #isScheduled = false;

  constructor(scheduler: SchedulerLike, perTurn: number) {
    this.#scheduler = scheduler;
    this.#perTurn = perTurn;
  }

  add(walk: Walk<T>): void {
    this.#queue.add(walk);
    this.#schedule();
  }

  dispose(): void {
    this.#running.unsubscribe();
    this.#queue.clear();
    this.#current = undefined;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#running.closed) return;
    this.#isScheduled = true;
    const turn = this.#scheduler.schedule(() => {
      this.#running.remove(turn);
      this.#isScheduled = false;
      this.#turn();
    }, 0);
    this.#running.add(turn);
  }

  #turn(): void {
    for (let left = this.#perTurn; left > 0; left -= 1) {
      this.#current ??= this.#next();
      if (this.#current === undefined) return;
      const { walk, items } = this.#current;
      const { done, value } = items.next();
      if (done) this.#current = undefined;
      else walk.visit(value);
    }
    this.#schedule();
  }

  #next() {
    const [walk] = this.#queue;
    if (walk === undefined) return undefined;
    this.#queue.delete(walk);
    return { walk, items: walk.items[Symbol.iterator]() };
  }
}
