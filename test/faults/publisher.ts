import { setTimeout as sleep } from 'node:timers/promises';
import type { PlainNats } from '../support/plain-nats.js';

interface Answer {
  readonly ok: boolean;
  readonly id?: string;
}

/** Raises alerts as a careful program does: again, under the same key, until somebody confirms it. */
export class Publisher {
  /** Ids of the alerts that were confirmed, by title, with the time of the confirmation. */
  readonly confirmed = new Map<string, { readonly id: string; readonly at: number }>();
  readonly #nats: PlainNats;
  readonly #raising: Promise<void>[] = [];
  #retries = 0;

  constructor(nats: PlainNats) {
    this.#nats = nats;
  }

  get ids(): string[] {
    return [...this.confirmed.values()].map(({ id }) => id);
  }

  /** Requests that nobody answered, or not with a yes. */
  get retries(): number {
    return this.#retries;
  }

  raise(title: string): void {
    this.#raising.push(this.#untilConfirmed(title));
  }

  /** Resolves when every alert that was raised is confirmed. */
  async settled(): Promise<void> {
    await Promise.all(this.#raising);
  }

  async #untilConfirmed(title: string): Promise<void> {
    for (;;) {
      const answer = await this.#ask({ title, key: title, severity: 'high' });
      if (answer?.ok && answer.id !== undefined) {
        this.confirmed.set(title, { id: answer.id, at: performance.now() });
        return;
      }
      this.#retries++;
      await sleep(100);
    }
  }

  async #ask(alert: object): Promise<Answer | undefined> {
    try {
      const { connection } = this.#nats;
      return (await connection.request('alerts.test', JSON.stringify(alert), { timeout: 3_000 })).json<Answer>();
    } catch {
      return undefined; // nobody is there, or whoever was there died
    }
  }
}
