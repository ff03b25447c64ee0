import { setTimeout as after } from 'node:timers/promises';
import { type Distribution, distribution } from '../harness.js';
import { Hook } from './hook.js';

/** Raises alerts of these names, each to be notified by itself. Resolves when they are taken. */
export type RaiseNamed = (names: readonly string[]) => Promise<void>;

export interface Burst {
  /** Notifications a second, from the first raise to the last notification. */
  readonly perSecond: number;
  readonly lost: number;
}

const withinMs = 60_000;
const nameInBody = /notify-\d+/;
/** Most in one request: a page of alerts, as an API allows it. */
const perRequest = 1_000;

/** A receiver of webhooks that times alerts from where they are raised to where their notification arrives, both here. */
export class Inquiry implements AsyncDisposable {
  readonly #hook: Hook;
  readonly #waiting: Map<string, () => void>;
  #names = 0;

  private constructor(hook: Hook, waiting: Map<string, () => void>) {
    this.#hook = hook;
    this.#waiting = waiting;
  }

  static async start(): Promise<Inquiry> {
    const waiting = new Map<string, () => void>();
    const hook = await Hook.start((body) => {
      const name = nameInBody.exec(body)?.[0] ?? '';
      waiting.get(name)?.();
      waiting.delete(name);
    });
    return new Inquiry(hook, waiting);
  }

  /** Where notifications go. */
  get url(): string {
    return this.#hook.url;
  }

  /** Milliseconds from raise to notification; the next is raised when the one before has arrived. */
  async oneAtATime(count: number, raise: RaiseNamed): Promise<Distribution> {
    const latencies = new Float64Array(count);
    for (let index = 0; index < count; index += 1) {
      const [name, arrived] = this.#expect();
      const startedAt = performance.now();
      await Promise.all([raise([name]), arrived]);
      latencies[index] = (await arrived) - startedAt;
    }
    return distribution(latencies);
  }

  async atOnce(count: number, raise: RaiseNamed): Promise<Burst> {
    const expected = Array.from({ length: count }, () => this.#expect());
    const names = expected.map(([name]) => name);
    const startedAt = performance.now();
    for (let from = 0; from < count; from += perRequest) void raise(names.slice(from, from + perRequest));
    const arrivals = Promise.all(expected.map(([, arrived]) => arrived));
    const all = await Promise.race([arrivals, after(withinMs)]);
    const lost = this.#waiting.size;
    this.#waiting.clear();
    const lastAt = Math.max(...(all ?? [performance.now()]));
    return { perSecond: ((count - lost) * 1_000) / (lastAt - startedAt), lost };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#hook[Symbol.asyncDispose]();
  }

  /** A new name, and when its notification arrives. */
  #expect(): [name: string, arrived: Promise<number>] {
    this.#names += 1;
    const name = `notify-${this.#names}`;
    return [name, new Promise((resolve) => this.#waiting.set(name, () => resolve(performance.now())))];
  }
}

/** Posts JSON and throws when it is not taken. */
export async function post(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status} ${text.slice(0, 200)}`);
}
