/** First in, first out; taking leaves no hole behind for long. */
export class WaitingQueue<V> {
  private items: (V | undefined)[] = [];
  private head = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  push(item: V): void {
    this.items.push(item);
  }

  first(): V | undefined {
    return this.items[this.head];
  }

  shift(): V | undefined {
    const item = this.items[this.head];
    if (this.size === 0) return undefined;
    this.items[this.head] = undefined;
    this.head += 1;
    if (this.head * 2 > this.items.length) this.compact();
    return item;
  }

  *[Symbol.iterator](): IterableIterator<V> {
    for (let at = this.head; at < this.items.length; at += 1) yield this.items[at] as V;
  }

  /** Moves at most as many as were taken since the last time. */
  private compact(): void {
    this.items = this.items.slice(this.head);
    this.head = 0;
  }
}
