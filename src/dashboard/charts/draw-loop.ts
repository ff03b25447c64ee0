/** Something that is drawn again and again. It decides itself whether there is anything new to draw. */
export type Painter = (now: number) => void;

const frameMs = 100;

/** One animation loop for all charts, ten times a second at most; it rests while the page is hidden. */
export class DrawLoop {
  readonly #painters = new Set<Painter>();
  #last = 0;
  #scheduled = false;

  /** Returns what removes it. */
  add(painter: Painter): () => void {
    this.#painters.add(painter);
    this.#schedule();
    return () => this.#painters.delete(painter);
  }

  #schedule(): void {
    if (this.#scheduled || this.#painters.size === 0) return;
    this.#scheduled = true;
    requestAnimationFrame((now) => this.#frame(now));
  }

  #frame(now: number): void {
    this.#scheduled = false;
    if (now - this.#last >= frameMs) {
      this.#last = now;
      for (const paint of this.#painters) paint(now);
    }
    this.#schedule();
  }
}
