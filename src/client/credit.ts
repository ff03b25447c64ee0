/**
 * Knows which frame was really consumed: the last one received, or the one before the oldest value that still waits in
 * an iterator. The server paces itself by it, so a slow `for await` loop needs no bound of its own.
 */
export class Credit {
  #received = 0;
  readonly #waiting = new Set<number[]>();

  /** Number of the last frame received. */
  get received(): number {
    return this.#received;
  }

  /** Number of the last frame consumed. */
  get consumed(): number {
    let consumed = this.#received;
    for (const frames of this.#waiting) consumed = Math.min(consumed, (frames[0] ?? Infinity) - 1);
    return Math.max(0, consumed);
  }

  advance(): void {
    this.#received++;
  }

  /** A new connection counts from one; what still waits from the old one holds the count at 0 until it is taken. */
  reset(): void {
    this.#received = 0;
    for (const frames of this.#waiting) frames.fill(0);
  }

  /** Frame numbers of what waits in one iterator, oldest first; the iterator keeps it. */
  open(): number[] {
    const frames: number[] = [];
    this.#waiting.add(frames);
    return frames;
  }

  close(frames: number[]): void {
    this.#waiting.delete(frames);
  }
}
