interface First {
  readonly alertId: string;
  readonly at: number;
}

/** Which alert was the first of its content, for as long as copies of it are duplicates. */
export class FirstAlerts {
  readonly #windowMs: number;
  /** Oldest first, because windows have one length. */
  readonly #byKey = new Map<string, First>();
  /** An alert may be raised again with other words, and is then the first of those too; most are not. */
  readonly #keysByAlert = new Map<string, string | readonly string[]>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(dedupeKey: string, alertId: string, at: number): void {
    this.forget(dedupeKey);
    this.#byKey.set(dedupeKey, { alertId, at });
    const others = this.keysOf(alertId);
    this.#keysByAlert.set(alertId, others.length === 0 ? dedupeKey : [...others, dedupeKey]);
    for (const [key, first] of this.#byKey) {
      if (at - first.at < this.#windowMs) break;
      this.forget(key);
    }
  }

  find(dedupeKey: string): string | undefined {
    return this.#byKey.get(dedupeKey)?.alertId;
  }

  keysOf(alertId: string): readonly string[] {
    const keys = this.#keysByAlert.get(alertId) ?? [];
    return typeof keys === 'string' ? [keys] : keys;
  }

  forget(dedupeKey: string): void {
    const first = this.#byKey.get(dedupeKey);
    if (first === undefined) return;
    this.#byKey.delete(dedupeKey);
    const others = this.keysOf(first.alertId).filter((key) => key !== dedupeKey);
    if (others.length === 0) this.#keysByAlert.delete(first.alertId);
    else this.#keysByAlert.set(first.alertId, others);
  }
}
