interface First {
  readonly alertId: string;
  readonly at: number;
}

/** Which alert was the first of its content, for as long as copies of it are duplicates. */
export class FirstAlerts {
  readonly #windowMs: number;
  /** Oldest first, because windows have one length. */
  readonly #byKey = new Map<string, First>();
  /** An alert may be raised again with other words, and is then the first of those too. */
  readonly #keysByAlert = new Map<string, Set<string>>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(dedupeKey: string, alertId: string, at: number): void {
    this.forget(dedupeKey);
    this.#byKey.set(dedupeKey, { alertId, at });
    const keys = this.#keysByAlert.get(alertId) ?? new Set();
    this.#keysByAlert.set(alertId, keys.add(dedupeKey));
    for (const [key, first] of this.#byKey) {
      if (at - first.at < this.#windowMs) break;
      this.forget(key);
    }
  }

  find(dedupeKey: string): string | undefined {
    return this.#byKey.get(dedupeKey)?.alertId;
  }

  keysOf(alertId: string): readonly string[] {
    return [...(this.#keysByAlert.get(alertId) ?? [])];
  }

  forget(dedupeKey: string): void {
    const first = this.#byKey.get(dedupeKey);
    if (first === undefined) return;
    this.#byKey.delete(dedupeKey);
    const keys = this.#keysByAlert.get(first.alertId);
    keys?.delete(dedupeKey);
    if (keys?.size === 0) this.#keysByAlert.delete(first.alertId);
  }
}
