/** How many messages of a channel come before another: they have numbers in the order in which they first came. */
export class Turns {
  readonly #numbers = new Map<string, number>();
  #last = 0;
  #gone = 0;

  /** Messages that are not gone. */
  get size(): number {
    return this.#numbers.size;
  }

  /** Of those that came before and are not gone; fewer when later ones overtook it. */
  ahead(id: string): number {
    let number = this.#numbers.get(id);
    if (number === undefined) {
      number = ++this.#last;
      this.#numbers.set(id, number);
    }
    return Math.max(0, number - this.#gone - 1);
  }

  /** It was sent, or never will be. */
  gone(id: string): void {
    if (!this.#numbers.delete(id)) return;
    this.#gone = this.#numbers.size === 0 ? this.#last : this.#gone + 1;
  }
}
