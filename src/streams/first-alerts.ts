interface First {
  readonly alertId: string;
  readonly at: number;
}

/** Which alert was the first of its content, for as long as copies of it are duplicates. */
export class FirstAlerts {
  readonly #windowMs: number;
  /** Oldest first, because windows have one length. */
  readonly #byKey = new Map<string, First>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(dedupeKey: string, alertId: string, at: number): void {
    this.#byKey.delete(dedupeKey);
    this.#byKey.set(dedupeKey, { alertId, at });
    for (const [key, first] of this.#byKey) {
      if (at - first.at < this.#windowMs) break;
      this.#byKey.delete(key);
    }
  }

  find(dedupeKey: string): string | undefined {
    return this.#byKey.get(dedupeKey)?.alertId;
  }

  forget(dedupeKey: string): void {
    this.#byKey.delete(dedupeKey);
  }
}
