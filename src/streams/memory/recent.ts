/** Remembers values by id for a while, as the broker does with message ids. */
export class Recent<T> {
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, { readonly value: T; readonly at: number }>();

  constructor(windowMs: number, now: () => number) {
    this.#windowMs = windowMs;
    this.#now = now;
  }

  get(id: string): T | undefined {
    this.#forget();
    return this.#entries.get(id)?.value;
  }

  set(id: string, value: T): void {
    this.#entries.set(id, { value, at: this.#now() });
  }

  /** The map is in order of time. */
  #forget(): void {
    const oldest = this.#now() - this.#windowMs;
    for (const [id, { at }] of this.#entries) {
      if (at > oldest) return;
      this.#entries.delete(id);
    }
  }
}
