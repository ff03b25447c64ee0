/** Blocks lie together in pages of about this many numbers, so that growth copies nothing. */
const pageNumbers = 16_384;
/** The name of a block: its place among those of its size, and in the lowest bits its size, from 1. */
const sizeBits = 3;
const sizeMask = (1 << sizeBits) - 1;
const none = 0xffff_ffff;
const noPage = -1;

/** Of a name: there is no block. */
export const noBlock = 0;

/**
 * Runs of unsigned 32-bit numbers in a few sizes, for records that grow: a slab allocator (Bonwick, 1994). Taking and
 * giving back are O(1), and a page without blocks in use gives its memory back. A new block holds anything.
 */
export class Blocks {
  private readonly pools: readonly Pool[];

  /** At most seven sizes. */
  constructor(sizes: readonly number[]) {
    this.pools = sizes.map((size) => new Pool(size));
  }

  /** A block of the `nth` size, from 1. */
  take(nth: number): number {
    return (this.pools[nth - 1]!.take() << sizeBits) | nth;
  }

  give(block: number): void {
    this.pools[(block & sizeMask) - 1]!.give(block >>> sizeBits);
  }

  /** The same number that `take` was called with. */
  nth(block: number): number {
    return block & sizeMask;
  }

  size(block: number): number {
    return this.pools[(block & sizeMask) - 1]!.size;
  }

  /** The numbers of which the block is a part, from `start` on. */
  page(block: number): Uint32Array {
    return this.pools[(block & sizeMask) - 1]!.page(block >>> sizeBits);
  }

  start(block: number): number {
    return this.pools[(block & sizeMask) - 1]!.start(block >>> sizeBits);
  }

  /** No block is in use any more. */
  clear(): void {
    for (const pool of this.pools) pool.clear();
  }
}

interface Page {
  numbers: Uint32Array;
  used: number;
  /** First of the blocks that were given back, linked through their first number. */
  free: number;
  /** Blocks from here on were never taken. */
  fresh: number;
}

class Pool {
  readonly size: number;
  /** A page holds `2 ** shift` blocks. */
  private readonly shift: number;
  private pages: Page[] = [];
  /** Pages that have room. */
  private roomy: number[] = [];
  /** One page without blocks in use is kept, so that taking and giving back by turns costs no page each time. */
  private spare = noPage;

  constructor(size: number) {
    this.size = size;
    this.shift = Math.max(0, Math.floor(Math.log2(pageNumbers / size)));
  }

  take(): number {
    if (this.roomy.length === 0) this.roomy.push(this.pages.push(emptyPage()) - 1);
    const index = this.roomy.at(-1)!;
    const page = this.pages[index]!;
    if (index === this.spare) this.spare = noPage;
    if (page.numbers.length === 0) page.numbers = new Uint32Array(this.size << this.shift);
    const block = this.takeFrom(page);
    if (page.used === 1 << this.shift) this.roomy.pop();
    return (index << this.shift) | block;
  }

  give(block: number): void {
    const index = block >> this.shift;
    const page = this.pages[index]!;
    if (page.used === 1 << this.shift) this.roomy.push(index);
    page.used -= 1;
    page.numbers[this.start(block)] = page.free;
    page.free = block & ((1 << this.shift) - 1);
    if (page.used === 0) this.emptied(index);
  }

  page(block: number): Uint32Array {
    return this.pages[block >> this.shift]!.numbers;
  }

  start(block: number): number {
    return (block & ((1 << this.shift) - 1)) * this.size;
  }

  clear(): void {
    this.pages = [];
    this.roomy = [];
    this.spare = noPage;
  }

  private emptied(index: number): void {
    if (this.spare === noPage) this.spare = index;
    else this.pages[index] = emptyPage();
  }

  private takeFrom(page: Page): number {
    page.used += 1;
    if (page.free === none) {
      page.fresh += 1;
      return page.fresh - 1;
    }
    const block = page.free;
    page.free = page.numbers[block * this.size]!;
    return block;
  }
}

function emptyPage(): Page {
  return { numbers: new Uint32Array(0), used: 0, free: none, fresh: 0 };
}
