/** What was opened, to be closed in the opposite order. */
export class Closers {
  readonly #steps: (() => Promise<unknown> | unknown)[] = [];

  add(close: () => Promise<unknown> | unknown): void {
    this.#steps.push(close);
  }

  /** Closes each, last in first out; a failure is kept until all had their turn. Idempotent. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
