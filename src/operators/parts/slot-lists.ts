const smallest = 64;

/**
 * Lists of small integers ("slots"), named by small integers too; a slot is in one list at most. All is O(1), also to
 * pour a list into another. 8 bytes a slot, and as much a list.
 *
 * Rings: each list has a node of its own that ends it, so that a slot need not know its list to leave it.
 */
export class SlotLists {
  /** 0: not in a ring. */
  private nexts = new Int32Array(smallest);
  private previous = new Int32Array(smallest);

  /** Puts a slot at the end of a list, out of the one that it is in. */
  put(slot: number, list: number): void {
    const node = slotNode(slot);
    const end = listNode(list);
    this.fit(Math.max(node, end));
    this.remove(slot);
    if (this.nexts[end] === 0) this.link(end, end);
    this.link(this.previous[end]!, node);
    this.link(node, end);
  }

  remove(slot: number): void {
    const node = slotNode(slot);
    if (node >= this.nexts.length || this.nexts[node] === 0) return;
    this.link(this.previous[node]!, this.nexts[node]!);
    this.nexts[node] = 0;
  }

  /** The first slot of a list; -1 when it is empty. */
  first(list: number): number {
    const end = listNode(list);
    if (this.isEmpty(list)) return -1;
    return this.nexts[end]! / 2 - 1;
  }

  isEmpty(list: number): boolean {
    const end = listNode(list);
    return end >= this.nexts.length || this.nexts[end] === 0 || this.nexts[end] === end;
  }

  /** Empties a list into the end of another. */
  pour(list: number, into: number): void {
    if (this.isEmpty(list)) return;
    const from = listNode(list);
    const end = listNode(into);
    this.fit(end);
    if (this.nexts[end] === 0) this.link(end, end);
    this.link(this.previous[end]!, this.nexts[from]!);
    this.link(this.previous[from]!, end);
    this.link(from, from);
  }

  /** Empties all lists and gives the memory back. */
  clear(): void {
    this.nexts = new Int32Array(smallest);
    this.previous = new Int32Array(smallest);
  }

  private link(node: number, next: number): void {
    this.nexts[node] = next;
    this.previous[next] = node;
  }

  private fit(node: number): void {
    if (node < this.nexts.length) return;
    const length = Math.max(node + 1, this.nexts.length * 2);
    const { nexts, previous } = this;
    this.nexts = new Int32Array(length);
    this.nexts.set(nexts);
    this.previous = new Int32Array(length);
    this.previous.set(previous);
  }
}

/** Even from 2 on are slots, odd ones lists. */
function slotNode(slot: number): number {
  return 2 * slot + 2;
}

function listNode(list: number): number {
  return 2 * list + 1;
}
